#include "calls/server_error.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void a_servers_error_becomes_the_callers(void**) {
  const ConnectionSettings settings;
  Counters counters;
  const Node node({"h", 1}, settings, counters);
  const struct {
    const char* word;
    Outcome outcome;
    Code code;
    const char* message;
  } table[] = {
      {"WRONGTYPE", Outcome::kExecuted, Code::kServer, "GET (slot 7): h:1 answered WRONGTYPE x"},
      {"ERR", Outcome::kRefused, Code::kServer, "GET (slot 7): h:1 answered ERR x"},
      {"NOAUTH", Outcome::kRefused, Code::kAuth, "NOAUTH x: set the password with rc_options_set_password"},
      {"WRONGPASS", Outcome::kRefused, Code::kAuth, "WRONGPASS x: set the password"},
      {"CROSSSLOT", Outcome::kRefused, Code::kCrossSlot, "CROSSSLOT x: give the keys a common hash tag"},
  };
  for (const auto& row : table) {
    const ErrorPtr answer = make_error(Code::kServer, row.outcome, std::string(row.word) + " x", row.word);
    const ErrorPtr error = server_error("GET", 7, node, *answer);
    assert_failure(*error, row.code, row.outcome, row.message);
    assert_string_equal(error->server_code, row.word);
  }
}

static void an_error_without_a_word_has_none_afterwards(void**) {
  const ConnectionSettings settings;
  Counters counters;
  const Node node({"h", 1}, settings, counters);
  const ErrorPtr answer = make_error(Code::kServer, Outcome::kExecuted, "user_script:1: oops");
  const ErrorPtr error = server_error("EVAL", -1, node, *answer);
  assert_failure(*error, Code::kServer, Outcome::kExecuted, "EVAL: h:1 answered user_script:1: oops");
  assert_null(error->server_code);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_servers_error_becomes_the_callers),
      cmocka_unit_test(an_error_without_a_word_has_none_afterwards),
  };
  return cmocka_run_group_tests_name("server_error", tests, nullptr, nullptr);
}
