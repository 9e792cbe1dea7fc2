// G2 and G3 in watch transactions: what ends a session runs it again from WATCH, callback included.
#include "scripted/scenario.h"

#define WATCH "EXPECT WATCH foo\nREPLY +OK\n"
#define WATCH_ELSEWHERE "EXPECT_OTHER WATCH foo\nREPLY +OK\n"
#define READ "EXPECT_SAME GET foo\nBULK 1\n"
#define MULTI_SET                \
  "EXPECT_SAME MULTI\n"          \
  "REPLY +OK\n"                  \
  "EXPECT_SAME SET foo s3cret\n" \
  "REPLY +QUEUED\n"              \
  "EXPECT_SAME EXEC\n"
#define EXECUTED "SEND *1\\r\\n+OK\\r\\n\n"
#define UNWATCH "ALWAYS EXPECT UNWATCH REPLY +OK\n"

// What the callback saw in its last run, and what it returns in which run.
typedef struct session {
  int runs;
  int returns;    // of the first run; RC_WATCH_EXECUTE later
  int read_code;  // of the first run's read
  int read_outcome;
  char read_message[512];
  int second_read_code;
} session;

static rc_reply* read_foo(rc_watch* watch, rc_error** error) {
  const char* const get[] = {"GET", "foo"};
  return rc_watch_command(watch, 2, get, NULL, error);
}

// Reads foo and sets it. A failed read is tried once more, as a careless callback may do.
static int set_what_was_read(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  session* seen = user_data;
  rc_error* error = NULL;
  rc_reply* value = read_foo(watch, &error);
  if (++seen->runs == 1) {
    seen->read_code = rc_error_code(error);
    seen->read_outcome = rc_error_outcome(error);
    snprintf(seen->read_message, sizeof seen->read_message, "%s", rc_error_message(error));
    if (value == NULL) {
      rc_error* second = NULL;
      rc_reply_free(read_foo(watch, &second));
      seen->second_read_code = rc_error_code(second);
      rc_error_free(second);
    }
  }
  rc_reply_free(value);
  rc_error_free(error);
  add(to_execute, "SET foo s3cret");
  return seen->runs == 1 ? seen->returns : RC_WATCH_EXECUTE;
}

static rc_reply* watch_foo(rc_cluster* cluster, session* seen, int timeout_ms, rc_error** error) {
  const char* const keys[] = {"foo"};
  rc_call_options* options = call_options(timeout_ms, 0);
  rc_reply* reply =
      rc_watch_transaction_with(cluster, options, 1, keys, NULL, set_what_was_read, seen, error);
  rc_call_options_free(options);
  return reply;
}

static void assert_set(rc_cluster* cluster, session* seen) {
  rc_error* error = NULL;
  rc_reply* reply = watch_foo(cluster, seen, 0, &error);
  assert_no_error(error);
  assert_element(reply, 0, "OK");
  rc_reply_free(reply);
}

static void a_moved_watch_goes_to_the_new_node(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT WATCH foo\n" MOVED_TO_B, "b",
                                         ALL_AT_B WATCH READ MULTI_SET EXECUTED, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  session seen = {.returns = RC_WATCH_EXECUTE};
  assert_set(cluster, &seen);
  assert_int_equal(seen.runs, 1);
  finish(cluster, net);
}

static void asking_goes_before_each_step_at_an_importing_node(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT WATCH foo\n" ASK_B, "b",
                                         "EXPECT ASKING\n"
                                         "REPLY +OK\n"
                                         "EXPECT_SAME WATCH foo\n"
                                         "REPLY +OK\n"
                                         "EXPECT_SAME ASKING\n"
                                         "REPLY +OK\n" READ
                                         "EXPECT_SAME ASKING\n"
                                         "REPLY +OK\n" MULTI_SET EXECUTED,
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  session seen = {.returns = RC_WATCH_EXECUTE};
  assert_set(cluster, &seen);
  finish(cluster, net);
}

