#include "sync/deadline.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static const TimePoint kNow{std::chrono::hours(5)};

static void a_deadline_passes_at_its_time(void**) {
  const auto deadline = Deadline::after(milliseconds(100), kNow);
  assert_true(deadline.at() == kNow + milliseconds(100));
  assert_false(deadline.passed(kNow + milliseconds(99)));
  assert_true(deadline.passed(kNow + milliseconds(100)));
  assert_true(deadline.passed(kNow + milliseconds(101)));
}

static void what_is_left_is_never_negative(void**) {
  const auto deadline = Deadline::after(milliseconds(100), kNow);
  assert_true(deadline.left(kNow) == milliseconds(100));
  assert_true(deadline.left(kNow + milliseconds(60)) == milliseconds(40));
  assert_true(deadline.left(kNow + milliseconds(500)) == Duration::zero());
}

static void the_sooner_of_two_ends_wins(void**) {
  const auto deadline = Deadline::after(milliseconds(100), kNow);
  assert_true(deadline.sooner(kNow + milliseconds(50)).at() == kNow + milliseconds(50));
  assert_true(deadline.sooner(kNow + milliseconds(150)).at() == deadline.at());
}

static void a_deadline_is_counted_from_now_by_itself(void**) {
  const TimePoint before = Clock::now();
  const auto deadline = Deadline::after(std::chrono::hours(1));
  assert_true(deadline.at() >= before + std::chrono::hours(1));
  assert_true(deadline.at() <= Clock::now() + std::chrono::hours(1));
}

static void an_order_to_end_is_as_good_as_the_time(void**) {
  Cancel cancel;
  const Deadline deadline(kNow + std::chrono::hours(1), &cancel);
  assert_false(deadline.passed(kNow));
  assert_true(deadline.left(kNow) == std::chrono::hours(1));
  const TimePoint look = deadline.look_at(kNow);  // nobody wakes those who wait: they look now and then
  assert_true(look > kNow && look < kNow + std::chrono::seconds(1));
  assert_true(deadline.sooner(kNow + milliseconds(1)).look_at(kNow) == kNow + milliseconds(1));
  cancel.fire();
  assert_true(deadline.passed(kNow));
  assert_true(deadline.sooner(kNow + std::chrono::minutes(1)).passed(kNow));
  assert_true(deadline.left(kNow) == Duration::zero());
  assert_true(deadline.look_at(kNow) == kNow);
  assert_true(Deadline(kNow + std::chrono::hours(1)).look_at(kNow) == kNow + std::chrono::hours(1));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_deadline_passes_at_its_time),
      cmocka_unit_test(what_is_left_is_never_negative),
      cmocka_unit_test(the_sooner_of_two_ends_wins),
      cmocka_unit_test(a_deadline_is_counted_from_now_by_itself),
      cmocka_unit_test(an_order_to_end_is_as_good_as_the_time),
  };
  return cmocka_run_group_tests_name("clock", tests, nullptr, nullptr);
}
