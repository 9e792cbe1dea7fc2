// G16: operations over several nodes, with answers and troubles that a real server cannot be made to give on
// cue.
//
// Node a has the slot of bar (5061), node b that of foo (12182).
#include "scripted/scenario.h"

#define TWO "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 a 8192-16383 b\n"

static void assert_part_error(const rc_error* error, size_t i, int code, int outcome) {
  const rc_error* why = rc_error_part_error(error, i);
  assert_non_null(why);
  assert_null(rc_error_part_reply(error, i));
  assert_int_equal(rc_error_code(why), code);
  assert_int_equal(rc_error_outcome(why), outcome);
}

static void a_sum_that_is_no_integer_is_an_error(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", TWO "ALWAYS EXPECT DBSIZE -> REPLY :9223372036854775807\n", "b",
      TWO "EXPECT DBSIZE\nREPLY :0\nEXPECT DBSIZE\nREPLY :1\nEXPECT DBSIZE\nREPLY +1\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_answer(cluster, "DBSIZE", "9223372036854775807");
  assert_fails(cluster, "DBSIZE", 0, RC_ERR_PROTOCOL, RC_OUTCOME_EXECUTED, "DBSIZE", "64-bit");
  assert_fails(cluster, "DBSIZE", 0, RC_ERR_PROTOCOL, RC_OUTCOME_EXECUTED, "DBSIZE",
               scripted_net_address(net, "b"));
  finish(cluster, net);
}

static void arrays_of_unequal_lengths_cannot_be_combined(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", TWO "ALWAYS EXPECT SCRIPT EXISTS * * -> SEND *2\\r\\n:1\\r\\n:1\\r\\n\n", "b",
                         TWO
                         "EXPECT SCRIPT EXISTS x y\nSEND *2\\r\\n:0\\r\\n:1\\r\\n\n"
                         "EXPECT SCRIPT EXISTS x y\nSEND *1\\r\\n:1\\r\\n\n"
                         "EXPECT SCRIPT EXISTS x y\nREPLY :1\n",
                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply = run(cluster, "SCRIPT EXISTS x y", 0, &error);
  assert_no_error(error);
  assert_element(reply, 0, "0");
  assert_element(reply, 1, "1");
  rc_reply_free(reply);
  for (int i = 0; i < 2; i++) {
    assert_fails(cluster, "SCRIPT EXISTS x y", 0, RC_ERR_PROTOCOL, RC_OUTCOME_EXECUTED, "SCRIPT",
                 scripted_net_address(net, "b"));
  }
  finish(cluster, net);
}

static void a_part_counts_once_whatever_way_it_went(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a",
                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 a 8192-16383 b\n"
                         "EXPECT EXISTS bar\nREPLY -MOVED 5061 127.0.0.1:${port:b}\n",
                         "b", TWO "EXPECT EXISTS foo foo\nREPLY :2\nEXPECT EXISTS bar\nREPLY :1\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_answer(cluster, "EXISTS foo bar foo", "3");
  finish(cluster, net);
}

static void values_that_do_not_fit_the_keys_are_no_answer(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", TWO "EXPECT MGET bar\nSEND *1\\r\\n$1\\r\\nv\\r\\n\n", "b",
                         TWO "EXPECT MGET foo\nSEND *2\\r\\n$1\\r\\nv\\r\\n$1\\r\\nw\\r\\n\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_fails(cluster, "MGET foo bar", 0, RC_ERR_PROTOCOL, RC_OUTCOME_EXECUTED, "MGET",
               scripted_net_address(net, "b"));
  finish(cluster, net);
}

static void what_failed_is_told_part_by_part(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", TWO "EXPECT MSET bar s3cret\nREPLY +OK\n", "b",
                                         TWO "EXPECT MSET foo s3cret\nREPLY -OOM no memory for this\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  assert_null(run(cluster, "MSET foo s3cret bar s3cret", 0, &error));
  assert_error(error, RC_ERR_PARTIAL, RC_OUTCOME_EXECUTED, "MSET", "1 of 2", scripted_net_address(net, "b"),
               "OOM");
  assert_int_equal(rc_error_part_count(error), 2);
  assert_string_equal(rc_error_part_node(error, 0), scripted_net_address(net, "a"));
  assert_int_equal(rc_error_part_key_count(error, 0), 1);
  assert_int_equal(rc_error_part_key(error, 0, 0), 3);
  assert_text(rc_error_part_reply(error, 0), "OK");
  assert_null(rc_error_part_error(error, 0));
  assert_string_equal(rc_error_part_node(error, 1), scripted_net_address(net, "b"));
  assert_int_equal(rc_error_part_key(error, 1, 0), 1);
  assert_non_null(rc_error_part_error(error, 1));
  assert_int_equal(rc_error_code(rc_error_part_error(error, 1)), RC_ERR_SERVER);
  assert_string_equal(rc_error_server_code(rc_error_part_error(error, 1)), "OOM");
  assert_null(rc_error_part_node(error, 2));
  assert_int_equal(rc_error_part_key(error, 1, 1), 0);
  rc_error_free(error);
  finish(cluster, net);
}

