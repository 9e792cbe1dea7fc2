#include "topology/throttle.h"

#include <vector>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static const TimePoint kBegin{std::chrono::hours(1)};

// When it let somebody through, of tries as often as that.
static std::vector<TimePoint> taken(Throttle& throttle, Duration span, Duration step) {
  std::vector<TimePoint> times;
  for (TimePoint now = kBegin; now < kBegin + span; now += step) {
    while (throttle.take(now)) times.push_back(now);
  }
  return times;
}

static std::size_t most_within(const std::vector<TimePoint>& times, Duration span) {
  std::size_t most = 0;
  for (std::size_t from = 0, to = 0; to < times.size(); ++to) {
    while (times[to] - times[from] > span) ++from;
    most = std::max(most, to - from + 1);
  }
  return most;
}

static void two_at_once_and_ten_a_second_however_often_it_is_tried(void**) {
  for (const int step_ms : {1, 7, 40, 99, 130, 333, 1100}) {
    for (int round = 0; round < 20; ++round) {
      Throttle throttle;
      const auto times = taken(throttle, std::chrono::seconds(30), milliseconds(step_ms));
      assert_in_range(most_within(times, milliseconds(100)), 1, 2);
      assert_in_range(most_within(times, milliseconds(1000)), 1, 10);
    }
  }
}

static void whoever_tries_all_the_time_gets_through_all_the_time(void**) {
  Throttle throttle;
  const auto times = taken(throttle, std::chrono::seconds(30), milliseconds(1));
  assert_in_range(times.size(), 30 * 6, 30 * 10);
  for (std::size_t i = 1; i < times.size(); ++i) assert_true(times[i] - times[i - 1] <= milliseconds(160));
}

static void after_a_rest_two_may_go_again(void**) {
  Throttle throttle;
  assert_true(throttle.take(kBegin));
  assert_true(throttle.take(kBegin));
  assert_false(throttle.take(kBegin));
  const TimePoint later = kBegin + std::chrono::seconds(10);
  assert_true(throttle.take(later));
  assert_true(throttle.take(later));
  assert_false(throttle.take(later));
}

static void it_says_when_to_try_again(void**) {
  Throttle throttle;
  assert_true(throttle.next() <= kBegin);
  throttle.take(kBegin);
  throttle.take(kBegin);
  const TimePoint next = throttle.next();
  assert_true(next > kBegin);
  assert_false(throttle.take(next - milliseconds(1)));
  assert_true(throttle.take(next));
}

static void what_was_not_used_can_be_given_back(void**) {
  Throttle throttle;
  for (int i = 0; i < 100; ++i) {
    assert_true(throttle.take(kBegin));
    throttle.give_back();
  }
  throttle.give_back();
  assert_true(throttle.take(kBegin));
  assert_true(throttle.take(kBegin));
  assert_false(throttle.take(kBegin));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(two_at_once_and_ten_a_second_however_often_it_is_tried),
      cmocka_unit_test(whoever_tries_all_the_time_gets_through_all_the_time),
      cmocka_unit_test(after_a_rest_two_may_go_again),
      cmocka_unit_test(it_says_when_to_try_again),
      cmocka_unit_test(what_was_not_used_can_be_given_back),
  };
  return cmocka_run_group_tests_name("throttle", tests, nullptr, nullptr);
}
