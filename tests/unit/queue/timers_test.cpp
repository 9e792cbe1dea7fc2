#include "queue/timers.h"

#include <algorithm>
#include <random>
#include <vector>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static TimePoint at(int ms) { return TimePoint(milliseconds(ms)); }

static void what_is_due_comes_in_the_order_of_time(void**) {
  std::mt19937 random(7);
  std::vector<Timer> all(2000);
  Timers timers;
  timers.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % 2 == 0) {
      timers.set_in_line(all[i], at(static_cast<int>(i)));
    } else {
      timers.set(all[i], at(static_cast<int>(random() % 4000)));
    }
  }
  std::size_t cleared = 0;
  for (std::size_t i = 0; i < all.size(); i += 3, ++cleared) timers.clear(all[i]);
  TimePoint last{};
  std::size_t taken = 0;
  for (int now = 0; now < 5000; now += 10) {
    while (Timer* due = timers.take_due(at(now))) {
      assert_true(due->at <= at(now));
      assert_true(due->at + milliseconds(10) > last);
      last = std::max(last, due->at);
      assert_true(due->place == Timer::kOff);
      assert_true((due - all.data()) % 3 != 0);
      ++taken;
    }
    assert_true(timers.earliest() > at(now));
  }
  assert_int_equal(taken, all.size() - cleared);
  assert_true(timers.earliest() == TimePoint::max());
}

static void a_line_takes_what_comes_a_little_late(void**) {
  Timer one;
  Timer two;
  Timer three;
  Timers timers;
  timers.set_in_line(one, at(10));
  timers.set_in_line(three, at(30));
  timers.set_in_line(two, at(20));
  assert_ptr_equal(timers.take_due(at(100)), &one);
  assert_ptr_equal(timers.take_due(at(100)), &two);
  assert_ptr_equal(timers.take_due(at(100)), &three);
  assert_null(timers.take_due(at(100)));
}

static void one_that_is_cleared_twice_is_cleared(void**) {
  Timer one;
  Timers timers;
  timers.reserve(1);
  timers.set(one, at(10));
  timers.clear(one);
  timers.clear(one);
  assert_null(timers.take_due(at(100)));
  timers.set(one, at(20));
  assert_true(timers.earliest() == at(20));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_is_due_comes_in_the_order_of_time),
      cmocka_unit_test(a_line_takes_what_comes_a_little_late),
      cmocka_unit_test(one_that_is_cleared_twice_is_cleared),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
