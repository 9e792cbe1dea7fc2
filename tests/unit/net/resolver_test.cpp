#include "net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include "fake_resolver.h"
#include "temp_folder.h"
#include "test_wait.h"

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

static int threads() {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    int count = 0;
    if (word == "Threads:" && file >> count) return count;
  }
  return 0;
}

// The addresses, by spaces.
static std::string text_of(NameLookup& lookup) {
  wait_for(lookup);
  auto found = lookup.take();
  if (!found.ok()) return found.error().message;
  std::string all;
  for (const Endpoint& endpoint : found.value()) {
    char text[INET6_ADDRSTRLEN];
    const bool six = endpoint.address.ss_family == AF_INET6;
    const void* address =
        six ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(endpoint.address).sin6_addr)
            : &reinterpret_cast<const sockaddr_in&>(endpoint.address).sin_addr;
    inet_ntop(endpoint.address.ss_family, address, text, sizeof text);
    all += (all.empty() ? "" : " ") + std::string(text) + "/" + std::to_string(port_of(endpoint));
  }
  return all;
}

static int forget_names(void**) {
  fake_names_clear();
  return 0;
}

static void all_who_wait_for_a_name_wait_for_one_lookup(void**) {
  fake_name_hangs("one.test");
  assert_true(TEST_WAIT(threads() == 1, 10000));  // those of the tests before have ended
  const int before = 1;
  std::vector<std::unique_ptr<NameLookup>> waiting;
  for (int i = 0; i < 40; ++i) {
    auto lookup = NameLookup::start({i % 2 == 0 ? "one.test" : "ONE.test", 7000 + i});
    assert_true(lookup.ok());
    waiting.push_back(lookup.take());
  }
  assert_true(TEST_WAIT(fake_name_lookups("one.test") == 1, 10000));
  assert_int_equal(threads(), before + 1);
  for (const auto& lookup : waiting) assert_false(lookup->done());
  waiting.resize(20);  // the others have left
  fake_name_resolves("one.test", "127.0.0.2 ::1");
  for (int i = 0; i < 20; ++i) {
    const std::string port = std::to_string(7000 + i);
    assert_text(text_of(*waiting[static_cast<std::size_t>(i)]), "127.0.0.2/" + port + " ::1/" + port);
  }
  assert_int_equal(fake_name_lookups("one.test"), 1);
  assert_true(TEST_WAIT(threads() == before, 10000));
  // The next one asks anew.
  fake_name_resolves("one.test", "127.0.0.3");
  assert_text(text_of(*start("one.test")), "127.0.0.3/7000");
}

static void only_so_many_names_are_looked_up_at_a_time(void**) {
  assert_true(TEST_WAIT(threads() == 1, 10000));  // those of the tests before have ended
  const int before = 1;
  std::vector<std::string> names;
  std::vector<std::unique_ptr<NameLookup>> waiting;
  for (int i = 0; i < 100; ++i) {
    names.push_back("many" + std::to_string(i) + ".test");
    fake_name_hangs(names.back().c_str());
    waiting.push_back(start(names.back().c_str()));
  }
  const auto begun = [&] {
    int count = 0;
    for (const auto& name : names) count += fake_name_lookups(name.c_str());
    return count;
  };
  assert_true(TEST_WAIT(begun() == NameLookup::kMaxThreads, 10000));
  assert_int_equal(threads(), before + NameLookup::kMaxThreads);
  // What nobody waits for is not begun when there is room for it.
  auto last = std::move(waiting.back());
  waiting.clear();
  for (int i = 0; i < 99; ++i) fake_name_resolves(names[static_cast<std::size_t>(i)].c_str(), "127.0.0.2");
  fake_name_resolves(names.back().c_str(), "127.0.0.4");
  assert_text(text_of(*last), "127.0.0.4/7000");
  assert_int_equal(begun(), NameLookup::kMaxThreads + 1);
  assert_true(TEST_WAIT(threads() == before, 10000));
}

static void a_forked_child_looks_up_for_itself(void**) {
  fake_name_hangs("fork.test");
  const auto of_parent = start("fork.test");
  assert_true(TEST_WAIT(fake_name_lookups("fork.test") == 1, 10000));
  const pid_t child = fork();
  if (child == 0) {
    alarm(30);
    auto own = NameLookup::start({"fork.test", 1});  // not told of to the child's C library
    const bool waits = own.ok() && !own.value()->done();
    _exit(waits ? 0 : 1);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  fake_name_resolves("fork.test", "127.0.0.2");
  assert_text(text_of(*of_parent), "127.0.0.2/7000");
}

// As root or where users may have namespaces: with a file of hosts that only this process sees.
static void an_address_of_loopback_is_found_beside_others(void**) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(30);
    const std::string file = std::string(test_support::temp_folder()) + "/hosts";
    std::ofstream(file) << "127.0.0.1 both.hosts.test\n::1 both.hosts.test\n::1 six.hosts.test\n";
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount(file.c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr) != 0)
      _exit(77);
    const std::string six = text_of(*start("six.hosts.test"));
    const std::string both = text_of(*start("both.hosts.test"));
    const bool well = six == "::1/7000" && both.find("::1/7000") != std::string::npos &&
                      both.find("127.0.0.1/7000") != std::string::npos;
    if (!well) print_error("%s; %s\n", six.c_str(), both.c_str());
    _exit(well ? 0 : 1);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) skip();
  assert_int_equal(status, 0);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_numeric_address_is_answered_at_once),
      cmocka_unit_test(a_name_is_looked_up_beside_the_caller),
      cmocka_unit_test(a_name_that_nobody_has_is_an_error),
      cmocka_unit_test(a_lookup_may_be_left_behind),
      cmocka_unit_test(the_callers_signals_are_as_they_were),
      cmocka_unit_test_teardown(all_who_wait_for_a_name_wait_for_one_lookup, forget_names),
      cmocka_unit_test_teardown(only_so_many_names_are_looked_up_at_a_time, forget_names),
      cmocka_unit_test_teardown(a_forked_child_looks_up_for_itself, forget_names),
      cmocka_unit_test(an_address_of_loopback_is_found_beside_others),
  };
  return cmocka_run_group_tests_name("resolver", tests, nullptr, nullptr);
}
