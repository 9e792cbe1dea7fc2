// G1, G5: a reply past a limit of the library is its caller's alone. The command was executed, its reply is
// read to its end, and nobody else on the connection notices.
#include "scripted/scenario.h"

enum { kTooDeep = 300 };

// A reply of that many arrays, one in another, as raw text of a script.
static const char* nested(int depth) {
  static const char level[] = "*1\\r\\n";
  static char text[2000 * sizeof level + 10];
  char* at = text;
  for (int i = 0; i < depth; i++) at += sprintf(at, "%s", level);
  sprintf(at, ":1\\r\\n");
  return text;
}

static scripted_net* net_with(const char* format, const char* reply) {
  static char script[40000];
  snprintf(script, sizeof script, format, reply);
  return scripted_net_start("a", script, NULL);
}

static void so_many_levels_are_read(void** state) {
  (void)state;
  scripted_net* net =
      net_with(ALL_AT_A "EXPECT GET foo\nSEND %s\nEXPECT_SAME GET foo\nBULK v\n", nested(256));
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_error* error = NULL;
  rc_reply* reply = run(cluster, "GET foo", 0, &error);
  assert_no_error(error);
  const rc_reply* at = reply;
  int depth = 0;
  for (; rc_reply_type(at) == RC_REPLY_ARRAY; depth++) at = rc_reply_element(at, 0);
  assert_int_equal(depth, 256);
  assert_int_equal(rc_reply_integer(at), 1);
  rc_reply_free(reply);
  assert_answer(cluster, "GET foo", "v");
  finish(cluster, net);
}

static void a_command_is_told_and_the_connection_goes_on(void** state) {
  (void)state;
  scripted_net* net =
      net_with(ALL_AT_A "EXPECT GET foo\nSEND %s\nEXPECT_SAME GET foo\nBULK v\n", nested(kTooDeep));
  rc_cluster* cluster = open_at(net, "a", 10000);
  assert_fails(cluster, "GET foo", 10000, RC_ERR_PROTOCOL, RC_OUTCOME_EXECUTED, "GET", "12182",
               scripted_net_address(net, "a"), "arrays in arrays more than 256 deep");
  assert_answer(cluster, "GET foo", "v");
  assert_int_equal(counter(cluster, "retries"), 0);
  assert_int_equal(counter(cluster, "unknown"), 0);
  finish(cluster, net);
}

// The caller need not wait for the end, and the next one's reply comes behind it.
static void the_rest_may_come_later(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a",
                         ALL_AT_A
                         "EXPECT GET foo\nSEND *2\\r\\n$4294967297\\r\\nx\nEXPECT_SAME GET foo\n"
                         "CLOSE\nEXPECT GET foo\nBULK v\n",
                         NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  assert_fails(cluster, "GET foo", 10000, RC_ERR_PROTOCOL, RC_OUTCOME_EXECUTED,
               "a string of more than 4 GiB");
  assert_answer(cluster, "GET foo", "v");
  finish(cluster, net);
}

static void neighbours_get_their_replies(void** state) {
  (void)state;
  scripted_net* net =
      net_with(ALL_AT_A
               "EXPECT INCR foo\nEXPECT_SAME GET foo\nEXPECT_SAME INCR foo\nREPLY :1\nSEND %s\nREPLY "
               ":2\nEXPECT_SAME INCR foo\nREPLY :3\n",
               nested(kTooDeep));
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("INCR foo", "GET foo", "INCR foo"), 0, &error);
  assert_no_error(error);
  assert_element(reply, 0, "1");
  assert_element_error(reply, 1, RC_ERR_PROTOCOL, RC_OUTCOME_EXECUTED, "GET (slot 12182)", "256 deep");
  assert_element(reply, 2, "2");
  rc_reply_free(reply);
  assert_answer(cluster, "INCR foo", "3");
  finish(cluster, net);
}

static void a_transaction_was_executed(void** state) {
  (void)state;
  static char reply[40000];
  snprintf(reply, sizeof reply, "*2\\r\\n:1\\r\\n%s", nested(kTooDeep));
  scripted_net* net =
      net_with(ALL_AT_A
               "EXPECT MULTI\nEXPECT_SAME INCR foo\nEXPECT_SAME GET foo\nEXPECT_SAME EXEC\nREPLY "
               "+OK\nREPLY +QUEUED\nREPLY +QUEUED\nSEND %s\nEXPECT_SAME INCR foo\nREPLY :2\n",
               reply);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_error* error = NULL;
  assert_null(transaction(cluster, COMMANDS("INCR foo", "GET foo"), 0, &error));
  assert_error(error, RC_ERR_PROTOCOL, RC_OUTCOME_EXECUTED, "transaction, EXEC", "256 deep");
  rc_error_free(error);
  assert_answer(cluster, "INCR foo", "2");
  finish(cluster, net);
}

// Of a call that has given up nobody is told; the reply is read past all the same.
static void so_it_is_when_the_caller_has_left(void** state) {
  (void)state;
  scripted_net* net =
      net_with(ALL_AT_A "EXPECT GET foo\nEXPECT_SAME INCR foo\nSEND %s\nREPLY :1\n", nested(kTooDeep));
  rc_cluster* cluster = open_at(net, "a", 10000);
  assert_fails(cluster, "GET foo", 100, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "GET");
  assert_answer(cluster, "INCR foo", "1");
  finish(cluster, net);
}

static void what_is_no_resp_still_ends_the_connection(void** state) {
  (void)state;
  static char reply[40000];
  snprintf(reply, sizeof reply, "*2\\r\\n%shello\\r\\n", nested(kTooDeep));
  scripted_net* net = net_with(ALL_AT_A "EXPECT GET foo\nSEND %s\nALWAYS EXPECT GET foo -> BULK v\n", reply);
  rc_cluster* cluster = open_at(net, "a", 10000);
  assert_fails(cluster, "GET foo", 10000, RC_ERR_PROTOCOL, RC_OUTCOME_EXECUTED, "256 deep");
  long_enough_to_be_idle();
  assert_answer(cluster, "GET foo", "v");
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(so_many_levels_are_read),
      cmocka_unit_test(a_command_is_told_and_the_connection_goes_on),
      cmocka_unit_test(the_rest_may_come_later),
      cmocka_unit_test(neighbours_get_their_replies),
      cmocka_unit_test(a_transaction_was_executed),
      cmocka_unit_test(so_it_is_when_the_caller_has_left),
      cmocka_unit_test(what_is_no_resp_still_ends_the_connection),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