static void parts_of_an_element_live_in_the_reply(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", TWO "EXPECT DEL bar\nREPLY :1\nEXPECT GET bar\nREPLY +v\n", "b",
                                         TWO "EXPECT DEL foo\nREPLY -WRONGTYPE not that\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("DEL foo bar", "GET bar"), 0, &error);
  assert_no_error(error);
  assert_int_equal(rc_reply_length(reply), 2);
  assert_element_error(reply, 0, RC_ERR_PARTIAL, RC_OUTCOME_EXECUTED, "DEL", "WRONGTYPE");
  const rc_error* partial = element_error(reply, 0);
  assert_int_equal(rc_error_part_count(partial), 2);
  assert_text(rc_error_part_reply(partial, 0), "1");
  assert_part_error(partial, 1, RC_ERR_SERVER, RC_OUTCOME_EXECUTED);
  assert_element(reply, 1, "v");
  rc_reply_free(reply);
  finish(cluster, net);
}

static void all_that_failed_alike_are_one_error(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", TWO "ALWAYS EXPECT FLUSHALL -> REPLY -NOPERM no\n", "b",
                         TWO "EXPECT FLUSHALL\nREPLY -NOPERM no\nEXPECT FLUSHALL\nREPLY -ERR no\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_fails(cluster, "FLUSHALL", 0, RC_ERR_SERVER, RC_OUTCOME_REFUSED, "FLUSHALL", "NOPERM");
  assert_fails(cluster, "FLUSHALL", 0, RC_ERR_PARTIAL, RC_OUTCOME_EXECUTED, "FLUSHALL", "2 of 2");
  finish(cluster, net);
}

static void a_part_that_is_never_answered_is_told_at_the_deadline(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", TWO "EXPECT MSET bar 1\nREPLY +OK\n", "b",
                                         TWO "EXPECT MSET foo 2 foo 3\nSILENCE\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  assert_null(run(cluster, "MSET bar 1 foo 2 foo 3", 400, &error));
  assert_error(error, RC_ERR_PARTIAL, RC_OUTCOME_UNKNOWN, "MSET", scripted_net_address(net, "b"));
  assert_int_equal(rc_error_part_count(error), 2);
  assert_part_error(error, 1, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN);
  assert_int_equal(rc_error_part_key_count(error, 1), 2);
  assert_int_equal(rc_error_part_key(error, 1, 0), 3);
  assert_int_equal(rc_error_part_key(error, 1, 1), 5);
  rc_error_free(error);
  finish(cluster, net);
}

// b sends the slot of foo to a: foo has gone, {foo}x has not.
#define HALF_MOVED                                                                           \
  "EXPECT MGET foo {foo}x\nREPLY -TRYAGAIN Multiple keys request during rehashing of slot\n" \
  "EXPECT MGET foo\nREPLY -ASK 12182 127.0.0.1:${port:a}\nEXPECT MGET {foo}x\nSEND "         \
  "*1\\r\\n$1\\r\\nx\\r\\n\n"

static void keys_of_a_part_go_one_by_one_where_it_is_half_moved(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         TWO
                                         "EXPECT MGET bar\nSEND *1\\r\\n$1\\r\\nb\\r\\n\n"
                                         "EXPECT ASKING\nREPLY +OK\n"
                                         "EXPECT_SAME MGET foo\nSEND *1\\r\\n$1\\r\\nf\\r\\n\n",
                                         "b", TWO HALF_MOVED, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply = run(cluster, "MGET foo bar {foo}x", 0, &error);
  assert_no_error(error);
  assert_int_equal(rc_reply_length(reply), 3);
  assert_element(reply, 0, "f");
  assert_element(reply, 1, "b");
  assert_element(reply, 2, "x");
  rc_reply_free(reply);
  finish(cluster, net);
}