static void a_redirect_inside_the_callback_runs_the_session_again(void** state) {
  (void)state;
  const int returned[] = {RC_WATCH_EXECUTE, RC_OK, RC_ERR_SERVER};  // whatever the callback returns
  for (size_t i = 0; i < COUNT_OF(returned); i++) {
    scripted_net* net = scripted_net_start("a", ALL_AT_A UNWATCH WATCH "EXPECT_SAME GET foo\n" MOVED_TO_B,
                                           "b", ALL_AT_B WATCH READ MULTI_SET EXECUTED, NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    session seen = {.returns = returned[i]};
    assert_set(cluster, &seen);
    assert_int_equal(seen.runs, 2);
    assert_int_equal(seen.read_code, RC_ERR_SERVER);
    assert_int_equal(seen.read_outcome, RC_OUTCOME_REFUSED);
    assert_non_null(strstr(seen.read_message, "GET"));
    assert_non_null(strstr(seen.read_message, scripted_net_address(net, "a")));
    assert_int_equal(seen.second_read_code, RC_ERR_IO);  // it is over with that session
    finish(cluster, net);
  }
}

static void a_connection_lost_inside_the_callback_runs_the_session_again(void** state) {
  (void)state;
  const int returned[] = {RC_WATCH_EXECUTE, RC_OK, RC_ERR_IO};
  for (size_t i = 0; i < COUNT_OF(returned); i++) {
    scripted_net* net = scripted_net_start(
        "a", ALL_AT_A WATCH "EXPECT_SAME GET foo\nCLOSE\n" WATCH READ MULTI_SET EXECUTED, NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    session seen = {.returns = returned[i]};
    assert_set(cluster, &seen);
    assert_int_equal(seen.runs, 2);
    assert_int_equal(seen.read_code, RC_ERR_IO);
    assert_non_null(strstr(seen.read_message, scripted_net_address(net, "a")));
    finish(cluster, net);
  }
}

static void a_connection_lost_between_the_callback_and_exec_runs_the_session_again(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A WATCH READ "CLOSE\n" WATCH READ MULTI_SET EXECUTED, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  session seen = {.returns = RC_WATCH_EXECUTE};
  rc_error* error = NULL;
  rc_reply* reply = watch_foo(cluster, &seen, 0, &error);
  // The server's FIN may come after MULTI left: then only the caller can know.
  if (reply == NULL) {
    assert_error(error, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "watch transaction", scripted_net_address(net, "a"));
    rc_error_free(error);
    rc_cluster_free(cluster);
    scripted_net_free(net);
    return;
  }
  assert_element(reply, 0, "OK");
  rc_reply_free(reply);
  assert_int_equal(seen.runs, 2);
  finish(cluster, net);
}

static void a_redirected_exec_runs_the_session_again(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A WATCH READ MULTI_SET MOVED_TO_B, "b",
                                         ALL_AT_B WATCH READ MULTI_SET EXECUTED, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  session seen = {.returns = RC_WATCH_EXECUTE};
  assert_set(cluster, &seen);
  assert_int_equal(seen.runs, 2);
  finish(cluster, net);
}

static void a_lost_reply_to_exec_leaves_the_outcome_unknown(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A WATCH READ MULTI_SET "CLOSE\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  session seen = {.returns = RC_WATCH_EXECUTE};
  rc_error* error = NULL;
  assert_null(watch_foo(cluster, &seen, 0, &error));
  assert_error(error, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "watch transaction", scripted_net_address(net, "a"));
  rc_error_free(error);
  assert_int_equal(seen.runs, 1);
  assert_int_equal(counter(cluster, "unknown"), 1);
  finish(cluster, net);
}

static void answers_that_ask_for_patience_are_waited_out(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a",
                         ALL_AT_A UNWATCH
                         "EXPECT WATCH foo\n"
                         "REPLY -CLUSTERDOWN The cluster is down\n" WATCH
                         "EXPECT_SAME GET foo\n"
                         "REPLY -LOADING it loads\n" WATCH READ MULTI_SET
                         "REPLY -CLUSTERDOWN The cluster is down\n" WATCH READ MULTI_SET EXECUTED,
                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  session seen = {.returns = RC_WATCH_EXECUTE};
  assert_set(cluster, &seen);
  assert_int_equal(seen.runs, 3);
  assert_int_equal(counter(cluster, "waits"), 3);
  finish(cluster, net);
}

static void waiting_starts_the_count_of_redirects_again(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "REPEAT 4\n"
                                         "EXPECT WATCH foo\n" ASK_B "END\n" WATCH READ MULTI_SET EXECUTED,
                                         "b",
                                         "REPEAT 4\n"
                                         "EXPECT ASKING\n"
                                         "REPLY +OK\n"
                                         "EXPECT_SAME WATCH foo\n"
                                         "REPLY -TRYAGAIN not yet\n"
                                         "END\n",
                                         NULL);
  rc_options* options = options_for(net, "a", 5000);
  assert_int_equal(rc_options_set_max_redirects(options, 1, NULL), RC_OK);
  rc_cluster* cluster = open_with(options);
  session seen = {.returns = RC_WATCH_EXECUTE};
  assert_set(cluster, &seen);
  finish(cluster, net);
}

static void at_the_deadline_the_last_answer_is_told(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A "ALWAYS EXPECT WATCH foo REPLY -CLUSTERDOWN down\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  session seen = {.returns = RC_WATCH_EXECUTE};
  rc_error* error = NULL;
  assert_null(watch_foo(cluster, &seen, 150, &error));
  assert_error(error, RC_ERR_CLUSTER_DOWN, RC_OUTCOME_REFUSED, "watch transaction",
               scripted_net_address(net, "a"), "CLUSTERDOWN down");
  rc_error_free(error);
  assert_int_equal(seen.runs, 0);
  finish(cluster, net);
}

static void a_walk_over_ever_new_nodes_ends_after_max_redirects(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A_FOR_GOOD "EXPECT WATCH foo\n" MOVED_TO_B, "b",
      "ALWAYS EXPECT CLUSTER SLOTS ->\nEXPECT WATCH foo\nREPLY -MOVED 12182 127.0.0.1:${port:c}\n", "c",
      "ALWAYS EXPECT CLUSTER SLOTS ->\n", NULL);
  rc_options* options = options_for(net, "a", 5000);
  assert_int_equal(rc_options_set_max_redirects(options, 1, NULL), RC_OK);
  rc_cluster* cluster = open_with(options);
  session seen = {.returns = RC_WATCH_EXECUTE};
  rc_error* error = NULL;
  assert_null(watch_foo(cluster, &seen, 0, &error));
  assert_error(error, RC_ERR_TOO_MANY_REDIRECTS, RC_OUTCOME_REFUSED, "watch transaction",
               scripted_net_address(net, "b"), "max_redirects");
  rc_error_free(error);
  finish(cluster, net);
}

