#include "base/status.h"

#include <cstddef>
#include <vector>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void an_error_owns_its_texts(void**) {
  std::string message = "GET (slot 1): no answer";
  std::string word = "WRONGTYPE";
  const ErrorPtr error = make_error(Code::kServer, Outcome::kExecuted, message, word);
  message.assign(message.size(), 'x');
  word.assign(word.size(), 'x');
  assert_failure(*error, Code::kServer, Outcome::kExecuted, "GET (slot 1): no answer");
  assert_string_equal(error->server_code, "WRONGTYPE");
}

static void an_error_without_a_servers_word_has_none(void**) {
  const ErrorPtr error = make_error(Code::kTimeout, Outcome::kUnknown, "late");
  assert_null(error->server_code);
}

static void texts_need_no_nul_of_their_own(void**) {
  const std::string_view text = "message and more";
  const ErrorPtr error = make_error(Code::kIo, Outcome::kUnknown, text.substr(0, 7), text.substr(12));
  assert_string_equal(error->message, "message");
  assert_string_equal(error->server_code, "more");
}

static void out_of_memory_is_told_with_its_outcome_and_can_be_freed_many_times(void**) {
  for (int round = 0; round < 2; ++round) {
    for (const Outcome outcome :
         {Outcome::kNotSent, Outcome::kRefused, Outcome::kExecuted, Outcome::kUnknown}) {
      const ErrorPtr error = no_memory_error(outcome);
      assert_failure(*error, Code::kNoMemory, outcome, "out of memory");
      assert_false(error->owned);
    }
  }
}

static void freeing_nothing_is_harmless(void**) { free_error(nullptr); }

static void an_error_can_be_placed_in_memory_of_the_callers(void**) {
  const std::size_t size = error_size("text", "ERR");
  std::vector<std::max_align_t> memory(size / sizeof(std::max_align_t) + 1);
  Error* error = place_error(memory.data(), Code::kServer, Outcome::kRefused, "text", "ERR");
  assert_failure(*error, Code::kServer, Outcome::kRefused, "text");
  assert_string_equal(error->server_code, "ERR");
  free_error(error);  // not owned: the memory is the caller's
  assert_string_equal(error->message, "text");
}

static void every_code_has_a_name_of_its_own(void**) {
  assert_string_equal(code_name(Code::kOk), "RC_OK");
  assert_string_equal(code_name(Code::kTooManyRedirects), "RC_ERR_TOO_MANY_REDIRECTS");
  for (int a = 0; a <= static_cast<int>(Code::kCancelled); ++a) {
    for (int b = 0; b < a; ++b) {
      assert_string_not_equal(code_name(static_cast<Code>(a)), code_name(static_cast<Code>(b)));
    }
  }
  assert_string_equal(code_name(static_cast<Code>(999)), "RC_ERR_UNKNOWN_CODE");
}

static void a_result_holds_a_value_or_an_error(void**) {
  Result<int> good = 7;
  assert_true(good.ok());
  assert_int_equal(good.take(), 7);
  Result<int> bad = make_error(Code::kClosed, Outcome::kNotSent, "closed");
  assert_false(bad.ok());
  Result<std::string> passed_on = Status(bad.take_error());
  assert_false(passed_on.ok());
  assert_failure(passed_on.error(), Code::kClosed, Outcome::kNotSent, "closed");
  assert_true(Status().ok());
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_error_owns_its_texts),
      cmocka_unit_test(an_error_without_a_servers_word_has_none),
      cmocka_unit_test(texts_need_no_nul_of_their_own),
      cmocka_unit_test(out_of_memory_is_told_with_its_outcome_and_can_be_freed_many_times),
      cmocka_unit_test(freeing_nothing_is_harmless),
      cmocka_unit_test(an_error_can_be_placed_in_memory_of_the_callers),
      cmocka_unit_test(every_code_has_a_name_of_its_own),
      cmocka_unit_test(a_result_holds_a_value_or_an_error),
  };
  return cmocka_run_group_tests_name("status", tests, nullptr, nullptr);
}
