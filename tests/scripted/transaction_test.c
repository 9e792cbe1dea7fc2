// G2 and G3 in transactions: sent again whole, or not at all.
#include "scripted/scenario.h"

#define EXECABORT "REPLY -EXECABORT Transaction discarded because of previous errors.\n"
#define MULTI "EXPECT MULTI\nREPLY +OK\n"
#define MULTI_ELSEWHERE "EXPECT_OTHER MULTI\nREPLY +OK\n"
#define QUEUED_SETS                 \
  "EXPECT_SAME SET foo s3cret\n"    \
  "REPLY +QUEUED\n"                 \
  "EXPECT_SAME SET {foo}2 s3cret\n" \
  "REPLY +QUEUED\n"
#define EXECUTED_SETS QUEUED_SETS "EXPECT_SAME EXEC\nSEND *2\\r\\n+OK\\r\\n+OK\\r\\n\n"
// MULTI, the first command refused by the line that stands between, then what follows of it.
#define REFUSED_BY(line)                                                           \
  MULTI "EXPECT_SAME SET foo s3cret\n" line "EXPECT_SAME SET {foo}2 s3cret\n" line \
        "EXPECT_SAME EXEC\n" EXECABORT

static rc_commands* sets(void) { return COMMANDS("SET foo s3cret", "SET {foo}2 s3cret"); }

static void assert_both_set(rc_cluster* cluster) {
  rc_error* error = NULL;
  rc_reply* reply = transaction(cluster, sets(), 0, &error);
  assert_no_error(error);
  assert_int_equal(rc_reply_length(reply), 2);
  assert_element(reply, 0, "OK");
  assert_element(reply, 1, "OK");
  rc_reply_free(reply);
}

static void a_moved_transaction_goes_again_whole(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A REFUSED_BY(MOVED_TO_B), "b", ALL_AT_B MULTI EXECUTED_SETS, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_both_set(cluster);
  finish(cluster, net);
}

static void a_moved_answer_to_exec_sends_the_whole_again(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A MULTI QUEUED_SETS "EXPECT_SAME EXEC\n" MOVED_TO_B, "b",
                                         ALL_AT_B MULTI EXECUTED_SETS, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_both_set(cluster);
  finish(cluster, net);
}

static void asking_goes_before_multi(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A_FOR_GOOD REFUSED_BY(ASK_B) "EXPECT GET foo\nBULK home\n", "b",
                         "ALWAYS EXPECT CLUSTER SLOTS ->\n"
                         "EXPECT ASKING\n"
                         "REPLY +OK\n"
                         "EXPECT_SAME MULTI\n"
                         "REPLY +OK\n" EXECUTED_SETS,
                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_both_set(cluster);
  assert_answer(cluster, "GET foo", "home");
  finish(cluster, net);
}

// What the node is asked after it has answered EXEC only by ASK.
#define ASKED_AGAIN MULTI QUEUED_SETS "EXPECT_SAME DISCARD\nREPLY +OK\n"
#define UNWATCH "EXPECT_SAME UNWATCH\nREPLY +OK\n"

// Neither node has both keys: it waits until one has.
static void a_transaction_with_a_key_still_at_the_source_stays_there(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a",
      ALL_AT_A MULTI
      "EXPECT_SAME SET foo s3cret\n"
      "REPLY +QUEUED\n"
      "EXPECT_SAME SET {foo}2 s3cret\n" ASK_B "EXPECT_SAME EXEC\n" EXECABORT MULTI QUEUED_SETS
      "EXPECT_SAME EXEC\n" ASK_B ASKED_AGAIN "EXPECT_SAME WATCH foo\n" ASK_B UNWATCH
      "EXPECT_SAME WATCH {foo}2\nREPLY +OK\n" UNWATCH MULTI EXECUTED_SETS,
      "b", "", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_both_set(cluster);
  assert_int_equal(counter(cluster, "waits"), 2);
  finish(cluster, net);
}

// As Valkey 9 does.
static void a_node_that_queues_what_it_has_sent_away_is_followed_at_once(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a",
                         ALL_AT_A_FOR_GOOD MULTI QUEUED_SETS "EXPECT_SAME EXEC\n" ASK_B ASKED_AGAIN
                                                             "EXPECT_SAME WATCH foo\n" ASK_B UNWATCH
                                                             "EXPECT_SAME WATCH {foo}2\n" ASK_B UNWATCH,
                         "b",
                         "ALWAYS EXPECT CLUSTER SLOTS ->\nEXPECT ASKING\nREPLY +OK\n"
                         "EXPECT_SAME MULTI\nREPLY +OK\n" EXECUTED_SETS,
                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_both_set(cluster);
  assert_int_equal(counter(cluster, "waits"), 0);
  finish(cluster, net);
}

