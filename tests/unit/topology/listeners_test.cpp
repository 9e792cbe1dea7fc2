#include "topology/listeners.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "test_wait.h"
#include "unit/asleep.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

struct Listener final : TopologyListener {
  explicit Listener(std::function<void()> does) : work(std::move(does)) {}
  void on_new_map() noexcept override { work(); }
  std::function<void()> work;
};

}  // namespace

static void all_are_told_in_the_order_in_which_they_came(void**) {
  Listeners listeners;
  std::string told;
  Listener a([&] { told += 'a'; });
  Listener b([&] { told += 'b'; });
  Listener c([&] { told += 'c'; });
  listeners.tell_new_map();
  for (Listener* each : {&a, &b, &c}) listeners.add(*each);
  listeners.tell_new_map();
  listeners.tell_round_end();  // they do not care
  assert_text(told, "abc");
  listeners.remove(b);
  listeners.tell_new_map();
  assert_text(told, "abcac");
  listeners.add(b);
  listeners.remove(a);
  listeners.tell_new_map();
  assert_text(told, "abcaccb");
  listeners.remove(b);
  listeners.remove(c);
  listeners.tell_new_map();
  assert_text(told, "abcaccb");
}

static void a_listener_may_delete_itself_and_others_while_it_is_called(void**) {
  Listeners listeners;
  std::string told;
  std::unique_ptr<Listener> a;
  std::unique_ptr<Listener> b;
  a = std::make_unique<Listener>([&] {
    told += 'a';
    listeners.remove(*b);
    b.reset();
    listeners.remove(*a);
    std::string& still = told;  // the lambda goes with its listener
    a.reset();
    still += '-';
  });
  b = std::make_unique<Listener>([&] { told += 'b'; });
  Listener c([&] { told += 'c'; });
  listeners.add(*a);
  listeners.add(*b);
  listeners.add(c);
  listeners.tell_new_map();
  assert_text(told, "a-c");
  listeners.tell_new_map();
  assert_text(told, "a-cc");
  listeners.remove(c);
}

static void who_removes_a_listener_waits_for_a_call_that_is_under_way(void**) {
  Listeners listeners;
  std::atomic<bool> called{false};
  std::atomic<bool> may_return{false};
  std::atomic<bool> removed{false};
  auto listener = std::make_unique<Listener>([&] {
    called = true;
    assert_true(TEST_WAIT(may_return.load(), 60000));
  });
  listeners.add(*listener);
  std::thread tells([&] { listeners.tell_new_map(); });
  assert_true(TEST_WAIT(called.load(), 60000));
  Sleeper removes([&] {
    listeners.remove(*listener);
    removed = true;
    listener.reset();
  });
  assert_true(removes.sleeps());
  assert_false(removed);
  may_return = true;
  removes.join();
  tells.join();
  assert_true(removed);
}

static void threads_tell_while_others_come_and_go(void**) {
  Listeners listeners;
  std::atomic<bool> over{false};
  std::atomic<int> calls{0};
  std::thread tellers[2];
  for (std::thread& teller : tellers) {
    teller = std::thread([&] {
      while (!over) listeners.tell_new_map();
    });
  }
  std::thread comers[2];
  for (std::thread& comer : comers) {
    comer = std::thread([&] {
      for (int i = 0; i < 2000; ++i) {
        const auto mine = std::make_unique<Listener>([&] { ++calls; });
        listeners.add(*mine);
        listeners.remove(*mine);
      }
    });
  }
  for (std::thread& comer : comers) comer.join();
  Listener last([&] { ++calls; });
  listeners.add(last);
  const int before = calls;
  assert_true(TEST_WAIT(calls > before, 60000));
  listeners.remove(last);
  over = true;
  for (std::thread& teller : tellers) teller.join();
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(all_are_told_in_the_order_in_which_they_came),
      cmocka_unit_test(a_listener_may_delete_itself_and_others_while_it_is_called),
      cmocka_unit_test(who_removes_a_listener_waits_for_a_call_that_is_under_way),
      cmocka_unit_test(threads_tell_while_others_come_and_go),
  };
  return cmocka_run_group_tests_name("listeners", tests, nullptr, nullptr);
}
