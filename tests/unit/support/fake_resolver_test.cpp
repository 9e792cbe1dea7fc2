// Names resolve as a test has told, and others as ever.
#include "fake_resolver.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <string>
#include <thread>

#include "test_wait.h"

#include "unit/cmocka.hpp"  // last

namespace {

// "127.0.0.1:7000 [::1]:7000", or how it failed.
std::string look_up(const char* name, int flags = 0) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  const int failure = getaddrinfo(name, "7000", &hints, &list);
  if (failure != 0) return gai_strerror(failure);
  std::string all;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    char host[64];
    char port[16];
    getnameinfo(at->ai_addr, at->ai_addrlen, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    const std::string text =
        std::string(host).find(':') == std::string::npos ? host : "[" + std::string(host) + "]";
    all += (all.empty() ? "" : " ") + text + ":" + port;
  }
  freeaddrinfo(list);
  return all;
}

int clear(void**) {
  fake_names_clear();
  return 0;
}

}  // namespace

static void a_name_resolves_as_it_was_told_last(void**) {
  fake_name_resolves("node.test", "127.0.0.2 ::1");
  assert_string_equal(look_up("node.test").c_str(), "127.0.0.2:7000 [::1]:7000");
  fake_name_resolves("node.test", "127.0.0.3");
  assert_string_equal(look_up("node.test").c_str(), "127.0.0.3:7000");
  assert_int_equal(fake_name_lookups("node.test"), 2);
}

static void a_name_fails_as_it_was_told(void**) {
  fake_name_fails("node.test", EAI_AGAIN);
  assert_string_equal(look_up("node.test").c_str(), gai_strerror(EAI_AGAIN));
}

static void a_lookup_hangs_until_the_name_is_told_something_else(void**) {
  fake_name_hangs("node.test");
  std::string found;
  std::thread thread([&] { found = look_up("node.test"); });
  const bool began = TEST_WAIT(fake_name_lookups("node.test") == 1, 10000);
  fake_name_resolves("node.test", "127.0.0.1");
  thread.join();
  assert_true(began);
  assert_string_equal(found.c_str(), "127.0.0.1:7000");
}

static void clearing_ends_what_hangs(void**) {
  fake_name_hangs("node.test");
  std::string found;
  std::thread thread([&] { found = look_up("node.test"); });
  const bool began = TEST_WAIT(fake_name_lookups("node.test") == 1, 10000);
  fake_names_clear();
  thread.join();
  assert_true(began);
  assert_string_equal(found.c_str(), gai_strerror(EAI_FAIL));
}

static void what_nobody_told_goes_to_the_system(void**) {
  fake_name_resolves("127.0.0.1", "127.0.0.9");
  assert_string_equal(look_up("127.0.0.1", AI_NUMERICHOST).c_str(), "127.0.0.1:7000");
  assert_int_equal(fake_name_lookups("127.0.0.1"), 0);
  assert_string_equal(look_up("::1").c_str(), "[::1]:7000");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_teardown(a_name_resolves_as_it_was_told_last, clear),
      cmocka_unit_test_teardown(a_name_fails_as_it_was_told, clear),
      cmocka_unit_test_teardown(a_lookup_hangs_until_the_name_is_told_something_else, clear),
      cmocka_unit_test_teardown(clearing_ends_what_hangs, clear),
      cmocka_unit_test_teardown(what_nobody_told_goes_to_the_system, clear),
  };
  return cmocka_run_group_tests_name("fake_resolver", tests, nullptr, nullptr);
}
