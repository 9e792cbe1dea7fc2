// Commands that belong to one node or speak of the whole cluster: refused in every kind of call, with advice,
// before anything is sent. A node that got one of them would fail its script.
#include "scripted/scenario.h"

static const char* const kLines[] = {"WAIT 1 0",
                                     "WAITAOF 1 0 0",
                                     "SCAN 0",
                                     "KEYS *",
                                     "DBSIZE",
                                     "RANDOMKEY",
                                     "FLUSHALL",
                                     "flushdb",
                                     "SCRIPT LOAD x",
                                     "SCRIPT FLUSH",
                                     "SCRIPT EXISTS x",
                                     "FUNCTION LOAD x",
                                     "CONFIG SET maxmemory 0",
                                     "CONFIG RESETSTAT",
                                     "ACL SETUSER x",
                                     "SLOWLOG RESET",
                                     "LATENCY RESET",
                                     "MEMORY PURGE",
                                     "PUBSUB NUMSUB x"};
enum { kLineCount = sizeof kLines / sizeof *kLines };

static int try_in_a_watch(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  (void)user_data;
  for (int i = 0; i < kLineCount; i++) {
    const char* argv[MAX_WORDS];
    size_t lengths[MAX_WORDS];
    const size_t argc = split(kLines[i], argv, lengths);
    rc_error* error = NULL;
    assert_null(rc_watch_command(watch, argc, argv, lengths, &error));
    assert_error(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, ": ");
    rc_error_free(error);
    error = NULL;
    assert_int_equal(rc_commands_add(to_execute, argc, argv, lengths, &error), RC_ERR_UNSUPPORTED);
    rc_error_free(error);
  }
  return RC_ERR_ABORTED;
}

static void what_would_lie_about_the_whole_is_refused_everywhere(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A "EXPECT WATCH foo\nREPLY +OK\nEXPECT UNWATCH\nREPLY +OK\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_commands* commands = rc_commands_new();
  for (int i = 0; i < kLineCount; i++) {
    const char* argv[MAX_WORDS];
    size_t lengths[MAX_WORDS];
    const size_t argc = split(kLines[i], argv, lengths);
    assert_fails(cluster, kLines[i], 0, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, ": ");
    rc_error* error = NULL;
    assert_int_equal(rc_commands_add(commands, argc, argv, lengths, &error), RC_ERR_UNSUPPORTED);
    assert_error(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, ": ");
    rc_error_free(error);
    error = NULL;
    rc_explanation* told = rc_explain(cluster, argc, argv, lengths, &error);
    assert_no_error(error);
    assert_non_null(strstr(rc_explanation_text(told), "refused before it is sent"));
    rc_explanation_free(told);
  }
  assert_int_equal(rc_commands_count(commands), 0);
  rc_commands_free(commands);
  const char* key = "foo";
  rc_error* error = NULL;
  assert_null(rc_watch_transaction(cluster, 1, &key, NULL, try_in_a_watch, NULL, &error));
  assert_int_equal(rc_error_code(error), RC_ERR_ABORTED);
  rc_error_free(error);
  finish(cluster, net);
}

static void the_message_says_what_is_wrong_and_what_to_do(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_fails(cluster, "WAIT 1 0", 0, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "WAIT counts the replicas",
               "behind a write");
  assert_fails(cluster, "SCAN 0", 0, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "SCAN has a cursor",
               "rc_scan_new");
  assert_fails(cluster, "FLUSHALL", 0, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT,
               "FLUSHALL would reach one node only", "send it to each node");
  assert_fails(cluster, "script load s3cret", 0, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT,
               "SCRIPT LOAD would reach one node only", "send it to each node");
  assert_fails(cluster, "CLUSTER RESET HARD", 0, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT,
               "meant for one node");
  finish(cluster, net);
}

#define ABOUT_MOD_FLUSH                                                                                  \
  "SEND *1\\r\\n*10\\r\\n$9\\r\\nmod.flush\\r\\n:-1\\r\\n*1\\r\\n+write\\r\\n:0\\r\\n:0\\r\\n:0\\r\\n"   \
  "*0\\r\\n*2\\r\\n$25\\r\\nrequest_policy:all_shards\\r\\n$29\\r\\nresponse_policy:all_succeeded\\r\\n" \
  "*0\\r\\n*0\\r\\n\n"

static void a_command_that_only_the_server_knows_is_refused_by_its_tips(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A "ALWAYS EXPECT COMMAND INFO mod.flush -> " ABOUT_MOD_FLUSH, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_fails(cluster, "mod.flush", 0, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "MOD.FLUSH would reach");
  rc_error* error = NULL;
  assert_null(pipeline(cluster, COMMANDS("mod.flush"), 0, &error));
  assert_error(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "MOD.FLUSH would reach");
  rc_error_free(error);
  error = NULL;
  assert_null(transaction(cluster, COMMANDS("mod.flush"), 0, &error));
  assert_error(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "MOD.FLUSH would reach");
  rc_error_free(error);
  finish(cluster, net);
}

static void what_tells_of_one_node_goes_to_any(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a",
                         ALL_AT_A
                         "ALWAYS EXPECT INFO -> BULK i\nALWAYS EXPECT TIME -> BULK t\n"
                         "ALWAYS EXPECT ECHO * -> BULK e\nALWAYS EXPECT LASTSAVE -> REPLY :1\n"
                         "ALWAYS EXPECT CLUSTER INFO -> BULK c\n"
                         "ALWAYS EXPECT CONFIG GET * -> BULK g\n"
                         "ALWAYS EXPECT PUBLISH * * -> REPLY :2\n",
                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_answer(cluster, "PING", "PONG");
  assert_answer(cluster, "INFO", "i");
  assert_answer(cluster, "TIME", "t");
  assert_answer(cluster, "ECHO x", "e");
  assert_answer(cluster, "LASTSAVE", "1");
  assert_answer(cluster, "CLUSTER INFO", "c");
  assert_answer(cluster, "CONFIG GET x", "g");
  assert_answer(cluster, "PUBLISH c x", "2");
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_would_lie_about_the_whole_is_refused_everywhere),
      cmocka_unit_test(the_message_says_what_is_wrong_and_what_to_do),
      cmocka_unit_test(a_command_that_only_the_server_knows_is_refused_by_its_tips),
      cmocka_unit_test(what_tells_of_one_node_goes_to_any),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