static void answers_that_ask_for_patience_are_waited_out(void** state) {
  (void)state;
  const char* const lines[] = {"TRYAGAIN not yet", "CLUSTERDOWN The cluster is down", "LOADING it loads",
                               "MASTERDOWN Link with MASTER is down", "READONLY a replica"};
  for (size_t i = 0; i < COUNT_OF(lines); i++) {
    char script[1024];
    snprintf(script, sizeof script,
             ALL_AT_A "REPEAT 2\n" REFUSED_BY("REPLY -%s\n") "END\n" MULTI EXECUTED_SETS, lines[i], lines[i]);
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    assert_both_set(cluster);
    assert_int_equal(counter(cluster, "waits"), 2);
    finish(cluster, net);
  }
}

static void waiting_starts_the_count_of_redirects_again(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A "REPEAT 4\n" REFUSED_BY(ASK_B) "END\n" MULTI EXECUTED_SETS, "b",
                         "REPEAT 4\n"
                         "EXPECT ASKING\n"
                         "REPLY +OK\n" REFUSED_BY("REPLY -TRYAGAIN not yet\n") "END\n",
                         NULL);
  rc_options* options = options_for(net, "a", 5000);
  assert_int_equal(rc_options_set_max_redirects(options, 1, NULL), RC_OK);
  rc_cluster* cluster = open_with(options);
  assert_both_set(cluster);
  finish(cluster, net);
}

// Runs the transaction, which fails.
static rc_error* failure_of(rc_cluster* cluster, int timeout_ms) {
  rc_error* error = NULL;
  assert_null(transaction(cluster, sets(), timeout_ms, &error));
  return error;
}

static void a_walk_over_ever_new_nodes_ends_after_max_redirects(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A_FOR_GOOD REFUSED_BY(MOVED_TO_B), "b",
      "ALWAYS EXPECT CLUSTER SLOTS ->\n" REFUSED_BY("REPLY -MOVED 12182 127.0.0.1:${port:c}\n"), "c",
      "ALWAYS EXPECT CLUSTER SLOTS ->\n", NULL);
  rc_options* options = options_for(net, "a", 5000);
  assert_int_equal(rc_options_set_max_redirects(options, 1, NULL), RC_OK);
  rc_cluster* cluster = open_with(options);
  rc_error* error = failure_of(cluster, 0);
  assert_error(error, RC_ERR_TOO_MANY_REDIRECTS, RC_OUTCOME_REFUSED, "transaction",
               scripted_net_address(net, "b"), "max_redirects");
  rc_error_free(error);
  finish(cluster, net);
}

static void a_redirect_that_cannot_be_read_is_a_protocol_error(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A REFUSED_BY("REPLY -MOVED 12182\n"), NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = failure_of(cluster, 0);
  assert_error(error, RC_ERR_PROTOCOL, RC_OUTCOME_REFUSED, "transaction", scripted_net_address(net, "a"));
  rc_error_free(error);
  finish(cluster, net);
}

static void at_the_deadline_the_last_answer_is_told(void** state) {
  (void)state;
  const char* const lines[] = {"TRYAGAIN not yet", "CLUSTERDOWN The cluster is down"};
  const int codes[] = {RC_ERR_TIMEOUT, RC_ERR_CLUSTER_DOWN};
  for (size_t i = 0; i < COUNT_OF(lines); i++) {
    char script[512];
    snprintf(script, sizeof script,
             ALL_AT_A
             "ALWAYS EXPECT MULTI REPLY +OK\n"
             "ALWAYS EXPECT SET * * REPLY -%s\n"
             "ALWAYS EXPECT EXEC " EXECABORT,
             lines[i]);
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    rc_error* error = failure_of(cluster, 150);
    for (int tries = 0; was_on_its_way(error) && tries < 10; tries++) {
      rc_error_free(error);
      error = failure_of(cluster, 150);
    }
    assert_error(error, codes[i], RC_OUTCOME_REFUSED, "transaction", scripted_net_address(net, "a"),
                 lines[i]);
    rc_error_free(error);
    finish(cluster, net);
  }
}

