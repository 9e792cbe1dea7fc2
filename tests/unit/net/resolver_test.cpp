#include "net/resolver.h"

#include <netinet/in.h>
#include <poll.h>

#include <csignal>
#include <cstring>
#include <thread>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static std::unique_ptr<NameLookup> start(const char* host) {
  auto lookup = NameLookup::start({host, 7000});
  assert_true(lookup.ok());
  return lookup.take();
}

static void wait_for(const NameLookup& lookup) {
  if (lookup.done()) return;
  pollfd event{lookup.fd(), POLLIN, 0};
  assert_int_equal(poll(&event, 1, 60000), 1);
  assert_true(lookup.done());
}

static int port_of(const Endpoint& endpoint) {
  if (endpoint.address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(endpoint.address).sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in&>(endpoint.address).sin_port);
}

static void a_numeric_address_is_answered_at_once(void**) {
  const struct {
    const char* host;
    int family;
  } table[] = {{"127.0.0.1", AF_INET}, {"::1", AF_INET6}};
  for (const auto& row : table) {
    const auto lookup = start(row.host);
    assert_true(lookup->done());
    assert_int_equal(lookup->fd(), -1);
    auto found = lookup->take();
    assert_true(found.ok());
    assert_int_equal(found.value().size(), 1);
    assert_int_equal(found.value()[0].address.ss_family, row.family);
    assert_int_equal(port_of(found.value()[0]), 7000);
  }
}

static void a_name_is_looked_up_beside_the_caller(void**) {
  const auto lookup = start("localhost");
  wait_for(*lookup);
  auto found = lookup->take();
  if (!found.ok()) fail_msg("%s", found.error().message);
  assert_true(!found.value().empty());
  for (const auto& endpoint : found.value()) assert_int_equal(port_of(endpoint), 7000);
}

// Malformed, so that no name server is asked.
static const char kNoName[] = "no..such..name";

static void a_name_that_nobody_has_is_an_error(void**) {
  const auto lookup = start(kNoName);
  wait_for(*lookup);
  auto found = lookup->take();
  assert_false(found.ok());
  assert_failure(found.error(), Code::kConnect, Outcome::kNotSent, "cannot look up no..such..name: ");
}

static void a_lookup_may_be_left_behind(void**) {
  for (int i = 0; i < 20; ++i) start(i % 2 == 0 ? "localhost" : kNoName);
  wait_for(*start("localhost"));
}

static void the_callers_signals_are_as_they_were(void**) {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  wait_for(*start("localhost"));
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) {
    assert_int_equal(sigismember(&after, signal), sigismember(&before, signal));
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_numeric_address_is_answered_at_once),
      cmocka_unit_test(a_name_is_looked_up_beside_the_caller),
      cmocka_unit_test(a_name_that_nobody_has_is_an_error),
      cmocka_unit_test(a_lookup_may_be_left_behind),
      cmocka_unit_test(the_callers_signals_are_as_they_were),
  };
  return cmocka_run_group_tests_name("resolver", tests, nullptr, nullptr);
}
