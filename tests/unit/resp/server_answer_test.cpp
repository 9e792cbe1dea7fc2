#include "resp/server_answer.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void answers_are_told_apart_by_their_first_word(void**) {
  const struct {
    const char* line;
    Answer answer;
  } table[] = {
      {"MOVED 3999 127.0.0.1:6381", Answer::kMoved},
      {"ASK 3999 127.0.0.1:6381", Answer::kAsk},
      {"TRYAGAIN Multiple keys request during rehashing of slot", Answer::kTryAgain},
      {"CLUSTERDOWN The cluster is down", Answer::kClusterDown},
      {"CLUSTERDOWN Hash slot not served", Answer::kClusterDown},
      {"LOADING Redis is loading the dataset in memory", Answer::kLoading},
      {"MASTERDOWN Link with MASTER is down", Answer::kMasterDown},
      {"READONLY You can't write against a read only replica.", Answer::kReadOnly},
      {"UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
       Answer::kDemoted},
      {"UNBLOCKED client unblocked via CLIENT UNBLOCK", Answer::kOther},
      {"MOVED", Answer::kMoved},
      {"ERR MOVED 1 h:1", Answer::kOther},
      {"MOVEDX 1 h:1", Answer::kOther},
      {"moved 1 h:1", Answer::kOther},
      {"ASKING", Answer::kOther},
      {"WRONGTYPE Operation", Answer::kOther},
      {"", Answer::kOther},
      {" MOVED 1 h:1", Answer::kOther},
  };
  for (const auto& row : table) {
    if (classify(row.line) != row.answer) fail_msg("\"%s\" was taken for another answer", row.line);
  }
}

static void redirects_and_answers_that_ask_for_patience_are_different_things(void**) {
  for (const Answer answer : {Answer::kMoved, Answer::kAsk}) {
    assert_true(is_redirect(answer));
    assert_false(asks_to_wait(answer));
  }
  for (const Answer answer : {Answer::kTryAgain, Answer::kClusterDown, Answer::kLoading, Answer::kMasterDown,
                              Answer::kReadOnly, Answer::kDemoted}) {
    assert_false(is_redirect(answer));
    assert_true(asks_to_wait(answer));
  }
  assert_false(is_redirect(Answer::kOther));
  assert_false(asks_to_wait(Answer::kOther));
}

static void the_outcome_is_what_the_server_said(void**) {
  const struct {
    const char* line;
    Outcome outcome;
  } table[] = {
      {"MOVED 1 h:1", Outcome::kRefused},
      {"ASK 1 h:1", Outcome::kRefused},
      {"TRYAGAIN x", Outcome::kRefused},
      {"CLUSTERDOWN x", Outcome::kRefused},
      {"LOADING x", Outcome::kRefused},
      {"MASTERDOWN x", Outcome::kRefused},
      {"READONLY x", Outcome::kRefused},
      {"UNBLOCKED client unblocked via CLIENT UNBLOCK", Outcome::kRefused},
      {"NOAUTH Authentication required.", Outcome::kRefused},
      {"WRONGPASS x", Outcome::kRefused},
      {"NOPERM x", Outcome::kRefused},
      {"CROSSSLOT x", Outcome::kRefused},
      {"EXECABORT x", Outcome::kRefused},
      {"OOM command not allowed", Outcome::kRefused},
      {"MISCONF x", Outcome::kRefused},
      {"NOREPLICAS x", Outcome::kRefused},
      {"NOSCRIPT x", Outcome::kRefused},
      {"BUSY Redis is busy running a script", Outcome::kRefused},
      {"ERR unknown command 'FOO', with args beginning with: 'a'", Outcome::kRefused},
      {"ERR Unknown subcommand or wrong number of arguments for 'X'", Outcome::kRefused},
      {"ERR unknown subcommand 'x'. Try OBJECT HELP.", Outcome::kRefused},
      {"ERR wrong number of arguments for 'get' command", Outcome::kRefused},
      {"ERR Wrong number of arguments for 'get'", Outcome::kRefused},
      {"WRONGTYPE Operation against a key holding the wrong kind of value", Outcome::kExecuted},
      {"ERR value is not an integer or out of range", Outcome::kExecuted},
      {"ERR no such key", Outcome::kExecuted},
      {"BUSYKEY Target key name already exists.", Outcome::kExecuted},
      {"BUSYGROUP Consumer Group name already exists", Outcome::kExecuted},
      {"NOGROUP x", Outcome::kExecuted},
      {"MYSCRIPT unknown command", Outcome::kExecuted},
      {"", Outcome::kExecuted},
  };
  for (const auto& row : table) {
    if (outcome_of(row.line) != row.outcome) fail_msg("\"%s\" has another outcome", row.line);
  }
}

