// G3, one fault at a time: what was lost, what the caller is told, and what the server did.
#include "behind_proxy.hpp"
#include "unit/cmocka.hpp"

namespace {

void cue(int tag, fault_kind kind, int after, int bytes = 0) {
  fault_proxy_inject(proxy, port_of(tag), {kind, after, bytes, 0});
}

// With a connection to the tag's node, and knowing what its user may do there, so that a cue meets the
// command that it is meant for.
Handle open_connected(int tag) {
  Handle handle = open_through_proxy();
  Error error;
  assert_non_null(command(handle.get(), {"GET", key(tag, "any")}, error).get());
  assert_non_null(transaction(handle.get(), {{"GET", key(tag, "any")}}, error).get());
  return handle;
}

void assert_unknown(const rc_error* error) {
  assert_int_equal(rc_error_outcome(error), RC_OUTCOME_UNKNOWN);
  assert_int_equal(rc_error_code(error), RC_ERR_IO);
}

void a_lost_reply_is_unknown_and_the_command_was_executed(void**) {
  const Handle handle = open_connected(0);
  cue(0, FAULT_DROP_REPLY, 0);
  Error error;
  assert_null(command(handle.get(), {"INCR", key(0, "count")}, error).get());
  assert_unknown(error.get());
  assert_int_equal(number(0, "count"), 1);
}

void a_lost_request_is_unknown_and_was_not_executed(void**) {
  for (const fault_kind kind : {FAULT_DROP_REQUEST, FAULT_CUT_REQUEST}) {
    const Handle handle = open_connected(0);
    cue(0, kind, 0, 9);
    Error error;
    assert_null(command(handle.get(), {"INCR", key(0, "count")}, error).get());
    assert_unknown(error.get());
    assert_int_equal(number(0, "count"), 0);
  }
}

void a_pipeline_keeps_the_replies_that_came_before_the_loss(void**) {
  const Handle handle = open_connected(0);
  cue(0, FAULT_CUT_REPLY, 2, 1);
  const std::vector<Words> list(5, {"INCR", key(0, "count")});
  Error error;
  const Reply replies = pipeline(handle.get(), list, error);
  assert_non_null(replies.get());
  for (std::size_t i = 0; i < list.size(); ++i) {
    const rc_reply* reply = rc_reply_element(replies.get(), i);
    if (i < 2) {
      assert_int_equal(rc_reply_integer(reply), i + 1);
    } else {
      assert_unknown(rc_reply_error(reply));
    }
  }
  assert_true(number(0, "count") >= 3);
}

void a_transaction_whose_exec_lost_its_reply_is_unknown_and_was_executed(void**) {
  const Handle handle = open_connected(0);
  cue(0, FAULT_DROP_REPLY, 3);  // MULTI and two commands are answered before
  Error error;
  assert_null(transaction(handle.get(), {{"INCR", key(0, "a")}, {"INCR", key(0, "b")}}, error).get());
  assert_unknown(error.get());
  assert_int_equal(number(0, "a"), 1);
  assert_int_equal(number(0, "b"), 1);
}

void a_transaction_whose_exec_did_not_arrive_is_unknown_and_was_not_executed(void**) {
  const Handle handle = open_connected(0);
  cue(0, FAULT_CUT_REQUEST, 3, 4);
  Error error;
  assert_null(transaction(handle.get(), {{"INCR", key(0, "a")}, {"INCR", key(0, "b")}}, error).get());
  assert_unknown(error.get());
  assert_int_equal(number(0, "a"), 0);
  assert_int_equal(number(0, "b"), 0);
}

struct Watched {
  int runs = 0;
};

int add_one(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  ++static_cast<Watched*>(user_data)->runs;
  const Argv get({"GET", key(0, "count")});
  const Reply reply(rc_watch_command(watch, 2, get.data.data(), get.lengths.data(), nullptr));
  const Argv incr({"INCR", key(0, "count")});
  const int code = rc_commands_add(to_execute, 2, incr.data.data(), incr.lengths.data(), nullptr);
  return code == RC_OK ? RC_WATCH_EXECUTE : code;
}

Reply watch_and_add_one(rc_cluster* handle, Watched& watched, Error& error) {
  const std::string name = key(0, "count");
  const char* const keys[] = {name.c_str()};
  rc_error* raw = nullptr;
  Reply reply(rc_watch_transaction(handle, 1, keys, nullptr, add_one, &watched, &raw));
  error.reset(raw);
  return reply;
}

void a_watch_that_is_cut_off_before_exec_runs_again(void**) {
  for (const int after : {0, 1}) {  // WATCH, GET
    const Handle handle = open_connected(0);
    Watched watched;
    cue(0, FAULT_DROP_REPLY, after);
    Error error;
    assert_non_null(watch_and_add_one(handle.get(), watched, error).get());
    assert_int_equal(watched.runs, after + 1);
  }
  assert_int_equal(number(0, "count"), 2);
}

void a_watch_whose_exec_lost_its_reply_is_unknown_and_was_executed_once(void**) {
  const Handle handle = open_connected(0);
  Watched watched;
  cue(0, FAULT_DROP_REPLY, 4);  // WATCH, GET, MULTI, INCR
  Error error;
  assert_null(watch_and_add_one(handle.get(), watched, error).get());
  assert_unknown(error.get());
  assert_int_equal(watched.runs, 1);
  assert_int_equal(number(0, "count"), 1);
}

void a_muted_connection_costs_a_timeout_and_is_unknown(void**) {
  const Handle handle = open_connected(0);
  cue(0, FAULT_MUTE, 0);
  Error error;
  assert_null(command(handle.get(), {"INCR", key(0, "count")}, error, within(100).get()).get());
  assert_int_equal(rc_error_code(error.get()), RC_ERR_TIMEOUT);
  assert_int_equal(rc_error_outcome(error.get()), RC_OUTCOME_UNKNOWN);
  assert_int_equal(number(0, "count"), 1);
}

void a_refused_connection_is_not_sent(void**) {
  const Handle handle = open_connected(0);
  const int port = port_of(0);
  fault_proxy_refuse(proxy, port, 1);
  fault_proxy_close(proxy, port, 1);
  assert_true(TEST_WAIT(fault_proxy_connections(proxy, port) == 0, 5000));
  Error error;
  assert_null(command(handle.get(), {"INCR", key(0, "count")}, error, within(100).get()).get());
  assert_int_equal(rc_error_outcome(error.get()), RC_OUTCOME_NOT_SENT);
  fault_proxy_refuse(proxy, port, 0);
  assert_non_null(command(handle.get(), {"INCR", key(0, "count")}, error).get());
  assert_int_equal(number(0, "count"), 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup(a_lost_reply_is_unknown_and_the_command_was_executed, reset_behind_proxy),
      cmocka_unit_test_setup(a_lost_request_is_unknown_and_was_not_executed, reset_behind_proxy),
      cmocka_unit_test_setup(a_pipeline_keeps_the_replies_that_came_before_the_loss, reset_behind_proxy),
      cmocka_unit_test_setup(a_transaction_whose_exec_lost_its_reply_is_unknown_and_was_executed,
                             reset_behind_proxy),
      cmocka_unit_test_setup(a_transaction_whose_exec_did_not_arrive_is_unknown_and_was_not_executed,
                             reset_behind_proxy),
      cmocka_unit_test_setup(a_watch_that_is_cut_off_before_exec_runs_again, reset_behind_proxy),
      cmocka_unit_test_setup(a_watch_whose_exec_lost_its_reply_is_unknown_and_was_executed_once,
                             reset_behind_proxy),
      cmocka_unit_test_setup(a_muted_connection_costs_a_timeout_and_is_unknown, reset_behind_proxy),
      cmocka_unit_test_setup(a_refused_connection_is_not_sent, reset_behind_proxy),
  };
  return cmocka_run_group_tests(tests, start_behind_proxy, stop_behind_proxy);
}