static void a_lost_reply_leaves_the_outcome_unknown_and_nothing_goes_again(void** state) {
  (void)state;
  const char* const ends[] = {"CLOSE", "RST", "HALFCLOSE", "SEND *2\\r\\n+OK\\r\\n\nRST"};
  for (size_t i = 0; i < COUNT_OF(ends); i++) {
    char script[512];
    snprintf(script, sizeof script, ALL_AT_A MULTI QUEUED_SETS "EXPECT_SAME EXEC\n%s\n", ends[i]);
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    rc_error* error = failure_of(cluster, 0);
    assert_error(error, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "transaction", scripted_net_address(net, "a"));
    rc_error_free(error);
    assert_int_equal(scripted_net_count(net, "a", "MULTI"), 1);
    assert_int_equal(counter(cluster, "unknown"), 1);
    finish(cluster, net);
  }
}

static void an_idempotent_transaction_is_sent_again(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A MULTI QUEUED_SETS "EXPECT_SAME EXEC\nCLOSE\n" MULTI EXECUTED_SETS, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_call_options* options = call_options(0, 1);
  rc_commands* commands = sets();
  rc_error* error = NULL;
  rc_reply* reply = rc_transaction_with(cluster, options, commands, &error);
  assert_no_error(error);
  assert_element(reply, 1, "OK");
  rc_reply_free(reply);
  rc_commands_free(commands);
  rc_call_options_free(options);
  finish(cluster, net);
}

static void a_transaction_for_a_dead_node_is_not_sent(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_B, "b", "REFUSE\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  await_script(net, "b");
  rc_error* error = failure_of(cluster, 150);
  assert_error(error, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "transaction", scripted_net_address(net, "b"));
  rc_error_free(error);
  finish(cluster, net);
}

static void a_refused_command_fails_the_whole_with_its_message(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A MULTI
                                         "EXPECT_SAME SET foo s3cret\n"
                                         "REPLY +QUEUED\n"
                                         "EXPECT_SAME SET {foo}2 s3cret\n"
                                         "REPLY -ERR wrong number of arguments for 'set' command\n"
                                         "EXPECT_SAME EXEC\n" EXECABORT,
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = failure_of(cluster, 0);
  assert_error(error, RC_ERR_SERVER, RC_OUTCOME_REFUSED, "SET", scripted_net_address(net, "a"),
               "wrong number of arguments");
  assert_string_equal(rc_error_server_code(error), "ERR");
  rc_error_free(error);
  finish(cluster, net);
}

static void a_command_that_failed_inside_has_its_error_in_its_place(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A MULTI QUEUED_SETS
                                         "EXPECT_SAME EXEC\n"
                                         "SEND *2\\r\\n-WRONGTYPE wrong kind of value\\r\\n+OK\\r\\n\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply = transaction(cluster, sets(), 0, &error);
  assert_no_error(error);
  assert_element_error(reply, 0, RC_ERR_SERVER, RC_OUTCOME_EXECUTED, "wrong kind of value");
  assert_string_equal(rc_error_server_code(rc_reply_error(rc_reply_element(reply, 0))), "WRONGTYPE");
  assert_element(reply, 1, "OK");
  rc_reply_free(reply);
  finish(cluster, net);
}

// Somebody has left the connection watching.
static void nil_for_exec_is_no_empty_success(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A MULTI QUEUED_SETS "EXPECT_SAME EXEC\nSEND *-1\\r\\n\n" MULTI_ELSEWHERE EXECUTED_SETS,
      NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  assert_null(transaction(cluster, sets(), 0, &error));
  assert_error(error, RC_ERR_PROTOCOL, RC_OUTCOME_REFUSED, "transaction (slot 12182)", "EXEC", "nil",
               scripted_net_address(net, "a"));
  rc_error_free(error);
  assert_both_set(cluster);
  finish(cluster, net);
}

