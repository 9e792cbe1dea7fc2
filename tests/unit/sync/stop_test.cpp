#include "sync/stop.h"

#include "unit/asleep.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void only_the_first_stops(void**) {
  Stop stop;
  assert_false(stop.stopped());
  assert_true(stop.stop());
  assert_true(stop.stopped());
  assert_false(stop.stop());
  assert_true(stop.stopped());
}

static void a_pause_lasts_as_long_as_it_should(void**) {
  const Stop stop;
  const TimePoint begin = Clock::now();
  stop.pause(Deadline(begin + milliseconds(30)));
  assert_true(Clock::now() >= begin + milliseconds(30));
  stop.pause(Deadline(begin));  // in the past
  stop.pause(Deadline(TimePoint::min()));
}

static void stopping_ends_every_pause(void**) {
  Stop stop;
  const auto pause = [&] { stop.pause(Deadline::after(std::chrono::hours(1))); };
  Sleeper sleepers[] = {Sleeper(pause), Sleeper(pause), Sleeper(pause)};
  for (const auto& sleeper : sleepers) assert_true(sleeper.sleeps());
  stop.stop();
  for (auto& sleeper : sleepers) sleeper.join();
  pause();  // nor does a later one last
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(only_the_first_stops),
      cmocka_unit_test(a_pause_lasts_as_long_as_it_should),
      cmocka_unit_test(stopping_ends_every_pause),
  };
  return cmocka_run_group_tests_name("stop", tests, nullptr, nullptr);
}
