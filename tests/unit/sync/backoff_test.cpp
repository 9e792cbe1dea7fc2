#include "sync/backoff.h"

#include <set>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static constexpr Duration kFirst = milliseconds(8);
static constexpr Duration kMax = milliseconds(100);

static void a_pause_is_half_to_all_of_a_span_that_grows_to_its_cap(void**) {
  for (int round = 0; round < 500; ++round) {
    Backoff backoff(kFirst, kMax);
    Duration span = kFirst;
    for (int i = 0; i < 12; ++i) {
      const Duration pause = backoff.next();
      assert_true(pause >= span / 2);
      assert_true(pause <= span);
      span = std::min(span + span / 2, kMax);
    }
    assert_true(span == kMax);
  }
}

static void pauses_of_two_callers_differ(void**) {
  std::set<Duration::rep> seen;
  for (int i = 0; i < 20; ++i) seen.insert(Backoff(kFirst, kMax).next().count());
  assert_in_range(seen.size(), 15, 20);
}

static void the_whole_range_is_used(void**) {
  Duration least = kFirst;
  Duration most = Duration::zero();
  for (int i = 0; i < 1000; ++i) {
    const Duration pause = Backoff(kFirst, kMax).next();
    least = std::min(least, pause);
    most = std::max(most, pause);
  }
  assert_true(least < kFirst * 6 / 10);
  assert_true(most > kFirst * 9 / 10);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_pause_is_half_to_all_of_a_span_that_grows_to_its_cap),
      cmocka_unit_test(pauses_of_two_callers_differ),
      cmocka_unit_test(the_whole_range_is_used),
  };
  return cmocka_run_group_tests_name("backoff", tests, nullptr, nullptr);
}
