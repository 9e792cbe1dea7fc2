#include "connection/standing.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void a_node_that_failed_is_avoided_for_a_second(void**) {
  Standing standing;
  const TimePoint now = Clock::now();
  assert_false(standing.avoided(now));
  standing.avoid(now);
  assert_true(standing.avoided(now));
  assert_true(standing.avoided(now + milliseconds(999)));
  assert_false(standing.avoided(now + milliseconds(1000)));
}

static void each_failure_begins_the_time_again(void**) {
  Standing standing;
  const TimePoint now = Clock::now();
  standing.avoid(now);
  standing.avoid(now + milliseconds(600));
  assert_true(standing.avoided(now + milliseconds(1500)));
  assert_false(standing.avoided(now + milliseconds(1600)));
}

static void one_caller_tries_it_again_unless_it_was_heard(void**) {
  using Trial = Standing::Trial;
  Standing standing;
  const TimePoint failed = Clock::now();
  const TimePoint later = failed + milliseconds(1500);
  assert_enum(standing.trial(failed, {}), Trial::kNotNeeded);
  standing.avoid(failed);
  assert_enum(standing.trial(later, failed + milliseconds(1)), Trial::kNotNeeded);
  assert_enum(standing.trial(later, failed - milliseconds(1)), Trial::kMine);
  assert_true(standing.avoided(later));  // by the others
  assert_false(standing.avoided(later + milliseconds(1000)));
}

static void the_latency_is_an_average_that_follows_what_is_new(void**) {
  Standing standing;
  assert_int_equal(standing.latency(), 0);  // not measured
  standing.note_latency(milliseconds(8));
  assert_true(Duration(standing.latency()) == milliseconds(8));  // the first counts as it is
  standing.note_latency(milliseconds(16));
  assert_true(Duration(standing.latency()) == milliseconds(9));
  for (int i = 0; i < 200; ++i) standing.note_latency(milliseconds(1));
  assert_true(Duration(standing.latency()) < milliseconds(2));
}

static void what_was_measured_is_never_taken_for_not_measured(void**) {
  Standing standing;
  standing.note_latency(Duration::zero());
  assert_true(standing.latency() > 0);
  for (int i = 0; i < 100; ++i) standing.note_latency(Duration::zero());
  assert_true(standing.latency() > 0);
  Standing backwards;
  backwards.note_latency(Duration(-5));
  assert_true(backwards.latency() > 0);
}

static void nothing_is_known_of_a_new_node(void**) {
  Standing standing;
  assert_enum(standing.zone(), Standing::Zone::kNotAsked);
  assert_enum(standing.multi(), Standing::Multi::kNotAsked);
  standing.set_zone(Standing::Zone::kSame);
  assert_enum(standing.zone(), Standing::Zone::kSame);
  standing.note_multi(Standing::Multi::kTaken);
  assert_enum(standing.multi(), Standing::Multi::kTaken);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_node_that_failed_is_avoided_for_a_second),
      cmocka_unit_test(each_failure_begins_the_time_again),
      cmocka_unit_test(one_caller_tries_it_again_unless_it_was_heard),
      cmocka_unit_test(the_latency_is_an_average_that_follows_what_is_new),
      cmocka_unit_test(what_was_measured_is_never_taken_for_not_measured),
      cmocka_unit_test(nothing_is_known_of_a_new_node),
  };
  return cmocka_run_group_tests_name("standing", tests, nullptr, nullptr);
}
