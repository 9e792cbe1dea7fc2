#include "nodes/node_health.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void a_node_that_failed_is_avoided_for_a_second(void**) {
  NodeHealth health;
  const TimePoint now = Clock::now();
  assert_false(health.ejected(now));
  health.eject(now);
  assert_true(health.ejected(now));
  assert_true(health.ejected(now + milliseconds(999)));
  assert_false(health.ejected(now + milliseconds(1000)));
}

static void each_failure_begins_the_time_again(void**) {
  NodeHealth health;
  const TimePoint now = Clock::now();
  health.eject(now);
  health.eject(now + milliseconds(600));
  assert_true(health.ejected(now + milliseconds(1500)));
  assert_false(health.ejected(now + milliseconds(1600)));
}

static void one_caller_tries_it_again_unless_it_was_heard(void**) {
  using Probe = NodeHealth::Probe;
  NodeHealth health;
  const TimePoint failed = Clock::now();
  const TimePoint later = failed + milliseconds(1500);
  assert_enum(health.try_probe(failed, {}), Probe::kNotNeeded);
  health.eject(failed);
  assert_enum(health.try_probe(later, failed + milliseconds(1)), Probe::kNotNeeded);
  assert_enum(health.try_probe(later, failed - milliseconds(1)), Probe::kMine);
  assert_true(health.ejected(later));  // by the others
  assert_false(health.ejected(later + milliseconds(1000)));
}

static void the_latency_is_an_average_that_follows_what_is_new(void**) {
  NodeHealth health;
  assert_int_equal(health.latency(), 0);  // not measured
  health.note_latency(milliseconds(8));
  assert_true(Duration(health.latency()) == milliseconds(8));  // the first counts as it is
  health.note_latency(milliseconds(16));
  assert_true(Duration(health.latency()) == milliseconds(9));
  for (int i = 0; i < 200; ++i) health.note_latency(milliseconds(1));
  assert_true(Duration(health.latency()) < milliseconds(2));
}

static void what_was_measured_is_never_taken_for_not_measured(void**) {
  NodeHealth health;
  health.note_latency(Duration::zero());
  assert_true(health.latency() > 0);
  for (int i = 0; i < 100; ++i) health.note_latency(Duration::zero());
  assert_true(health.latency() > 0);
  NodeHealth backwards;
  backwards.note_latency(Duration(-5));
  assert_true(backwards.latency() > 0);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_node_that_failed_is_avoided_for_a_second),
      cmocka_unit_test(each_failure_begins_the_time_again),
      cmocka_unit_test(one_caller_tries_it_again_unless_it_was_heard),
      cmocka_unit_test(the_latency_is_an_average_that_follows_what_is_new),
      cmocka_unit_test(what_was_measured_is_never_taken_for_not_measured),
  };
  return cmocka_run_group_tests_name("node_health", tests, nullptr, nullptr);
}
