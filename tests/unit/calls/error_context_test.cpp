#include "calls/error_context.h"

#include <cctype>
#include <clocale>
#include <cstdlib>
#include <string>

#include "temp_folder.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void a_command_is_named_in_capitals(void**) {
  assert_text(command_name("get"), "GET");
  assert_text(command_name("json.set"), "JSON.SET");
  assert_text(command_name("FT._LIST"), "FT._LIST");
}

static void what_does_not_look_like_a_command_is_not_quoted(void**) {
  for (const char* word : {"pass word", "s3cr3t!", "a\nb", "\xff", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    assert_text(command_name(word), "command");
  }
}

// In Turkish the capital of i is not I, and a byte beyond ASCII may be a letter.
static void the_users_locale_changes_nothing(void**) {
  const char* const folder = test_support::temp_folder();
  const std::string make =
      "localedef -i tr_TR -f ISO-8859-9 '" + std::string(folder) + "/tr_TR.ISO-8859-9' >/dev/null 2>&1";
  const bool made = std::system(make.c_str()) >= 0 && setenv("LOCPATH", folder, 1) == 0 &&
                    std::setlocale(LC_ALL, "tr_TR.ISO-8859-9") != nullptr;
  const bool differs = made && std::toupper('i') != 'I' && std::isalnum(0xE7) != 0;
  const std::string name = command_name("info");
  const std::string letter = command_name("gar\xe7on");
  std::setlocale(LC_ALL, "C");
  if (!differs) skip();  // the system has no sources of locales
  assert_string_equal(name.c_str(), "INFO");
  assert_string_equal(letter.c_str(), "command");
}

static void an_error_is_told_with_what_was_asked(void**) {
  const auto error = [] { return make_error(Code::kServer, Outcome::kExecuted, "no", "WRONGTYPE"); };
  const ErrorPtr with_slot = with_context("GET", 7, error());
  assert_failure(*with_slot, Code::kServer, Outcome::kExecuted, "");
  assert_string_equal(with_slot->message, "GET (slot 7): no");
  assert_string_equal(with_slot->server_code, "WRONGTYPE");
  assert_string_equal(with_context("PING", -1, error())->message, "PING: no");
}

static void being_out_of_memory_is_told_without_any(void**) {
  const ErrorPtr error = with_context("GET", 7, no_memory_error());
  assert_false(error->owned);
  assert_enum(error->code, Code::kNoMemory);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_command_is_named_in_capitals),
      cmocka_unit_test(what_does_not_look_like_a_command_is_not_quoted),
      cmocka_unit_test(the_users_locale_changes_nothing),
      cmocka_unit_test(an_error_is_told_with_what_was_asked),
      cmocka_unit_test(being_out_of_memory_is_told_without_any),
  };
  return cmocka_run_group_tests_name("subject", tests, nullptr, nullptr);
}
