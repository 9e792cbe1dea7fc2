// rc_explain, where a server has to be asked.
#include "scripted/scenario.h"

static rc_explanation* explain(rc_cluster* cluster, const char* line, rc_error** error) {
  const char* argv[MAX_WORDS];
  size_t lengths[MAX_WORDS];
  const size_t argc = split(line, argv, lengths);
  return rc_explain(cluster, argc, argv, lengths, error);
}

static rc_explanation* explained(rc_cluster* cluster, const char* line) {
  rc_error* error = NULL;
  rc_explanation* explanation = explain(cluster, line, &error);
  assert_no_error(error);
  assert_non_null(explanation);
  return explanation;
}

static void assert_holds(const char* text, const char* words) {
  if (strstr(text, words) == NULL) fail_msg("\"%s\" does not hold \"%s\"", text, words);
}

// name, arity, flags, first, last, step: as COMMAND INFO tells it.
#define INFO(name, flag, first)                                                                 \
  "SEND *1\\r\\n*6\\r\\n$" name "\\r\\n:-2\\r\\n*1\\r\\n+" flag "\\r\\n:" first "\\r\\n:" first \
  "\\r\\n:1\\r\\n\n"

static void a_known_command_asks_nobody(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", OPENED_WITH_ALL_AT_A, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_explanation* it = explained(cluster, "SET foo s3cret");
  assert_int_equal(rc_explanation_slot(it), 12182);
  assert_string_equal(rc_explanation_host(it), "127.0.0.1");
  assert_int_equal(rc_explanation_port(it), scripted_net_port(net, "a"));
  assert_null(strstr(rc_explanation_text(it), "s3cret"));
  rc_explanation_free(it);
  finish(cluster, net);
}

static void a_command_of_a_module_is_asked_about_once(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "EXPECT COMMAND INFO MY.GET\n" INFO("6\\r\\nmy.get", "readonly", "1"), NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  for (int i = 0; i < 2; i++) {
    rc_explanation* it = explained(cluster, "MY.GET foo");
    assert_int_equal(rc_explanation_key_count(it), 1);
    assert_string_equal(rc_explanation_key(it, 0, NULL), "foo");
    assert_int_equal(rc_explanation_slot(it), 12182);
    assert_true(rc_explanation_is_read_only(it));
    rc_explanation_free(it);
  }
  finish(cluster, net);
}

static void a_command_that_no_server_knows_is_explained_as_such(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A "EXPECT COMMAND INFO NO.SUCH\nSEND *1\\r\\n*-1\\r\\n\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_explanation* it = explained(cluster, "NO.SUCH foo");
  assert_int_equal(rc_explanation_key_count(it), 0);
  assert_int_equal(rc_explanation_slot(it), -1);
  assert_false(rc_explanation_is_read_only(it));
  assert_int_equal(rc_explanation_port(it), scripted_net_port(net, "a"));
  assert_holds(rc_explanation_text(it), "not known to the servers");
  rc_explanation_free(it);
  finish(cluster, net);
}

// The keys are the server's answer.
static void keys_that_only_the_server_finds_are_asked_for(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT COMMAND INFO MY.MOVE\n" INFO("7\\r\\nmy.move", "movablekeys", "0")
                                         "ALWAYS EXPECT COMMAND GETKEYS MY.MOVE x {t}a y {t}b -> "
                                         "SEND *2\\r\\n$4\\r\\n{t}a\\r\\n$4\\r\\n{t}b\\r\\n\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_explanation* it = explained(cluster, "MY.MOVE x {t}a y {t}b");
  assert_int_equal(rc_explanation_key_count(it), 2);
  assert_string_equal(rc_explanation_key(it, 0, NULL), "{t}a");
  assert_string_equal(rc_explanation_key(it, 1, NULL), "{t}b");
  assert_int_equal(rc_explanation_slot(it), rc_key_slot("t", 1));
  rc_explanation_free(it);
  finish(cluster, net);
}

static void a_server_that_finds_no_keys_leaves_them_out(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT COMMAND INFO MY.MOVE\n" INFO("7\\r\\nmy.move", "movablekeys", "0")
                                         "ALWAYS EXPECT COMMAND GETKEYS MY.MOVE x -> "
                                         "REPLY -ERR The command has no key arguments\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_explanation* it = explained(cluster, "MY.MOVE x");
  assert_int_equal(rc_explanation_key_count(it), 0);
  assert_int_equal(rc_explanation_slot(it), -1);
  rc_explanation_free(it);
  finish(cluster, net);
}