static void a_changed_key_runs_the_session_again(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A WATCH READ MULTI_SET "SEND *-1\\r\\n\n" WATCH READ MULTI_SET EXECUTED, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  session seen = {.returns = RC_WATCH_EXECUTE};
  assert_set(cluster, &seen);
  assert_int_equal(seen.runs, 2);
  finish(cluster, net);
}

static void a_key_that_always_changes_is_a_conflict(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A "REPEAT 3\n" WATCH READ MULTI_SET "SEND *-1\\r\\n\nEND\n", NULL);
  rc_options* options = options_for(net, "a", 5000);
  assert_int_equal(rc_options_set_watch_retries(options, 2, NULL), RC_OK);
  rc_cluster* cluster = open_with(options);
  session seen = {.returns = RC_WATCH_EXECUTE};
  rc_error* error = NULL;
  assert_null(watch_foo(cluster, &seen, 0, &error));
  assert_error(error, RC_ERR_WATCH_CONFLICT, RC_OUTCOME_REFUSED, "watch transaction", "12182",
               "rc_options_set_watch_retries");
  rc_error_free(error);
  assert_int_equal(seen.runs, 3);
  finish(cluster, net);
}

static void a_callback_that_gives_up_unwatches(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A WATCH READ
                                         "EXPECT_SAME UNWATCH\n"
                                         "REPLY +OK\n"
                                         "EXPECT_SAME WATCH foo\n"
                                         "REPLY +OK\n" READ MULTI_SET EXECUTED,
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  session gives_up = {.returns = 17};
  rc_error* error = NULL;
  assert_null(watch_foo(cluster, &gives_up, 0, &error));
  assert_error(error, RC_ERR_ABORTED, RC_OUTCOME_NOT_SENT, "watch transaction");
  rc_error_free(error);
  session seen = {.returns = RC_WATCH_EXECUTE};
  assert_set(cluster, &seen);  // on the same connection
  finish(cluster, net);
}

static void a_connection_that_may_still_watch_goes_to_nobody(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A WATCH READ
                                         "EXPECT_SAME UNWATCH\n"
                                         "REPLY -NOPERM no unwatch\n" WATCH_ELSEWHERE READ MULTI_SET EXECUTED,
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  session gives_up = {.returns = 17};
  rc_error* error = NULL;
  assert_null(watch_foo(cluster, &gives_up, 0, &error));
  assert_error(error, RC_ERR_ABORTED, RC_OUTCOME_NOT_SENT, "watch transaction");
  rc_error_free(error);
  session seen = {.returns = RC_WATCH_EXECUTE};
  assert_set(cluster, &seen);
  finish(cluster, net);
}

static void a_connection_that_may_still_be_in_the_transaction_goes_to_nobody(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A WATCH READ MULTI_SET "REPLY -NOPERM no exec\n" WATCH_ELSEWHERE READ MULTI_SET EXECUTED,
      NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  session seen = {.returns = RC_WATCH_EXECUTE};
  rc_error* error = NULL;
  assert_null(watch_foo(cluster, &seen, 0, &error));
  assert_error(error, RC_ERR_SERVER, RC_OUTCOME_REFUSED, "NOPERM");
  rc_error_free(error);
  assert_set(cluster, &seen);
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_moved_watch_goes_to_the_new_node),
      cmocka_unit_test(asking_goes_before_each_step_at_an_importing_node),
      cmocka_unit_test(a_redirect_inside_the_callback_runs_the_session_again),
      cmocka_unit_test(a_connection_lost_inside_the_callback_runs_the_session_again),
      cmocka_unit_test(a_connection_lost_between_the_callback_and_exec_runs_the_session_again),
      cmocka_unit_test(a_redirected_exec_runs_the_session_again),
      cmocka_unit_test(a_lost_reply_to_exec_leaves_the_outcome_unknown),
      cmocka_unit_test(answers_that_ask_for_patience_are_waited_out),
      cmocka_unit_test(waiting_starts_the_count_of_redirects_again),
      cmocka_unit_test(at_the_deadline_the_last_answer_is_told),
      cmocka_unit_test(a_walk_over_ever_new_nodes_ends_after_max_redirects),
      cmocka_unit_test(a_changed_key_runs_the_session_again),
      cmocka_unit_test(a_key_that_always_changes_is_a_conflict),
      cmocka_unit_test(a_callback_that_gives_up_unwatches),
      cmocka_unit_test(a_connection_that_may_still_watch_goes_to_nobody),
      cmocka_unit_test(a_connection_that_may_still_be_in_the_transaction_goes_to_nobody),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
