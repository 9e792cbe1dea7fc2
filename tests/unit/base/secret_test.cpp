#include "base/secret.h"

#include <cstring>
#include <utility>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

constexpr std::string_view kLong = "a password that does not fit into a short string";

// Where the bytes of a secret lie that has just been wiped is still memory of its own.
bool all_zero(const char* bytes, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (bytes[i] != '\0') return false;
  }
  return true;
}

}  // namespace

static void a_secret_holds_its_text(void**) {
  const Secret none;
  assert_true(none.empty());
  assert_text(none.view(), "");
  const Secret some(kLong);
  assert_false(some.empty());
  assert_text(some.view(), kLong);
  assert_true(some == kLong);
  assert_false(some == "another");
}

static void wiping_leaves_nothing_in_its_memory(void**) {
  for (const std::string_view text : {std::string_view("short"), kLong}) {
    Secret secret(text);
    const char* bytes = secret.view().data();
    secret.wipe();
    assert_true(secret.empty());
    assert_true(all_zero(bytes, text.size()));
  }
}

static void another_text_wipes_the_one_before(void**) {
  Secret secret("old sesame");  // inside of the object, which outlives the text
  const char* const object = reinterpret_cast<const char*>(&secret);
  secret = "x";
  assert_text(secret.view(), "x");
  for (std::size_t i = 0; i + 6 <= sizeof secret; ++i) assert_memory_not_equal(object + i, "sesame", 6);
}

static void the_end_of_its_life_wipes_it(void**) {
  alignas(Secret) char room[sizeof(Secret)];
  auto* secret = new (room) Secret("short");
  assert_text(secret->view(), "short");
  secret->~Secret();
  for (std::size_t i = 0; i + 4 <= sizeof room; ++i) assert_memory_not_equal(room + i, "hort", 4);
}

static void copies_have_a_text_of_their_own(void**) {
  Secret first(kLong);
  const Secret copy(first);
  Secret assigned;
  assigned = first;
  Secret moved(std::move(first));
  moved.wipe();
  assert_text(copy.view(), kLong);
  assert_text(assigned.view(), kLong);
  Secret& itself = assigned;
  assigned = itself;
  assert_text(assigned.view(), kLong);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_secret_holds_its_text),
      cmocka_unit_test(wiping_leaves_nothing_in_its_memory),
      cmocka_unit_test(another_text_wipes_the_one_before),
      cmocka_unit_test(the_end_of_its_life_wipes_it),
      cmocka_unit_test(copies_have_a_text_of_their_own),
  };
  return cmocka_run_group_tests_name("secret", tests, nullptr, nullptr);
}