// A script can say any of it: nothing is a refusal, and where it could be one nobody knows.
static void of_free_text_nothing_is_known_to_be_a_refusal(void**) {
  const struct {
    const char* line;
    Outcome outcome;
  } table[] = {
      {"MOVED 1 h:1", Outcome::kUnknown},
      {"TRYAGAIN Multiple keys request during rehashing of slot", Outcome::kUnknown},
      {"TRYAGAIN later", Outcome::kUnknown},
      {"OOM command not allowed when used memory > 'maxmemory'.", Outcome::kUnknown},
      {"OOM command not allowed when used memory > 'maxmemory'. script: f00, on @user_script:1.",
       Outcome::kExecuted},
      {"ERR unknown command 'eval'", Outcome::kUnknown},
      {"ERR wrong number of arguments for 'eval' command", Outcome::kUnknown},
      {"ERR Protocol error: invalid bulk length", Outcome::kUnknown},
      {"ERR of mine", Outcome::kExecuted},
      {"MINE", Outcome::kExecuted},
      {"", Outcome::kExecuted},
  };
  for (const auto& row : table) {
    if (outcome_of(row.line, Author::kAnybody) != row.outcome)
      fail_msg("\"%s\" has another outcome", row.line);
  }
}

static void an_error_inside_of_an_answer_is_no_refusal(void**) {
  assert_enum(outcome_inside("MOVED 1 h:1"), Outcome::kExecuted);
  assert_enum(outcome_inside("OOM x"), Outcome::kExecuted);
  assert_enum(outcome_inside("ERR unknown command 'x'"), Outcome::kExecuted);
  assert_enum(outcome_inside("NOPERM x"), Outcome::kUnknown);  // EXEC looks at the rights again
  assert_enum(outcome_inside("NOSCRIPT x"), Outcome::kUnknown);
}

// What a server quotes of the arguments decides nothing.
static void quoted_arguments_do_not_decide(void**) {
  assert_enum(outcome_of("ERR Unknown option or number of arguments for CONFIG SET - 'unknown command'"),
              Outcome::kExecuted);
  assert_enum(outcome_of("ERR no such key 'wrong number of arguments'"), Outcome::kExecuted);
}

static void the_word_is_only_one_in_capitals(void**) {
  assert_text(error_word("WRONGTYPE Operation"), "WRONGTYPE");
  assert_text(error_word("ERR"), "ERR");
  assert_text(error_word("A_B-2 x"), "A_B-2");
  assert_text(error_word("user_script:1: oops"), "");
  assert_text(error_word("Err x"), "");
  assert_text(error_word(" ERR"), "");
  assert_text(error_word(""), "");
}

static void arguments_are_not_quoted(void**) {
  assert_text(without_arguments("ERR unknown command 'FOO', with args beginning with: 'secret' "),
              "ERR unknown command 'FOO'");
  assert_text(without_arguments("WRONGTYPE x"), "WRONGTYPE x");
  assert_text(without_arguments(""), "");
}

static void redirects_are_read(void**) {
  const struct {
    const char* line;
    int slot;
    const char* host;
    int port;
  } table[] = {
      {"MOVED 3999 127.0.0.1:6381", 3999, "127.0.0.1", 6381},
      {"ASK 0 node-1.example.org:1", 0, "node-1.example.org", 1},
      {"MOVED 16383 ::1:65535", 16383, "::1", 65535},
      {"MOVED 1 2001:db8::7:7001", 1, "2001:db8::7", 7001},
      {"MOVED 1 :7001", 1, "", 7001},
      {"MOVED 1 ?:7001", 1, "?", 7001},
      {"MOVED 1 :0", 1, "?", 0},
  };
  for (const auto& row : table) {
    const Redirect redirect = parse_redirect(row.line);
    if (!redirect.valid) fail_msg("\"%s\" was not understood", row.line);
    assert_int_equal(redirect.slot, row.slot);
    assert_text(redirect.host, row.host);
    assert_int_equal(redirect.port, row.port);
  }
}

static void malformed_redirects_are_refused(void**) {
  for (const char* line : {"",
                           "MOVED",
                           "MOVED ",
                           "MOVED 1",
                           "MOVED 1 ",
                           "MOVED 1 h",
                           "MOVED 1 h:",
                           "MOVED 1 h:0",
                           "MOVED 1 h:65536",
                           "MOVED 1 h:-1",
                           "MOVED 1 h:7x",
                           "MOVED 1 h:x",
                           "MOVED 1 h:99999999999999999999",
                           "MOVED 16384 h:1",
                           "MOVED -1 h:1",
                           "MOVED x h:1",
                           "MOVED  h:1",
                           "MOVED 1x h:1",
                           "MOVED 99999999999 h:1",
                           "MOVED 1 h:1 more",
                           "MOVED 1  h:1",
                           "MOVED h:1",
                           "ASK 1 h:1 "}) {
    if (parse_redirect(line).valid) fail_msg("\"%s\" was taken for a redirect", line);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(answers_are_told_apart_by_their_first_word),
      cmocka_unit_test(redirects_and_answers_that_ask_for_patience_are_different_things),
      cmocka_unit_test(the_outcome_is_what_the_server_said),
      cmocka_unit_test(of_free_text_nothing_is_known_to_be_a_refusal),
      cmocka_unit_test(an_error_inside_of_an_answer_is_no_refusal),
      cmocka_unit_test(quoted_arguments_do_not_decide),
      cmocka_unit_test(the_word_is_only_one_in_capitals),
      cmocka_unit_test(arguments_are_not_quoted),
      cmocka_unit_test(redirects_are_read),
      cmocka_unit_test(malformed_redirects_are_refused),
  };
  return cmocka_run_group_tests_name("server_answer", tests, nullptr, nullptr);
}
