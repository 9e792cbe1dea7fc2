// G1: replies of RESP belong to commands by their order alone. What says one thing more than it was asked
// gives nobody anything.
#include "scripted/scenario.h"

// Says OK to everybody who comes, and answers each command in a packet of its own. Where the OK is late, PING
// gets the answer to CLUSTER MYID, which is an error, and a word that is no command is asked after it.
#define ONE_BEHIND "REPEAT 100\nACCEPT\nSEND +OK\\r\\n\nEND\n"
#define ANSWERS_ALL                                                                             \
  "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a\nALWAYS EXPECT GET * -> ECHO\nALWAYS EXPECT " \
  "BLPOP ... -> ECHO\nALWAYS EXPECT MULTI -> REPLY +OK\nALWAYS EXPECT EXEC -> REPLY *0\n"       \
  "ALWAYS EXPECT WATCH * -> REPLY +OK\nALWAYS EXPECT AUTH * -> REPLY +OK\n"                     \
  "ALWAYS EXPECT READONLY -> REPLY +OK\nALWAYS EXPECT CLIENT SETNAME * -> REPLY +OK\n"          \
  "ALWAYS EXPECT * -> QUOTE\n"

static void a_cluster_of_such_nodes_is_none(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ANSWERS_ALL ONE_BEHIND, NULL);
  for (int named = 0; named <= 1; named++) {
    rc_options* options = options_for(net, "a", 10000);
    if (named) {
      rc_options_set_password(options, "s3cret", NULL);
      rc_options_set_name(options, "unasked", NULL);
    }
    rc_error* error = NULL;
    assert_null(rc_cluster_open(options, &error));
    assert_error(error, RC_ERR_PROTOCOL, RC_OUTCOME_NOT_SENT, scripted_net_address(net, "a"));
    rc_error_free(error);
    rc_options_free(options);
  }
  assert_int_equal(scripted_net_count(net, "a", "CLUSTER SLOTS"), 0);
  scripted_net_free(net);
}

static int never_called(rc_watch* watch, rc_commands* commands, void* called) {
  (void)watch;
  (void)commands;
  *(int*)called = 1;
  return RC_OK;
}

// Over a shared connection, one for blocking commands, one for a watch, one for reading.
static void such_a_node_gets_no_command(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 b,c\n", "b",
                                         ANSWERS_ALL ONE_BEHIND, "c", ANSWERS_ALL ONE_BEHIND, NULL);
  rc_options* options = options_for(net, "a", 10000);
  rc_options_set_read_from(options, RC_READ_REPLICA, NULL);
  rc_cluster* cluster = open_with(options);
  const int timeout_ms = 300;
  // Once b has failed c may be asked, which may have been promoted.
  assert_fails(cluster, "GET foo", timeout_ms, RC_ERR_PROTOCOL, RC_OUTCOME_NOT_SENT,
               scripted_net_address(net, "c"));
  assert_fails(cluster, "SET foo s3cret", timeout_ms, RC_ERR_PROTOCOL, RC_OUTCOME_NOT_SENT, "slot 12182");
  assert_fails(cluster, "BLPOP foo 0", timeout_ms, RC_ERR_PROTOCOL, RC_OUTCOME_NOT_SENT, "slot 12182");
  rc_error* error = NULL;
  assert_null(transaction(cluster, COMMANDS("SET foo 1"), timeout_ms, &error));
  assert_error(error, RC_ERR_PROTOCOL, RC_OUTCOME_NOT_SENT, "transaction");
  rc_error_free(error);
  error = NULL;
  const char* const keys[] = {"foo"};
  int called = 0;
  rc_call_options* how = call_options(timeout_ms, 0);
  assert_null(rc_watch_transaction_with(cluster, how, 1, keys, NULL, never_called, &called, &error));
  rc_call_options_free(how);
  assert_error(error, RC_ERR_PROTOCOL, RC_OUTCOME_NOT_SENT, "watch transaction");
  rc_error_free(error);
  assert_int_equal(called, 0);
  for (const char* const* pattern = (const char*[]){"GET", "SET", "BLPOP", "MULTI", "WATCH", NULL};
       *pattern != NULL; pattern++) {
    assert_int_equal(scripted_net_count(net, "b", *pattern) + scripted_net_count(net, "c", *pattern), 0);
  }
  rc_cluster_free(cluster);
  scripted_net_free(net);
}

// The next connection is as good as any.
static void what_comes_unasked_over_an_idle_connection_ends_it(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "EXPECT GET foo\nBULK v\nSEND +OK\\r\\n\nALWAYS EXPECT GET * -> ECHO\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  assert_answer(cluster, "GET foo", "v");
  await_script(net, "a");
  long_enough_to_be_idle();
  assert_answer(cluster, "GET bar", "bar");
  assert_answer(cluster, "GET {bar}2", "{bar}2");
  finish(cluster, net);
}

// As some users may not run PING, and no command while the node loads.
static void a_node_that_refuses_ping_is_used_all_the_same(void** state) {
  (void)state;
  const char* const refusals[] = {"NOPERM this user has no permissions to run the 'ping' command",
                                  "LOADING Redis is loading the dataset in memory",
                                  "ERR unknown command 'PING'"};
  for (size_t i = 0; i < COUNT_OF(refusals); i++) {
    char script[1000];
    snprintf(script, sizeof script,
             ALL_AT_A "ALWAYS EXPECT PING * -> REPLY -%s\nALWAYS EXPECT * -> QUOTE\nEXPECT GET foo\nBULK v\n",
             refusals[i]);
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 10000);
    assert_answer(cluster, "GET foo", "v");
    assert_true(scripted_net_count(net, "a", "PING") >= 1);
    finish(cluster, net);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_cluster_of_such_nodes_is_none),
      cmocka_unit_test(such_a_node_gets_no_command),
      cmocka_unit_test(what_comes_unasked_over_an_idle_connection_ends_it),
      cmocka_unit_test(a_node_that_refuses_ping_is_used_all_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
