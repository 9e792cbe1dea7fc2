#include "connection/connect_failures.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static ErrorPtr refused(std::string_view message) {
  return make_error(Code::kConnect, Outcome::kNotSent, message, "WORD");
}

static void nothing_keeps_the_first_from_trying(void**) {
  ConnectFailures failures;
  assert_true(failures.why_not_yet(TimePoint(std::chrono::seconds(1))) == nullptr);
}

static void what_one_found_is_told_to_all_for_a_moment(void**) {
  ConnectFailures failures;
  const TimePoint now(std::chrono::seconds(1));
  failures.note(*refused("first"), now);
  failures.note(*refused("second"), now);  // of one that had begun beside it
  const ErrorPtr still = failures.why_not_yet(now);
  assert_failure(*still, Code::kConnect, Outcome::kNotSent, "second");
  assert_text(still->server_code, "WORD");
  assert_true(failures.backing_off(now));
  // Then one tries, and for another moment no other.
  const TimePoint later = now + milliseconds(1);
  assert_false(failures.backing_off(later));
  assert_true(failures.why_not_yet(later) == nullptr);
  assert_true(failures.why_not_yet(later) != nullptr);
  assert_true(failures.backing_off(later));
}

static void the_moments_grow_but_not_for_long(void**) {
  ConnectFailures failures;
  const TimePoint begin(std::chrono::seconds(1));
  int tries = 0;
  for (int ms = 0; ms < 10000; ++ms) {
    const TimePoint now = begin + milliseconds(ms);
    if (failures.why_not_yet(now) != nullptr) continue;
    ++tries;
    failures.note(*refused("again"), now);
  }
  assert_in_range(tries, 500, 1010);
  assert_true(failures.why_not_yet(begin + milliseconds(10020)) == nullptr);
}

static void success_makes_all_forget(void**) {
  ConnectFailures failures;
  const TimePoint now(std::chrono::seconds(1));
  for (int i = 0; i < 100; ++i) failures.note(*refused("no"), now + milliseconds(20 * i));
  failures.forget();
  assert_true(failures.why_not_yet(now + milliseconds(1980)) == nullptr);
  failures.note(*refused("no"), now + std::chrono::seconds(10));
  assert_true(failures.why_not_yet(now + std::chrono::seconds(10) + milliseconds(1)) == nullptr);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(nothing_keeps_the_first_from_trying),
      cmocka_unit_test(what_one_found_is_told_to_all_for_a_moment),
      cmocka_unit_test(the_moments_grow_but_not_for_long),
      cmocka_unit_test(success_makes_all_forget),
  };
  return cmocka_run_group_tests_name("connect_failures", tests, nullptr, nullptr);
}
