// G1, G10: where the network cuts a reply makes no difference to the one who reads it.
#include <stdlib.h>

#include "scripted/scenario.h"

static const char kCompound[] =
    "*7\r\n$5\r\nhello\r\n$0\r\n\r\n:-12\r\n*2\r\n+OK\r\n$-1\r\n*0\r\n$6\r\na\r\nb\r\n\r\n-WRONGTYPE no "
    "list\r\n";

static void assert_compound(const rc_reply* reply) {
  assert_int_equal(rc_reply_length(reply), 7);
  assert_element(reply, 0, "hello");
  assert_element(reply, 1, "");
  assert_element(reply, 2, "-12");
  assert_element(rc_reply_element(reply, 3), 0, "OK");
  assert_int_equal(rc_reply_type(rc_reply_element(rc_reply_element(reply, 3), 1)), RC_REPLY_NIL);
  assert_int_equal(rc_reply_type(rc_reply_element(reply, 4)), RC_REPLY_ARRAY);
  assert_int_equal(rc_reply_length(rc_reply_element(reply, 4)), 0);
  assert_element(reply, 5, "a\r\nb\r\n");
  assert_element_error(reply, 6, RC_ERR_SERVER, RC_OUTCOME_EXECUTED, "WRONGTYPE no list");
}

static char* append(char* at, const char* text) { return at + sprintf(at, "%s", text); }

static char* append_send(char* at, const char* bytes, size_t size) {
  at = append(at, "SEND ");
  for (size_t i = 0; i < size; i++) at += sprintf(at, "\\x%02x", (unsigned char)bytes[i]);
  return append(at, "\n");
}

// For every place where the bytes can be cut in two: the commands, then both parts with a pause between.
static char* script_of_cuts(const char* expects, const char* bytes, size_t size) {
  char* script = calloc(size, 4 * size + 128 + strlen(expects));
  assert_non_null(script);
  char* at = append(script, ALL_AT_A);
  for (size_t cut = 1; cut < size; cut++) {
    at = append(at, expects);
    at = append_send(at, bytes, cut);
    at = append(at, "SLEEP 2\n");
    at = append_send(at, bytes + cut, size - cut);
  }
  return script;
}

static void a_reply_may_be_cut_anywhere(void** state) {
  (void)state;
  const size_t size = sizeof kCompound - 1;
  char* script = script_of_cuts("EXPECT LRANGE foo 0 -1\n", kCompound, size);
  scripted_net* net = scripted_net_start("a", script, NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  for (size_t cut = 1; cut < size; cut++) {
    rc_error* error = NULL;
    rc_reply* reply = run(cluster, "LRANGE foo 0 -1", 0, &error);
    assert_no_error(error);
    assert_compound(reply);
    rc_reply_free(reply);
  }
  assert_int_equal(scripted_net_connections(net, "a"), 2);  // that of the map, and one
  finish(cluster, net);
  free(script);
}

static void the_replies_of_a_pipeline_may_be_cut_anywhere(void** state) {
  (void)state;
  static const char bytes[] = "+OK\r\n$3\r\nabc\r\n*1\r\n:7\r\n-ERR no\r\n$-1\r\n";
  const size_t size = sizeof bytes - 1;
  char* script = script_of_cuts(
      "EXPECT SET foo 1\nEXPECT GET foo\nEXPECT LRANGE {foo}l 0 -1\nEXPECT INCR foo\nEXPECT GET {foo}n\n",
      bytes, size);
  scripted_net* net = scripted_net_start("a", script, NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  for (size_t cut = 1; cut < size; cut++) {
    rc_error* error = NULL;
    rc_reply* reply = pipeline(
        cluster, COMMANDS("SET foo 1", "GET foo", "LRANGE {foo}l 0 -1", "INCR foo", "GET {foo}n"), 0, &error);
    assert_no_error(error);
    assert_element(reply, 0, "OK");
    assert_element(reply, 1, "abc");
    assert_element(rc_reply_element(reply, 2), 0, "7");
    assert_element_error(reply, 3, RC_ERR_SERVER, RC_OUTCOME_EXECUTED, "ERR no");
    assert_int_equal(rc_reply_type(rc_reply_element(reply, 4)), RC_REPLY_NIL);
    rc_reply_free(reply);
  }
  finish(cluster, net);
  free(script);
}

static void a_redirect_may_be_cut_anywhere(void** state) {
  (void)state;
  // Not within the port, which is known only once the script is read.
  static const char line[] = "-ASK 12182 127.0.0.1:${port:b}\\r\\n";
  const size_t size = strlen("-ASK 12182 127.0.0.1:");
  char script[8192] = ALL_AT_A;
  char* at = script + strlen(script);
  for (size_t cut = 1; cut <= size; cut++) {
    at = append(at, "EXPECT GET foo\n");
    at = append_send(at, line, cut);
    at += sprintf(at, "SLEEP 2\nSEND %s\n", line + cut);
  }
  char script_b[2048];
  snprintf(script_b, sizeof script_b, "REPEAT %d\nEXPECT ASKING\nREPLY +OK\nEXPECT GET foo\nBULK v\nEND\n",
           (int)size);
  scripted_net* net = scripted_net_start("a", script, "b", script_b, NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  for (size_t cut = 1; cut <= size; cut++) assert_answer(cluster, "GET foo", "v");
  finish(cluster, net);
}

static void a_reply_may_drip_byte_by_byte(void** state) {
  (void)state;
  char script[2048] = ALL_AT_A "EXPECT LRANGE foo 0 -1\nDRIP 1 1 ";
  char* at = script + strlen(script);
  for (size_t i = 0; i < sizeof kCompound - 1; i++) at += sprintf(at, "\\x%02x", (unsigned char)kCompound[i]);
  append(at, "\n");
  scripted_net* net = scripted_net_start("a", script, NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_error* error = NULL;
  rc_reply* reply = run(cluster, "LRANGE foo 0 -1", 0, &error);
  assert_no_error(error);
  assert_compound(reply);
  rc_reply_free(reply);
  finish(cluster, net);
}

// Cut off for good: nothing of it is handed on, wherever it ends.
static void a_reply_that_ends_anywhere_before_its_end_is_no_reply(void** state) {
  (void)state;
  const size_t size = sizeof kCompound - 1;
  const char* const ends[] = {"CLOSE\n", "RST\n", "HALFCLOSE\n"};
  for (size_t i = 0; i < COUNT_OF(ends); i++) {
    char* script = calloc(size, 4 * size + 128);
    assert_non_null(script);
    char* at = append(script, ALL_AT_A);
    for (size_t cut = 0; cut < size; cut++) {
      at = append(at, "EXPECT RPUSHX foo 1\n");
      if (cut > 0) at = append_send(at, kCompound, cut);
      at = append(at, ends[i]);
    }
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 10000);
    for (size_t cut = 0; cut < size; cut++) {
      assert_fails(cluster, "RPUSHX foo 1", 0, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "RPUSHX",
                   scripted_net_address(net, "a"));
    }
    assert_int_equal(scripted_net_count(net, "a", "RPUSHX"), size);
    finish(cluster, net);
    free(script);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_reply_may_be_cut_anywhere),
      cmocka_unit_test(the_replies_of_a_pipeline_may_be_cut_anywhere),
      cmocka_unit_test(a_redirect_may_be_cut_anywhere),
      cmocka_unit_test(a_reply_may_drip_byte_by_byte),
      cmocka_unit_test(a_reply_that_ends_anywhere_before_its_end_is_no_reply),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