static void a_server_that_does_not_answer_fails_it_in_time(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT COMMAND INFO MY.GET\nSILENCE\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_call_options* options = call_options(100, 0);
  const char* argv[] = {"MY.GET", "foo"};
  rc_error* error = NULL;
  const long long start = test_now_ms();
  assert_null(rc_explain_with(cluster, options, 2, argv, NULL, &error));
  assert_true(test_now_ms() - start < 100 + MARGIN_MS);
  assert_error(error, RC_ERR_TIMEOUT, RC_OUTCOME_NOT_SENT, "COMMAND", "no answer from 127.0.0.1:");
  rc_error_free(error);
  // A command that is asked about in vain has not been sent, whatever became of the question.
  error = NULL;
  assert_null(rc_command_with(cluster, options, 2, argv, NULL, &error));
  assert_error(error, RC_ERR_TIMEOUT, RC_OUTCOME_NOT_SENT, "COMMAND");
  rc_error_free(error);
  assert_int_equal(scripted_net_count(net, "a", "MY.GET foo"), 0);
  rc_call_options_free(options);
  finish(cluster, net);
}

static void the_reader_in_the_same_zone_is_told(void** state) {
  (void)state;
#define SHARD "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a,b,c\nALWAYS EXPECT READONLY -> REPLY +OK\n"
#define ZONE(name) "EXPECT INFO server\nBULK availability_zone:" name "\\r\\n\n"
  scripted_net* net =
      scripted_net_start("a", SHARD ZONE("x"), "b", SHARD ZONE("y"), "c", SHARD ZONE("z"), NULL);
  rc_options* options = options_for(net, "a", 5000);
  rc_options_set_read_from(options, RC_READ_SAME_ZONE, NULL);
  rc_options_set_zone(options, "z", NULL);
  rc_cluster* cluster = open_with(options);
  for (int i = 0; i < 4; i++) {
    rc_explanation* it = explained(cluster, "GET foo");
    assert_int_equal(rc_explanation_port(it), scripted_net_port(net, "c"));
    assert_holds(rc_explanation_text(it), "in the same zone");
    rc_explanation_free(it);
  }
  finish(cluster, net);
}

static void a_slot_that_has_moved_is_told_where_it_is_known_to_be(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A_FOR_GOOD "EXPECT GET foo\n" MOVED_TO_B, "b",
                                         "ALWAYS EXPECT CLUSTER SLOTS ->\nEXPECT GET foo\nBULK v\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_explanation* it = explained(cluster, "GET foo");
  assert_int_equal(rc_explanation_port(it), scripted_net_port(net, "a"));
  rc_explanation_free(it);
  assert_answer(cluster, "GET foo", "v");
  it = explained(cluster, "GET foo");
  assert_int_equal(rc_explanation_port(it), scripted_net_port(net, "b"));
  rc_explanation_free(it);
  finish(cluster, net);
}

static void a_closed_cluster_asks_nobody(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_cluster_close(cluster);
  rc_error* error = NULL;
  assert_null(explain(cluster, "MY.GET foo", &error));
  assert_error(error, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "closed");
  rc_error_free(error);
  error = NULL;
  assert_null(explain(cluster, "GET foo", &error));
  assert_error(error, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "closed");
  rc_error_free(error);
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_known_command_asks_nobody),
      cmocka_unit_test(a_command_of_a_module_is_asked_about_once),
      cmocka_unit_test(a_command_that_no_server_knows_is_explained_as_such),
      cmocka_unit_test(keys_that_only_the_server_finds_are_asked_for),
      cmocka_unit_test(a_server_that_finds_no_keys_leaves_them_out),
      cmocka_unit_test(a_server_that_does_not_answer_fails_it_in_time),
      cmocka_unit_test(the_reader_in_the_same_zone_is_told),
      cmocka_unit_test(a_slot_that_has_moved_is_told_where_it_is_known_to_be),
      cmocka_unit_test(a_closed_cluster_asks_nobody),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
