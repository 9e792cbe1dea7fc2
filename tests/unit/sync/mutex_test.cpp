// A lock that is cheap while nobody else wants it.
#include "sync/mutex.h"

#include <atomic>
#include <thread>
#include <vector>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void one_thread_at_a_time_holds_it(void**) {
  Mutex mutex;
  int inside = 0;
  int count = 0;
  std::atomic<int> met{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 20000; ++j) {
        const MutexLock lock(mutex);
        if (++inside != 1) ++met;
        if (j % 512 == 0) std::this_thread::yield();  // so that others come while it is held
        ++count;
        --inside;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  assert_int_equal(met, 0);
  assert_int_equal(count, 80000);
}

static void it_is_not_taken_twice(void**) {
  Mutex mutex;
  const bool first = mutex.try_lock();
  assert_true(first);
  bool second = true;
  std::thread([&] {
    second = mutex.try_lock();
    if (second) mutex.unlock();
  }).join();
  assert_false(second);
  if (first) mutex.unlock();
  const bool again = mutex.try_lock();
  assert_true(again);
  if (again) mutex.unlock();
}

static void every_one_of_many_that_sleep_is_woken(void**) {
  Mutex mutex;
  std::atomic<int> waiting{0};
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  {
    const MutexLock lock(mutex);
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        ++waiting;
        const MutexLock mine(mutex);
        ++done;
      });
    }
    while (waiting != 8) std::this_thread::yield();
    assert_int_equal(done, 0);
  }
  for (auto& thread : threads) thread.join();
  assert_int_equal(done, 8);
}

static void a_lock_in_scope_may_be_given_up_meanwhile(void**) {
  Mutex mutex;
  {
    MutexLock lock(mutex);
    lock.unlock();
    { const MutexLock inner(mutex); }
    lock.lock();
    lock.unlock();
  }
  const MutexLock free(mutex);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_thread_at_a_time_holds_it),
      cmocka_unit_test(it_is_not_taken_twice),
      cmocka_unit_test(every_one_of_many_that_sleep_is_woken),
      cmocka_unit_test(a_lock_in_scope_may_be_given_up_meanwhile),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
