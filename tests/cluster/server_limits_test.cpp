// G3 at the limits that a server is configured with: what it could not read, and what it does not send.
#include "suite.hpp"

#include "expect.hpp"  // last

namespace {

constexpr const char* kKey = "{foo}long";
constexpr const char* kOther = "{foo}short";

// What the server takes as one argument. It says so of a longer one, and closes.
class LongestArgument {
 public:
  LongestArgument() { assert_true(test_cluster_ok(cluster, "CONFIG SET proto-max-bulk-len 1mb")); }
  ~LongestArgument() { test_cluster_ok(cluster, "CONFIG SET proto-max-bulk-len 512mb"); }
};

std::string too_long() { return std::string(std::size_t{2} << 20, 'x'); }

std::string value(const char* key) {
  return text_at(test_cluster_primary_of(cluster, slot_of(key)), "GET %s", key);
}

const Failure kTooLong = {RC_ERR_SERVER, RC_OUTCOME_REFUSED, {"ERR Protocol error: invalid bulk length"}};

void what_it_cannot_read_is_refused(void**) {
  const LongestArgument limit;
  const Handle handle = open_handle(cluster, 20000);
  Error error;
  assert_null(command(handle.get(), {"SET", kKey, too_long()}, error).get());
  assert_true(is(error, kTooLong));
  assert_string_equal(value(kKey).c_str(), "");
}

// Nothing of it can have been executed, writes neither.
void what_stands_behind_in_a_pipeline_goes_again(void**) {
  const LongestArgument limit;
  const Handle handle = open_handle(cluster, 20000);
  Error error;
  const Reply replies = pipeline(
      handle.get(), {{"INCR", kOther}, {"SET", kKey, too_long()}, {"INCR", kOther}, {"INCR", kOther}}, error);
  assert_non_null(replies.get());
  assert_int_equal(rc_reply_integer(rc_reply_element(replies.get(), 0)), 1);
  assert_int_equal(rc_error_outcome(rc_reply_error(rc_reply_element(replies.get(), 1))), RC_OUTCOME_REFUSED);
  assert_int_equal(rc_reply_integer(rc_reply_element(replies.get(), 2)), 2);
  assert_int_equal(rc_reply_integer(rc_reply_element(replies.get(), 3)), 3);
}

void a_transaction_that_it_cannot_read_is_refused(void**) {
  const LongestArgument limit;
  const Handle handle = open_handle(cluster, 20000);
  Error error;
  assert_null(transaction(handle.get(), {{"INCR", kOther}, {"SET", kKey, too_long()}}, error).get());
  assert_true(is(error, kTooLong));
  assert_null(transaction(handle.get(), {{"SET", kKey, too_long()}, {"INCR", kOther}}, error).get());
  assert_true(is(error, kTooLong));
  assert_string_equal(value(kOther).c_str(), "");
}

int set_too_much(rc_watch*, rc_commands* to_execute, void*) {
  const Argv argv({"SET", kKey, too_long()});
  rc_commands_add(to_execute, argv.data.size(), argv.data.data(), argv.lengths.data(), nullptr);
  return RC_WATCH_EXECUTE;
}

void a_watch_transaction_that_it_cannot_read_is_refused(void**) {
  const LongestArgument limit;
  const Handle handle = open_handle(cluster, 20000);
  rc_error* raw = nullptr;
  const Reply reply(rc_watch_transaction(handle.get(), 1, &kOther, nullptr, set_too_much, nullptr, &raw));
  const Error error(raw);
  assert_null(reply.get());
  assert_true(is(error, kTooLong));
}

// A client to whom more is due than client-output-buffer-limit is thrown out, each time.
void an_answer_that_it_does_not_send_is_no_lack_of_a_node(void**) {
  const Handle handle = open_handle(cluster, 20000);
  Error error;
  assert_non_null(command(handle.get(), {"SET", kKey, too_long()}, error).get());
  assert_true(test_cluster_ok(cluster, "CONFIG SET client-output-buffer-limit %s", "normal 1mb 0 0"));
  const Reply reply = command(handle.get(), {"GET", kKey}, error, within(500).get());
  assert_true(test_cluster_ok(cluster, "CONFIG SET client-output-buffer-limit %s", "normal 0 0 0"));
  assert_null(reply.get());
  assert_true(is(error, {RC_ERR_IO, RC_OUTCOME_UNKNOWN, {"closed by the node"}}));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup(what_it_cannot_read_is_refused, reset),
      cmocka_unit_test_setup(what_stands_behind_in_a_pipeline_goes_again, reset),
      cmocka_unit_test_setup(a_transaction_that_it_cannot_read_is_refused, reset),
      cmocka_unit_test_setup(a_watch_transaction_that_it_cannot_read_is_refused, reset),
      cmocka_unit_test_setup(an_answer_that_it_does_not_send_is_no_lack_of_a_node, reset),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
