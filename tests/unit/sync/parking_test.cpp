#include "sync/parking.h"

#include <thread>

#include "unit/asleep.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

// So far that a lost wake-up is a hang.
static Deadline far_away() { return Deadline::after(std::chrono::hours(1)); }

// As the comment of park asks: check and call again.
static void wait_while(FutexWord& word, std::uint32_t seen) {
  while (word.load() == seen) park(word, seen, far_away());
}

static void a_word_that_has_changed_is_not_waited_for(void**) {
  FutexWord word{1};
  park(word, 0, far_away());  // only a hang would fail
}

static void the_deadline_ends_the_wait(void**) {
  FutexWord word{0};
  const TimePoint begin = Clock::now();
  while (Clock::now() < begin + milliseconds(20)) park(word, 0, Deadline(begin + milliseconds(20)));
  park(word, 0, Deadline(begin));
  assert_true(Clock::now() < begin + std::chrono::seconds(30));
}

// The best of a few, as any may be late on a busy machine.
static void the_wait_is_no_longer_than_the_deadline_says(void**) {
  Duration best = std::chrono::hours(1);
  for (int i = 0; i < 5 && best > milliseconds(500); ++i) {
    FutexWord word{0};
    const TimePoint begin = Clock::now();
    park(word, 0, Deadline(begin + milliseconds(1)));
    best = std::min<Duration>(best, Clock::now() - begin);
  }
  assert_true(best <= milliseconds(500));
}

static void a_waiter_sleeps_until_it_is_woken(void**) {
  FutexWord word{0};
  std::atomic<int> awake{0};
  Sleeper waiter([&] {
    wait_while(word, 0);
    ++awake;
  });
  assert_true(waiter.sleeps());
  assert_int_equal(awake, 0);
  word = 1;
  unpark_one(word);
  waiter.join();
  assert_int_equal(awake, 1);
}

static void all_can_be_woken_at_once(void**) {
  FutexWord word{0};
  const auto wait = [&] { wait_while(word, 0); };
  Sleeper waiters[] = {Sleeper(wait), Sleeper(wait), Sleeper(wait), Sleeper(wait)};
  for (const auto& waiter : waiters) assert_true(waiter.sleeps());
  word = 1;
  unpark_all(word);
  for (auto& waiter : waiters) waiter.join();
}

static void two_threads_hand_a_word_to_and_fro(void**) {
  FutexWord word{0};
  constexpr std::uint32_t kTurns = 2000;
  const auto play = [&](std::uint32_t odd) {
    for (;;) {
      const std::uint32_t seen = word.load();
      if (seen >= kTurns) break;
      if (seen % 2 == odd) {
        word = seen + 1;
        unpark_one(word);
      } else {
        park(word, seen, far_away());
      }
    }
  };
  std::thread other([&] { play(1); });
  play(0);
  other.join();
  assert_int_equal(word, kTurns);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_word_that_has_changed_is_not_waited_for),
      cmocka_unit_test(the_deadline_ends_the_wait),
      cmocka_unit_test(the_wait_is_no_longer_than_the_deadline_says),
      cmocka_unit_test(a_waiter_sleeps_until_it_is_woken),
      cmocka_unit_test(all_can_be_woken_at_once),
      cmocka_unit_test(two_threads_hand_a_word_to_and_fro),
  };
  return cmocka_run_group_tests_name("parking", tests, nullptr, nullptr);
}