static void a_key_that_fails_is_a_part_of_its_own(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", TWO "EXPECT DEL bar\nREPLY :1\nEXPECT ASKING\nREPLY +OK\nEXPECT DEL {foo}x\nREPLY -ERR no\n", "b",
      TWO
      "EXPECT DEL foo {foo}x\nREPLY -TRYAGAIN Multiple keys request during rehashing of slot\n"
      "EXPECT DEL foo\nREPLY :1\n"
      "EXPECT DEL {foo}x\nREPLY -ASK 12182 127.0.0.1:${port:a}\n",
      NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  assert_null(run(cluster, "DEL foo bar {foo}x", 0, &error));
  assert_error(error, RC_ERR_PARTIAL, RC_OUTCOME_EXECUTED, "DEL");
  assert_int_equal(rc_error_part_count(error), 3);
  assert_int_equal(rc_error_part_key(error, 0, 0), 2);
  assert_text(rc_error_part_reply(error, 0), "1");
  assert_int_equal(rc_error_part_key(error, 1, 0), 1);
  assert_text(rc_error_part_reply(error, 1), "1");
  assert_int_equal(rc_error_part_key(error, 2, 0), 3);
  assert_part_error(error, 2, RC_ERR_SERVER, RC_OUTCOME_EXECUTED);
  assert_string_equal(rc_error_part_node(error, 2), scripted_net_address(net, "a"));
  rc_error_free(error);
  finish(cluster, net);
}

static void each_node_gets_its_parts_and_its_commands_in_order(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         TWO
                                         "EXPECT SET bar 0\nREPLY +OK\nEXPECT MSET bar 1\nREPLY +OK\n"
                                         "EXPECT DBSIZE\nREPLY :1\nEXPECT GET bar\nREPLY +1\n",
                                         "b",
                                         TWO
                                         "EXPECT MSET foo 1\nREPLY +OK\nEXPECT DBSIZE\nREPLY :1\n"
                                         "EXPECT DEL foo\nREPLY :1\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply =
      pipeline(cluster, COMMANDS("SET bar 0", "MSET foo 1 bar 1", "DBSIZE", "DEL foo", "GET bar"), 0, &error);
  assert_no_error(error);
  const char* const expected[] = {"OK", "OK", "2", "1", "1"};
  assert_int_equal(rc_reply_length(reply), COUNT_OF(expected));
  for (size_t i = 0; i < COUNT_OF(expected); i++) assert_element(reply, i, expected[i]);
  rc_reply_free(reply);
  finish(cluster, net);
}

static void wait_follows_its_write_over_the_same_connection(void** state) {
  (void)state;
  // a sends the write on: the WAIT that had gone with it counts for nothing, and goes again with it.
  scripted_net* net = scripted_net_start("a",
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 a 8192-16383 b\n"
                                         "EXPECT SET bar 1\nREPLY -MOVED 5061 127.0.0.1:${port:b}\n"
                                         "EXPECT_SAME WAIT 1 100\nREPLY :7\n",
                                         "b",
                                         TWO
                                         "EXPECT GET foo\nREPLY +f\n"
                                         "EXPECT SET bar 1\nREPLY +OK\n"
                                         "EXPECT_SAME WAIT 1 100\nREPLY :1\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("SET bar 1", "GET foo", "WAIT 1 100"), 0, &error);
  assert_no_error(error);
  assert_element(reply, 0, "OK");
  assert_element(reply, 1, "f");
  assert_element(reply, 2, "1");
  rc_reply_free(reply);
  finish(cluster, net);
}

static void wait_follows_an_ask(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         TWO
                                         "EXPECT SET bar 1\nREPLY -ASK 5061 127.0.0.1:${port:b}\n"
                                         "EXPECT_SAME WAIT 1 100\nREPLY :7\n",
                                         "b",
                                         TWO
                                         "EXPECT ASKING\nREPLY +OK\nEXPECT_SAME SET bar 1\nREPLY +OK\n"
                                         "EXPECT_SAME ASKING\nREPLY +OK\nEXPECT_SAME WAIT 1 100\nREPLY :1\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("SET bar 1", "WAIT 1 100"), 0, &error);
  assert_no_error(error);
  assert_element(reply, 0, "OK");
  assert_element(reply, 1, "1");
  rc_reply_free(reply);
  finish(cluster, net);
}

static void wait_after_a_split_write_is_the_least_of_all(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         TWO
                                         "EXPECT MSET bar 1\nREPLY +OK\nEXPECT_SAME WAIT 2 0\nREPLY :2\n"
                                         "EXPECT_SAME WAITAOF 1 1 0\nSEND *2\\r\\n:1\\r\\n:0\\r\\n\n"
                                         "EXPECT FLUSHALL\nREPLY +OK\nEXPECT_SAME WAIT 1 0\nREPLY :0\n",
                                         "b",
                                         TWO
                                         "EXPECT MSET foo 2\nREPLY +OK\nEXPECT_SAME WAIT 2 0\nREPLY :1\n"
                                         "EXPECT_SAME WAITAOF 1 1 0\nSEND *2\\r\\n:0\\r\\n:3\\r\\n\n"
                                         "EXPECT FLUSHALL\nREPLY +OK\nEXPECT_SAME WAIT 1 0\nREPLY :1\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply = pipeline(
      cluster, COMMANDS("MSET foo 2 bar 1", "WAIT 2 0", "WAITAOF 1 1 0", "FLUSHALL", "WAIT 1 0"), 0, &error);
  assert_no_error(error);
  assert_element(reply, 1, "1");
  assert_element(rc_reply_element(reply, 2), 0, "0");
  assert_element(rc_reply_element(reply, 2), 1, "0");
  assert_element(reply, 4, "0");
  rc_reply_free(reply);
  finish(cluster, net);
}