static void replies_to_other_commands_are_no_success(void** state) {
  (void)state;
  const char* const answers[] = {"*1\\r\\n+OK\\r\\n", "*3\\r\\n+OK\\r\\n+OK\\r\\n+OK\\r\\n", "+QUEUED\\r\\n"};
  for (size_t i = 0; i < COUNT_OF(answers); i++) {
    char script[1024];
    snprintf(script, sizeof script,
             ALL_AT_A MULTI QUEUED_SETS "EXPECT_SAME EXEC\nSEND %s\n" MULTI_ELSEWHERE EXECUTED_SETS,
             answers[i]);
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    rc_error* error = NULL;
    assert_null(transaction(cluster, sets(), 0, &error));
    assert_error(error, RC_ERR_PROTOCOL, RC_OUTCOME_UNKNOWN, "transaction (slot 12182)", "EXEC");
    rc_error_free(error);
    assert_both_set(cluster);
    finish(cluster, net);
  }
}

// Nobody can know whether the connection is still in the transaction.
static void a_connection_whose_exec_was_refused_goes_to_nobody(void** state) {
  (void)state;
  const char* const refusals[] = {"NOPERM no exec", "OOM no memory", "ERR no such command"};
  for (size_t i = 0; i < COUNT_OF(refusals); i++) {
    char script[1024];
    snprintf(script, sizeof script,
             ALL_AT_A MULTI QUEUED_SETS "EXPECT_SAME EXEC\nREPLY -%s\nEXPECT_OTHER GET foo\nBULK v\n",
             refusals[i]);
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    rc_error* error = NULL;
    assert_null(transaction(cluster, sets(), 0, &error));
    assert_int_equal(rc_error_code(error), RC_ERR_SERVER);
    rc_error_free(error);
    assert_answer(cluster, "GET foo", "v");
    finish(cluster, net);
  }
}

// It ran the commands one by one, which is told. It is asked before it gets another transaction.
static void a_node_that_has_refused_multi_is_asked_first(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a",
      ALL_AT_A
      "EXPECT MULTI\nREPLY -ERR unknown command 'MULTI'\n"
      "EXPECT_SAME SET foo s3cret\nREPLY +OK\n"
      "EXPECT_SAME SET {foo}2 s3cret\nREPLY +OK\n"
      "EXPECT_SAME EXEC\nREPLY -ERR EXEC without MULTI\n"
      "EXPECT MULTI\nREPLY -ERR unknown command 'MULTI'\n"
      "EXPECT_SAME DISCARD\nREPLY -ERR DISCARD without MULTI\n"
      "EXPECT MULTI\nREPLY +OK\nEXPECT_SAME DISCARD\nREPLY +OK\n" MULTI EXECUTED_SETS MULTI EXECUTED_SETS,
      NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  const int outcomes[] = {RC_OUTCOME_EXECUTED, RC_OUTCOME_REFUSED};
  for (size_t i = 0; i < COUNT_OF(outcomes); i++) {
    rc_error* error = NULL;
    assert_null(transaction(cluster, sets(), 0, &error));
    assert_error(error, RC_ERR_SERVER, outcomes[i], "transaction, MULTI", "unknown command");
    rc_error_free(error);
  }
  assert_both_set(cluster);
  assert_both_set(cluster);
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_moved_transaction_goes_again_whole),
      cmocka_unit_test(a_moved_answer_to_exec_sends_the_whole_again),
      cmocka_unit_test(asking_goes_before_multi),
      cmocka_unit_test(a_transaction_with_a_key_still_at_the_source_stays_there),
      cmocka_unit_test(a_node_that_queues_what_it_has_sent_away_is_followed_at_once),
      cmocka_unit_test(answers_that_ask_for_patience_are_waited_out),
      cmocka_unit_test(waiting_starts_the_count_of_redirects_again),
      cmocka_unit_test(a_walk_over_ever_new_nodes_ends_after_max_redirects),
      cmocka_unit_test(a_redirect_that_cannot_be_read_is_a_protocol_error),
      cmocka_unit_test(at_the_deadline_the_last_answer_is_told),
      cmocka_unit_test(a_lost_reply_leaves_the_outcome_unknown_and_nothing_goes_again),
      cmocka_unit_test(an_idempotent_transaction_is_sent_again),
      cmocka_unit_test(a_transaction_for_a_dead_node_is_not_sent),
      cmocka_unit_test(a_refused_command_fails_the_whole_with_its_message),
      cmocka_unit_test(a_command_that_failed_inside_has_its_error_in_its_place),
      cmocka_unit_test(nil_for_exec_is_no_empty_success),
      cmocka_unit_test(replies_to_other_commands_are_no_success),
      cmocka_unit_test(a_connection_whose_exec_was_refused_goes_to_nobody),
      cmocka_unit_test(a_node_that_has_refused_multi_is_asked_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
