// Commands that belong to one node, and those that speak of the whole cluster where one node would run them:
// they are refused with advice before anything is sent. A node that got one of them would fail its script.
#include "scripted/scenario.h"

static const char* const kLines[] = {"WAIT 1 0", "WAITAOF 1 0 0", "SCAN 0", "CLUSTER RESET HARD", "SHUTDOWN"};
// One node would run these for all, in a transaction and on a watched connection.
static const char* const kOfTheWhole[] = {
    "KEYS *",        "DBSIZE",       "RANDOMKEY",       "FLUSHALL",        "flushdb",
    "SCRIPT LOAD x", "SCRIPT FLUSH", "SCRIPT EXISTS x", "FUNCTION LOAD x", "CONFIG SET maxmemory 0",
    "ACL SETUSER x", "SLOWLOG RESET"};

static int try_in_a_watch(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  (void)to_execute;
  const char* argv[MAX_WORDS];
  size_t lengths[MAX_WORDS];
  const size_t argc = split(user_data, argv, lengths);
  rc_error* error = NULL;
  assert_null(rc_watch_command(watch, argc, argv, lengths, &error));
  assert_error(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, ": ");
  rc_error_free(error);
  return RC_ERR_ABORTED;
}

static void assert_refused_at_one_node(rc_cluster* cluster, const char* line) {
  rc_error* error = NULL;
  assert_null(transaction(cluster, COMMANDS(line), 0, &error));
  assert_error(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, ": ");
  rc_error_free(error);
  error = NULL;
  const char* key = "foo";
  assert_null(rc_watch_transaction(cluster, 1, &key, NULL, try_in_a_watch, (void*)line, &error));
  assert_int_equal(rc_error_code(error), RC_ERR_ABORTED);
  rc_error_free(error);
}

static void what_belongs_to_one_node_is_refused_everywhere(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "ALWAYS EXPECT WATCH foo -> REPLY +OK\nALWAYS EXPECT UNWATCH -> REPLY +OK\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  for (size_t i = 0; i < COUNT_OF(kLines); i++) {
    const char* argv[MAX_WORDS];
    size_t lengths[MAX_WORDS];
    const size_t argc = split(kLines[i], argv, lengths);
    assert_fails(cluster, kLines[i], 0, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, ": ");
    rc_error* error = NULL;
    assert_null(pipeline(cluster, COMMANDS("PING", kLines[i]), 0, &error));
    assert_error(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "command 1: ");
    rc_error_free(error);
    error = NULL;
    rc_explanation* told = rc_explain(cluster, argc, argv, lengths, &error);
    assert_no_error(error);
    assert_non_null(strstr(rc_explanation_text(told), "refused before it is sent"));
    rc_explanation_free(told);
    assert_refused_at_one_node(cluster, kLines[i]);
  }
  for (size_t i = 0; i < COUNT_OF(kOfTheWhole); i++) assert_refused_at_one_node(cluster, kOfTheWhole[i]);
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
  assert_fails(cluster, "CLUSTER RESET HARD", 0, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT,
               "meant for one node");
  finish(cluster, net);
}

#define ABOUT_MOD_FLUSH                                                                                  \
  "SEND *1\\r\\n*10\\r\\n$9\\r\\nmod.flush\\r\\n:-1\\r\\n*1\\r\\n+write\\r\\n:0\\r\\n:0\\r\\n:0\\r\\n"   \
  "*0\\r\\n*2\\r\\n$25\\r\\nrequest_policy:all_shards\\r\\n$29\\r\\nresponse_policy:all_succeeded\\r\\n" \
  "*0\\r\\n*0\\r\\n\n"

static void a_command_that_only_the_server_knows_goes_by_its_tips(void** state) {
  (void)state;
  static const char script[] =
      "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 a 8192-16383 b\n"
      "ALWAYS EXPECT COMMAND INFO mod.flush -> " ABOUT_MOD_FLUSH
      "EXPECT mod.flush\nREPLY +OK\nEXPECT mod.flush\nREPLY +OK\n";
  scripted_net* net = scripted_net_start("a", script, "b", script, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_answer(cluster, "mod.flush", "OK");
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("mod.flush"), 0, &error);
  assert_no_error(error);
  assert_element(reply, 0, "OK");
  rc_reply_free(reply);
  assert_null(transaction(cluster, COMMANDS("mod.flush"), 0, &error));
  assert_error(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "MOD.FLUSH means the whole cluster");
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
      cmocka_unit_test(what_belongs_to_one_node_is_refused_everywhere),
      cmocka_unit_test(the_message_says_what_is_wrong_and_what_to_do),
      cmocka_unit_test(a_command_that_only_the_server_knows_goes_by_its_tips),
      cmocka_unit_test(what_tells_of_one_node_goes_to_any),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