static void wait_fails_with_its_write(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", TWO "EXPECT SET bar 1\nCLOSE\n", "b", TWO, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("SET bar 1", "WAIT 1 0"), 0, &error);
  assert_no_error(error);
  assert_element_error(reply, 0, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "SET");
  assert_element_error(reply, 1, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "WAIT");
  rc_reply_free(reply);
  finish(cluster, net);
}

static void wait_in_a_transaction_needs_a_write_before_it(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         TWO
                                         "EXPECT MULTI\nREPLY +OK\nEXPECT SET bar 1\nREPLY +QUEUED\n"
                                         "EXPECT WAIT 1 0\nREPLY +QUEUED\n"
                                         "EXPECT EXEC\nSEND *2\\r\\n+OK\\r\\n:1\\r\\n\n",
                                         "b", TWO, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply = transaction(cluster, COMMANDS("SET bar 1", "WAIT 1 0"), 0, &error);
  assert_no_error(error);
  assert_element(reply, 1, "1");
  rc_reply_free(reply);
  assert_null(transaction(cluster, COMMANDS("GET bar", "WAIT 1 0"), 0, &error));
  assert_error(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "WAIT", "behind a write");
  rc_error_free(error);
  error = NULL;
  assert_null(pipeline(cluster, COMMANDS("GET bar", "WAIT 1 0", "SET bar 1"), 0, &error));
  assert_error(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "WAIT", "behind a write");
  rc_error_free(error);
  finish(cluster, net);
}

static const char* told_of(rc_cluster* cluster, const char* line, const char* const* words) {
  static char text[1024];
  const char* argv[MAX_WORDS];
  size_t lengths[MAX_WORDS];
  const size_t argc = split(line, argv, lengths);
  rc_error* error = NULL;
  rc_explanation* told = rc_explain(cluster, argc, argv, lengths, &error);
  assert_no_error(error);
  snprintf(text, sizeof text, "%s", rc_explanation_text(told));
  rc_explanation_free(told);
  for (; *words != NULL; words++) {
    if (strstr(text, *words) == NULL) fail_msg("%s: \"%s\" is not in \"%s\"", line, *words, text);
  }
  return text;
}

static void what_would_go_to_several_nodes_is_explained(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", TWO, "b", TWO, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  const char* const a = scripted_net_address(net, "a");
  const char* const b = scripted_net_address(net, "b");
  told_of(cluster, "MGET foo bar foo", (const char*[]){"3 keys", "2 parts", "order of the keys", a, b, NULL});
  told_of(cluster, "DBSIZE", (const char*[]){"every primary", "added up", a, b, NULL});
  told_of(cluster, "CONFIG SET maxmemory 0",
          (const char*[]){"every node", "each has to succeed", a, b, NULL});
  told_of(cluster, "SCRIPT KILL", (const char*[]){"one has to succeed", "of its own", NULL});
  told_of(cluster, "WAIT 1 0", (const char*[]){"refused before it is sent", "behind a write", NULL});
  told_of(cluster, "MSETNX foo 1 bar 2", (const char*[]){"refused before it is sent", NULL});
  told_of(cluster, "PING", (const char*[]){"any primary", NULL});
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_sum_that_is_no_integer_is_an_error),
      cmocka_unit_test(arrays_of_unequal_lengths_cannot_be_combined),
      cmocka_unit_test(a_part_counts_once_whatever_way_it_went),
      cmocka_unit_test(values_that_do_not_fit_the_keys_are_no_answer),
      cmocka_unit_test(what_failed_is_told_part_by_part),
      cmocka_unit_test(parts_of_an_element_live_in_the_reply),
      cmocka_unit_test(all_that_failed_alike_are_one_error),
      cmocka_unit_test(a_part_that_is_never_answered_is_told_at_the_deadline),
      cmocka_unit_test(keys_of_a_part_go_one_by_one_where_it_is_half_moved),
      cmocka_unit_test(a_key_that_fails_is_a_part_of_its_own),
      cmocka_unit_test(each_node_gets_its_parts_and_its_commands_in_order),
      cmocka_unit_test(wait_follows_its_write_over_the_same_connection),
      cmocka_unit_test(wait_follows_an_ask),
      cmocka_unit_test(wait_after_a_split_write_is_the_least_of_all),
      cmocka_unit_test(wait_fails_with_its_write),
      cmocka_unit_test(wait_in_a_transaction_needs_a_write_before_it),
      cmocka_unit_test(what_would_go_to_several_nodes_is_explained),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
