#include "connection/connect_hooks.h"

#include <thread>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

const Address kNode{"announced", 1};
const Address kOther{"other", 2};

Credentials usual() { return {"user", Secret("usual")}; }

}  // namespace

static void without_functions_all_stays_as_it_is(void**) {
  const ConnectHooks before({}, nullptr, nullptr);
  const ConnectParams params = before.resolve(kNode, usual());
  assert_null(params.refused.get());
  assert_true(params.to == kNode);
  assert_text(params.credentials.username, "user");
  assert_text(params.credentials.password.view(), "usual");
}

static void a_mapped_address_is_taken_without_asking(void**) {
  int asked = 0;
  const ConnectHooks before(
      {{kNode, {"there", 7}}},  // names of hosts have no case
      [&](const Address& node) -> Result<Address> {
        ++asked;
        return Address{node.host + ".by.function", node.port};
      },
      nullptr);
  assert_true(before.resolve(kNode, usual()).to == (Address{"there", 7}));
  assert_true(before.resolve({"Announced", 1}, usual()).to == (Address{"there", 7}));
  assert_int_equal(asked, 0);
  assert_true(before.resolve(kOther, usual()).to == (Address{"other.by.function", 2}));
  assert_true(before.resolve({"announced", 2}, usual()).to == (Address{"announced.by.function", 2}));
  assert_int_equal(asked, 2);
}

static void credentials_are_asked_for_by_what_the_node_announces(void**) {
  std::string asked;
  const ConnectHooks before({{kNode, {"there", 7}}}, nullptr,
                            [&](const Address& node) -> Result<Credentials> {
                              asked += to_string(node) + " ";
                              return Credentials{"", Secret("fresh")};
                            });
  const ConnectParams params = before.resolve(kNode, usual());
  assert_text(params.credentials.username, "");  // not the usual one
  assert_text(params.credentials.password.view(), "fresh");
  assert_text(asked, "announced:1 ");
}

static void a_refusal_is_the_reason_that_there_is_no_connection(void**) {
  int asked = 0;
  const ConnectHooks no_address(
      {},
      [](const Address&) -> Result<Address> { return make_error(Code::kConnect, Outcome::kNotSent, "lost"); },
      [&](const Address&) -> Result<Credentials> {
        ++asked;
        return Credentials();
      });
  assert_failure(*no_address.resolve(kNode, usual()).refused, Code::kConnect, Outcome::kNotSent, "lost");
  assert_int_equal(asked, 0);  // for a connection that will not be
  const ConnectHooks nobody({}, nullptr, [](const Address&) -> Result<Credentials> {
    return make_error(Code::kAuth, Outcome::kNotSent, "nobody");
  });
  assert_failure(*nobody.resolve(kNode, usual()).refused, Code::kAuth, Outcome::kNotSent, "nobody");
}

// The user's function calls the cluster, and that needs a connection: it would wait for itself.
static void a_thread_that_asks_is_known(void**) {
  const ConnectHooks* before = nullptr;
  bool asking = false;
  const ConnectHooks one({}, nullptr, [&](const Address&) -> Result<Credentials> {
    asking = before->resolving();
    return Credentials();
  });
  before = &one;
  assert_false(one.resolving());
  assert_null(one.resolve(kNode, usual()).refused.get());
  assert_true(asking);
  assert_false(one.resolving());
}

// As when passwords are kept in another cluster.
static void the_function_of_one_handle_may_use_another(void**) {
  const ConnectHooks* outer = nullptr;
  bool back = false;
  const ConnectHooks vault({}, nullptr, [&](const Address&) -> Result<Credentials> {
    back = outer->resolving();  // it must not use the first again
    return Credentials{"", Secret("of the vault")};
  });
  const ConnectHooks one({}, nullptr, [&](const Address&) -> Result<Credentials> {
    ConnectParams params = vault.resolve(kOther, usual());
    if (params.refused != nullptr) return std::move(params.refused);
    return params.credentials;
  });
  outer = &one;
  const ConnectParams params = one.resolve(kNode, usual());
  assert_null(params.refused.get());
  assert_text(params.credentials.password.view(), "of the vault");
  assert_true(back);
  assert_false(one.resolving());
  assert_false(vault.resolving());
}

static void other_threads_may_ask_meanwhile(void**) {
  const ConnectHooks* before = nullptr;
  int depth = 0;
  bool refused = true;
  const ConnectHooks one({}, nullptr, [&](const Address&) -> Result<Credentials> {
    if (depth++ == 0)
      std::thread([&] { refused = before->resolve(kOther, usual()).refused != nullptr; }).join();
    return Credentials();
  });
  before = &one;
  assert_null(one.resolve(kNode, usual()).refused.get());
  assert_false(refused);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(without_functions_all_stays_as_it_is),
      cmocka_unit_test(a_mapped_address_is_taken_without_asking),
      cmocka_unit_test(credentials_are_asked_for_by_what_the_node_announces),
      cmocka_unit_test(a_refusal_is_the_reason_that_there_is_no_connection),
      cmocka_unit_test(a_thread_that_asks_is_known),
      cmocka_unit_test(the_function_of_one_handle_may_use_another),
      cmocka_unit_test(other_threads_may_ask_meanwhile),
  };
  return cmocka_run_group_tests_name("connect_hooks", tests, nullptr, nullptr);
}
