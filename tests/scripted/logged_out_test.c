// A connection that has been logged in and is told NOAUTH is given up: another logs in anew. So is one that
// the server is about to close.
#include "scripted/scenario.h"

#define NOAUTH "REPLY -NOAUTH Authentication required.\n"
#define LET_IN "ALWAYS EXPECT AUTH app s3cret -> REPLY +OK\n"

// Counts how often it was asked.
static int give_credentials(const char* host, int port, rc_credentials* credentials, void* data) {
  (void)host, (void)port;
  ++*(int*)data;
  return rc_credentials_set(credentials, "app", "s3cret", NULL);
}

static rc_options* known_options(const scripted_net* net, int* asked) {
  rc_options* options = options_for(net, "a", 5000);
  rc_options_set_credentials(options, give_credentials, asked, NULL);
  return options;
}

static void a_command_goes_again_over_another_connection(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         LET_IN ALL_AT_A
                                         "EXPECT GET foo\nBULK one\n"
                                         "EXPECT INCR foo\n" NOAUTH
                                         "ACCEPT\n"
                                         "EXPECT INCR foo\nREPLY :2\n"
                                         "EXPECT_SAME GET foo\nBULK three\n",
                                         NULL);
  int asked = 0;
  rc_cluster* cluster = open_with(known_options(net, &asked));
  assert_answer(cluster, "GET foo", "one");
  const int before = asked;
  rc_error* error = NULL;
  rc_reply* reply = run(cluster, "INCR foo", 0, &error);
  assert_no_error(error);
  assert_int_equal(rc_reply_integer(reply), 2);
  rc_reply_free(reply);
  assert_int_equal(asked, before + 1);
  assert_answer(cluster, "GET foo", "three");
  finish(cluster, net);
}

static void who_is_told_so_after_a_login_is_refused(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         LET_IN ALL_AT_A
                                         "EXPECT GET foo\nBULK one\n"
                                         "EXPECT GET foo\n" NOAUTH
                                         "ACCEPT\n"
                                         "EXPECT GET foo\n" NOAUTH
                                         "ACCEPT\n"
                                         "EXPECT GET foo\nBULK two\n",
                                         NULL);
  int asked = 0;
  rc_cluster* cluster = open_with(known_options(net, &asked));
  assert_answer(cluster, "GET foo", "one");
  assert_fails(cluster, "GET foo", 5000, RC_ERR_AUTH, RC_OUTCOME_REFUSED, "GET (slot 12182)", "NOAUTH",
               scripted_net_address(net, "a"));
  assert_answer(cluster, "GET foo", "two");  // nothing is held against the node
  finish(cluster, net);
}

static void a_blocking_command_goes_again_over_another_connection(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a",
                         LET_IN ALL_AT_A "EXPECT BLPOP foo 1\n" NOAUTH
                                         "ACCEPT\n"
                                         "EXPECT BLPOP foo 1\nSEND *2\\r\\n+foo\\r\\n+v\\r\\n\n",
                         NULL);
  int asked = 0;
  rc_cluster* cluster = open_with(known_options(net, &asked));
  rc_error* error = NULL;
  rc_reply* reply = run(cluster, "BLPOP foo 1", 0, &error);
  assert_no_error(error);
  assert_element(reply, 1, "v");
  rc_reply_free(reply);
  finish(cluster, net);
}

static void a_pipeline_goes_again_over_another_connection(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         LET_IN ALL_AT_A
                                         "EXPECT GET foo\nBULK one\n"
                                         "EXPECT SET foo 1\n" NOAUTH "EXPECT_SAME GET foo\n" NOAUTH
                                         "ACCEPT\n"
                                         "EXPECT SET foo 1\nREPLY +OK\n"
                                         "EXPECT_SAME GET foo\nBULK 1\n",
                                         NULL);
  int asked = 0;
  rc_cluster* cluster = open_with(known_options(net, &asked));
  assert_answer(cluster, "GET foo", "one");
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("SET foo 1", "GET foo"), 0, &error);
  assert_no_error(error);
  assert_element(reply, 0, "OK");
  assert_element(reply, 1, "1");
  rc_reply_free(reply);
  finish(cluster, net);
}

static void a_transaction_goes_again_over_another_connection(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a",
                         LET_IN ALL_AT_A
                         "EXPECT MULTI\nREPLY +OK\nEXPECT_SAME DISCARD\nREPLY +OK\n"
                         "EXPECT MULTI\n" NOAUTH "EXPECT_SAME SET foo 1\n" NOAUTH "EXPECT_SAME EXEC\n" NOAUTH
                         "ACCEPT\n"
                         "EXPECT MULTI\nREPLY +OK\nEXPECT_SAME SET foo 1\nREPLY +QUEUED\nEXPECT_SAME EXEC\n"
                         "SEND *1\\r\\n+OK\\r\\n\n",
                         NULL);
  int asked = 0;
  rc_cluster* cluster = open_with(known_options(net, &asked));
  rc_error* error = NULL;
  rc_reply* reply = transaction(cluster, COMMANDS("SET foo 1"), 0, &error);
  assert_no_error(error);
  assert_element(reply, 0, "OK");
  rc_reply_free(reply);
  finish(cluster, net);
}

