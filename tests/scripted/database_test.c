// A handle's commands are for one database, which every connection chooses before it is used.
#include "scripted/scenario.h"

static rc_options* options_with_database(const scripted_net* net, int database) {
  rc_options* options = options_for(net, "a", 10000);
  assert_int_equal(rc_options_set_database(options, database, NULL), RC_OK);
  return options;
}

static int set_foo(rc_watch* watch, rc_commands* commands, void* unused) {
  (void)watch;
  (void)unused;
  add(commands, "SET foo 1");
  return RC_WATCH_EXECUTE;
}

static void every_connection_chooses_it(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", "ALWAYS EXPECT SELECT 3 -> REPLY +OK\nALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 b,c\n", "b",
      "ALWAYS EXPECT SELECT 3 -> REPLY +OK\nEXPECT SET foo 1\nREPLY +OK\nEXPECT BLPOP foo 0\nREPLY "
      "*-1\nEXPECT "
      "WATCH foo\nREPLY +OK\nEXPECT MULTI\nREPLY +OK\nEXPECT SET foo 1\nREPLY +QUEUED\nEXPECT EXEC\nSEND "
      "*1\\r\\n+OK\\r\\n\n",
      "c",
      "ALWAYS EXPECT SELECT 3 -> REPLY +OK\nALWAYS EXPECT READONLY -> REPLY +OK\nEXPECT GET foo\nBULK v\n",
      NULL);
  rc_options* options = options_with_database(net, 3);
  rc_options_set_read_from(options, RC_READ_REPLICA, NULL);
  rc_cluster* cluster = open_with(options);
  assert_answer(cluster, "SET foo 1", "OK");
  assert_answer(cluster, "GET foo", "v");
  rc_error* error = NULL;
  rc_reply_free(run(cluster, "BLPOP foo 0", 0, &error));
  assert_no_error(error);
  const char* const keys[] = {"foo"};
  rc_reply_free(rc_watch_transaction(cluster, 1, keys, NULL, set_foo, NULL, &error));
  assert_no_error(error);
  for (const char* const* node = (const char*[]){"a", "b", "c", NULL}; *node != NULL; node++) {
    assert_true(scripted_net_connections(net, *node) > 0);
    assert_int_equal(scripted_net_count(net, *node, "SELECT 3"), scripted_net_connections(net, *node));
  }
  finish(cluster, net);
}

static void nobody_chooses_database_0(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT GET foo\nBULK v\n", NULL);
  rc_cluster* cluster = open_with(options_with_database(net, 0));
  assert_answer(cluster, "GET foo", "v");
  finish(cluster, net);
}

static void where_there_is_none_an_open_says_so_at_once(void** state) {
  (void)state;
  static const struct {
    const char* line;
    int code;
    const char* words;
  } answers[] = {
      {"ERR SELECT is not allowed in cluster mode", RC_ERR_UNSUPPORTED, "rc_options_set_database"},
      {"ERR DB index is out of range", RC_ERR_UNSUPPORTED, "cluster-databases"},
      {"NOPERM No permissions to access a database", RC_ERR_AUTH, "+select"},
  };
  for (size_t i = 0; i < COUNT_OF(answers); i++) {
    char script[500];
    snprintf(script, sizeof script, ALL_AT_A "ALWAYS EXPECT SELECT 1 -> REPLY -%s\n", answers[i].line);
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_error* error = NULL;
    const long long start = test_now_ms();
    rc_options* options = options_with_database(net, 1);
    assert_null(rc_cluster_open(options, &error));
    assert_in_range(test_now_ms() - start, 0, 5000);  // not at its deadline
    assert_error(error, answers[i].code, RC_OUTCOME_NOT_SENT, answers[i].line, answers[i].words,
                 scripted_net_address(net, "a"));
    rc_error_free(error);
    rc_options_free(options);
    assert_true(scripted_net_count(net, "a", "SELECT") <= 2);
    assert_true(scripted_net_passed(net));
  }
}

static void a_node_that_has_none_fails_its_calls_at_once(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", "ALWAYS EXPECT SELECT 1 -> REPLY +OK\n" ALL_AT_B, "b",
      "ALWAYS EXPECT SELECT 1 -> REPLY -ERR SELECT is not allowed in cluster mode\n", NULL);
  rc_cluster* cluster = open_with(options_with_database(net, 1));
  const long long start = test_now_ms();
  assert_fails(cluster, "GET foo", 10000, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "database");
  assert_in_range(test_now_ms() - start, 0, 5000);
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_connection_chooses_it),
      cmocka_unit_test(nobody_chooses_database_0),
      cmocka_unit_test(where_there_is_none_an_open_says_so_at_once),
      cmocka_unit_test(a_node_that_has_none_fails_its_calls_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
