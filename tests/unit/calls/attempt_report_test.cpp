#include "calls/attempt_report.h"

#include "unit/handle_fixture.hpp"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

struct Fixture : HandleFixture {
  Fixture() : HandleFixture({}) {}
  std::string told;  // "a:1 GET 2 RC_ERR_IO 3 - "
  bool took_time = false;
  AttemptHook hook = [this](const AttemptReport& report) {
    told += to_string(report.node) + " " + report.command + " " + std::to_string(report.number) + " " +
            code_name(report.code) + " " + std::to_string(static_cast<int>(report.outcome)) + " " +
            (report.server_code == nullptr ? "-" : report.server_code) + " ";
    took_time = report.took >= milliseconds(5);
  };

  void attempt(std::string_view command, int number, const Error* failure) {
    report(context, {nodes.at({"a", 1}), command, Clock::now() - milliseconds(5), number}, failure);
  }
};

}  // namespace

static void nobody_is_told_where_nobody_listens(void**) {
  Fixture f;
  f.attempt("GET", 1, nullptr);
  assert_text(f.told, "");
}

static void a_reply_is_told_as_executed(void**) {
  Fixture f;
  f.context.hook = &f.hook;
  f.attempt("gEt", 1, nullptr);
  assert_text(f.told, "a:1 GET 1 RC_OK 2 - ");
  assert_true(f.took_time);
}

static void a_failure_is_told_with_its_code_its_outcome_and_the_servers_word(void**) {
  Fixture f;
  f.context.hook = &f.hook;
  f.attempt("SET", 2, make_error(Code::kIo, Outcome::kUnknown, "lost").get());
  f.attempt("SET", 3, make_error(Code::kServer, Outcome::kRefused, "MOVED 1 h:1", "MOVED").get());
  assert_text(f.told, "a:1 SET 2 RC_ERR_IO 3 - a:1 SET 3 RC_ERR_SERVER 1 MOVED ");
}

// A caller's mistake can put a value in the place of the name.
static void what_is_no_name_of_a_command_is_not_told(void**) {
  Fixture f;
  f.context.hook = &f.hook;
  f.attempt("my s3cret", 1, nullptr);
  assert_text(f.told, "a:1 command 1 RC_OK 2 - ");
}

static void only_an_error_among_replies_is_a_failure(void**) {
  Error error{Code::kServer, Outcome::kRefused, "ERR x", "ERR", false};
  Reply reply;
  assert_null(error_of(reply));
  reply.type = ReplyType::kError;
  reply.error = &error;
  assert_ptr_equal(error_of(reply), &error);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(nobody_is_told_where_nobody_listens),
      cmocka_unit_test(a_reply_is_told_as_executed),
      cmocka_unit_test(a_failure_is_told_with_its_code_its_outcome_and_the_servers_word),
      cmocka_unit_test(what_is_no_name_of_a_command_is_not_told),
      cmocka_unit_test(only_an_error_among_replies_is_a_failure),
  };
  return cmocka_run_group_tests_name("report", tests, nullptr, nullptr);
}