static int set_foo(rc_watch* watch, rc_commands* to_execute, void* data) {
  ++*(int*)data;
  const char* get[] = {"GET", "foo"};
  rc_reply_free(rc_watch_command(watch, 2, get, NULL, NULL));
  add(to_execute, "SET foo 2");
  return RC_WATCH_EXECUTE;
}

static void a_watch_session_runs_again_over_another_connection(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a",
      LET_IN ALL_AT_A
      "EXPECT MULTI\nREPLY +OK\nEXPECT_SAME DISCARD\nREPLY +OK\n"
      "EXPECT_SAME WATCH foo\nREPLY +OK\nEXPECT_SAME GET foo\n" NOAUTH
      "ALWAYS EXPECT UNWATCH ->\n"
      "ACCEPT\n"
      "EXPECT WATCH foo\nREPLY +OK\nEXPECT_SAME GET foo\nBULK 1\n"
      "EXPECT_SAME MULTI\nREPLY +OK\nEXPECT_SAME SET foo 2\nREPLY +QUEUED\nEXPECT_SAME EXEC\n"
      "SEND *1\\r\\n+OK\\r\\n\n",
      NULL);
  int asked = 0;
  int runs = 0;
  rc_cluster* cluster = open_with(known_options(net, &asked));
  const char* keys[] = {"foo"};
  rc_error* error = NULL;
  rc_reply* reply = rc_watch_transaction(cluster, 1, keys, NULL, set_foo, &runs, &error);
  assert_no_error(error);
  rc_reply_free(reply);
  assert_int_equal(runs, 2);
  finish(cluster, net);
}

static void a_refresh_asks_again_over_another_connection(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         LET_IN
                                         "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 a\n"
                                         "EXPECT CLUSTER SLOTS\n" NOAUTH
                                         "ACCEPT\n"
                                         "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 a\n",
                                         NULL);
  int asked = 0;
  rc_cluster* cluster = open_with(known_options(net, &asked));
  rc_error* error = NULL;
  assert_int_equal(rc_cluster_refresh(cluster, &error), RC_OK);
  assert_no_error(error);
  finish(cluster, net);
}

// It would be told so for ever.
static void who_does_not_log_in_is_refused_at_once(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT GET foo\n" NOAUTH, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_fails(cluster, "GET foo", 5000, RC_ERR_AUTH, RC_OUTCOME_REFUSED, "GET (slot 12182)",
               "rc_options_set_password");
  assert_int_equal(scripted_net_count(net, "a", "GET"), 1);
  finish(cluster, net);
}

#define THROWN_OUT \
  "REPLY -UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\n"

// Over the first connection the map is asked for meanwhile, and never told.
static void a_blocked_command_that_is_thrown_out_waits_over_another_connection(void** state) {
  (void)state;
  for (int piped = 0; piped < 2; piped++) {
    scripted_net* net = scripted_net_start("a",
                                           ALL_AT_A_FOR_GOOD
                                           "EXPECT BLPOP foo 1\n" THROWN_OUT "EXPECT BLPOP foo 1\n" THROWN_OUT
                                           "SLEEP 50\nCLOSE\n"
                                           "EXPECT BLPOP foo 1\nSEND *2\\r\\n+foo\\r\\n+v\\r\\n\n",
                                           NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    rc_error* error = NULL;
    rc_reply* reply = piped ? pipeline(cluster, COMMANDS("BLPOP foo 1"), 0, &error)
                            : run(cluster, "BLPOP foo 1", 0, &error);
    assert_no_error(error);
    assert_element(piped ? rc_reply_element(reply, 0) : reply, 1, "v");
    rc_reply_free(reply);
    finish(cluster, net);
  }
}

// The server reads nothing more from a connection that it throws out: what came behind the blocked command
// has not run, and goes again though it writes.
static void what_stands_behind_one_that_is_thrown_out_goes_again(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a",
                         ALL_AT_A_FOR_GOOD "EXPECT BLPOP foo 1\n" THROWN_OUT
                                           "EXPECT INCR foo\n"
                                           "CLOSE\n"
                                           "EXPECT BLPOP foo 1\nSEND *2\\r\\n+foo\\r\\n+v\\r\\n\n"
                                           "EXPECT INCR foo\nREPLY :1\n",
                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("BLPOP foo 1", "INCR foo"), 0, &error);
  assert_no_error(error);
  assert_element(rc_reply_element(reply, 0), 1, "v");
  assert_element(reply, 1, "1");
  rc_reply_free(reply);
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_command_goes_again_over_another_connection),
      cmocka_unit_test(who_is_told_so_after_a_login_is_refused),
      cmocka_unit_test(a_blocking_command_goes_again_over_another_connection),
      cmocka_unit_test(a_pipeline_goes_again_over_another_connection),
      cmocka_unit_test(a_transaction_goes_again_over_another_connection),
      cmocka_unit_test(a_watch_session_runs_again_over_another_connection),
      cmocka_unit_test(a_refresh_asks_again_over_another_connection),
      cmocka_unit_test(who_does_not_log_in_is_refused_at_once),
      cmocka_unit_test(a_blocked_command_that_is_thrown_out_waits_over_another_connection),
      cmocka_unit_test(what_stands_behind_one_that_is_thrown_out_goes_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
