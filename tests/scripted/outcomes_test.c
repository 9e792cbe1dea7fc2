// G3: every failure tells what became of the command, and no write runs twice.
#include <stdlib.h>

#include "scripted/scenario.h"

static void a_write_whose_reply_is_lost_is_unknown_and_not_sent_again(void** state) {
  (void)state;
  const char* const ends[] = {"CLOSE", "RST", "HALFCLOSE", "SEND +O\nRST", "SEND +O\nHALFCLOSE"};
  for (size_t i = 0; i < COUNT_OF(ends); i++) {
    char script[256];
    snprintf(script, sizeof script, ALL_AT_A "EXPECT SET foo s3cret\n%s\nEXPECT GET foo\nBULK v\n", ends[i]);
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    assert_fails(cluster, "SET foo s3cret", 0, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "SET", "12182",
                 scripted_net_address(net, "a"));
    assert_int_equal(counter(cluster, "unknown"), 1);
    assert_answer(cluster, "GET foo", "v");
    assert_int_equal(scripted_net_count(net, "a", "SET"), 1);
    finish(cluster, net);
  }
}

static void half_a_reply_leaves_the_outcome_unknown(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT INCR foo\nSEND :1\nCLOSE\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_fails(cluster, "INCR foo", 0, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "INCR", scripted_net_address(net, "a"));
  finish(cluster, net);
}

static void a_reply_that_is_no_reply_leaves_the_outcome_unknown(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT INCR foo\nSEND HTTP/1.1 400\\r\\n\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_fails(cluster, "INCR foo", 0, RC_ERR_PROTOCOL, RC_OUTCOME_UNKNOWN, "INCR",
               scripted_net_address(net, "a"), "check that a Redis node listens there");
  finish(cluster, net);
}

static void a_read_whose_reply_is_lost_is_sent_again(void** state) {
  (void)state;
  const char* const ends[] = {"CLOSE",
                              "RST",
                              "HALFCLOSE",
                              "SEND $5\\r\\nha\nCLOSE",
                              "SEND $5\\r\\nha\nRST",
                              "SEND $5\\r\\nha\nHALFCLOSE"};
  for (size_t i = 0; i < COUNT_OF(ends); i++) {
    char script[256];
    snprintf(script, sizeof script, ALL_AT_A "EXPECT GET foo\n%s\nEXPECT GET foo\nBULK whole\n", ends[i]);
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    assert_answer(cluster, "GET foo", "whole");
    assert_int_equal(counter(cluster, "retries"), 1);
    finish(cluster, net);
  }
}

static void a_blocking_pop_whose_reply_is_lost_is_unknown_and_a_blocking_read_is_sent_again(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT BLPOP foo 0\n"
                                         "CLOSE\n"
                                         "EXPECT XREAD BLOCK 0 STREAMS foo $\n"
                                         "CLOSE\n"
                                         "EXPECT XREAD BLOCK 0 STREAMS foo $\n"
                                         "SEND *0\\r\\n\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_fails(cluster, "BLPOP foo 0", 0, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "BLPOP",
               scripted_net_address(net, "a"));
  rc_error* error = NULL;
  rc_reply* reply = run(cluster, "XREAD BLOCK 0 STREAMS foo $", 0, &error);
  assert_no_error(error);
  assert_int_equal(rc_reply_type(reply), RC_REPLY_ARRAY);
  rc_reply_free(reply);
  finish(cluster, net);
}

// Its flags are the server's: only they say whether it may be sent again.
static void a_command_that_only_the_server_knows_is_sent_again_if_it_says_that_it_reads(void** state) {
  (void)state;
  static const struct {
    const char* flag;
    int again;
  } kinds[] = {{"readonly", 1}, {"write", 0}};
  for (size_t i = 0; i < COUNT_OF(kinds); i++) {
    char script[512];
    snprintf(script, sizeof script,
             ALL_AT_A
             "EXPECT COMMAND INFO MY.THING\n"
             "SEND *1\\r\\n*6\\r\\n$8\\r\\nmy.thing\\r\\n:2\\r\\n*1\\r\\n+%s\\r\\n:1\\r\\n:1\\r\\n:1\\r\\n\n"
             "EXPECT MY.THING foo\n"
             "CLOSE\n%s",
             kinds[i].flag, kinds[i].again ? "EXPECT MY.THING foo\nREPLY +again\n" : "");
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    if (kinds[i].again) {
      assert_answer(cluster, "MY.THING foo", "again");
    } else {
      assert_fails(cluster, "MY.THING foo", 0, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "MY.THING",
                   scripted_net_address(net, "a"));
    }
    finish(cluster, net);
  }
}

static void a_write_that_is_lost_after_a_redirect_is_unknown(void** state) {
  (void)state;
  const char* const redirects[] = {MOVED_TO_B, ASK_B};
  const char* const asking[] = {"", "EXPECT ASKING\nREPLY +OK\n"};
  for (size_t i = 0; i < COUNT_OF(redirects); i++) {
    char script_a[256];
    char script_b[256];
    snprintf(script_a, sizeof script_a, ALL_AT_A_FOR_GOOD "EXPECT INCR foo\n%s", redirects[i]);
    snprintf(script_b, sizeof script_b, "ALWAYS EXPECT CLUSTER SLOTS ->\n%sEXPECT INCR foo\nCLOSE\n",
             asking[i]);
    scripted_net* net = scripted_net_start("a", script_a, "b", script_b, NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    assert_fails(cluster, "INCR foo", 0, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "INCR",
                 scripted_net_address(net, "b"));
    assert_int_equal(scripted_net_count(net, "a", "INCR") + scripted_net_count(net, "b", "INCR"), 2);
    finish(cluster, net);
  }
}

// Both went out together; what the node did with the second it did not tell.
static void an_asking_that_is_lost_leaves_the_write_unknown_and_is_not_sent_again(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A_FOR_GOOD "EXPECT INCR foo\n" ASK_B, "b",
                                         "ALWAYS EXPECT CLUSTER SLOTS ->\nEXPECT ASKING\nCLOSE\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_fails(cluster, "INCR foo", 0, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "INCR", scripted_net_address(net, "b"));
  assert_int_equal(scripted_net_count(net, "b", "INCR"), 0);
  finish(cluster, net);
}

static void an_idempotent_write_is_sent_again(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT SET foo 1\n"
                                         "CLOSE\n"
                                         "EXPECT SET foo 1\n"
                                         "REPLY +OK\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_call_options* options = call_options(0, 1);
  const char* const set[] = {"SET", "foo", "1"};
  rc_error* error = NULL;
  rc_reply* reply = rc_command_with(cluster, options, 3, set, NULL, &error);
  assert_no_error(error);
  assert_text(reply, "OK");
  rc_reply_free(reply);
  rc_call_options_free(options);
  finish(cluster, net);
}

// That the second node refuses does not tell what the first has done.
static void a_later_refusal_does_not_hide_that_an_earlier_try_may_have_run(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT SET foo s3cret\n"
                                         "CLOSE\n"
                                         "ALWAYS EXPECT SET foo s3cret REPLY -CLUSTERDOWN down\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_call_options* options = call_options(150, 1);
  const char* const set[] = {"SET", "foo", "s3cret"};
  rc_error* error = NULL;
  assert_null(rc_command_with(cluster, options, 3, set, NULL, &error));
  assert_int_equal(rc_error_outcome(error), RC_OUTCOME_UNKNOWN);
  assert_non_null(strstr(rc_error_message(error), scripted_net_address(net, "a")));
  rc_error_free(error);
  rc_call_options_free(options);
  finish(cluster, net);
}

static void a_refused_connection_means_not_sent(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_B, "b", "REFUSE\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  await_script(net, "b");
  assert_fails(cluster, "SET foo s3cret", 150, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "SET", "12182",
               scripted_net_address(net, "b"), "check that the node runs");
  assert_int_equal(counter(cluster, "unknown"), 0);
  assert_true(counter(cluster, "retries") >= 1);
  finish(cluster, net);
}

static void a_connection_refused_for_a_while_is_tried_again(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_B, "b",
                                         ALL_AT_B
                                         "EXPECT GET foo\n"
                                         "REFUSE\n"
                                         "CLOSE\n"
                                         "SLEEP 100\n"
                                         "LISTEN\n"
                                         "EXPECT GET foo\n"
                                         "BULK v\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 20000);
  assert_answer(cluster, "GET foo", "v");
  assert_true(counter(cluster, "retries") >= 2);
  finish(cluster, net);
}

static void a_command_that_was_sent_in_part_is_unknown(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT GET foo\nBULK v\nACCEPT\nSILENCE\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_answer(cluster, "GET foo", "v");
  const size_t size = 16 * 1024 * 1024;  // no socket takes that much
  char* value = calloc(1, size);
  assert_non_null(value);
  const char* const set[] = {"SET", "foo", value};
  const size_t lengths[] = {3, 3, size};
  rc_call_options* options = call_options(1000, 0);
  rc_error* error = NULL;
  assert_null(rc_command_with(cluster, options, 3, set, lengths, &error));
  assert_error(error, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "SET", scripted_net_address(net, "a"));
  rc_error_free(error);
  rc_call_options_free(options);
  free(value);
  finish(cluster, net);
}

static void a_server_error_says_whether_the_command_ran(void** state) {
  (void)state;
  static const struct {
    const char* line;
    int code;
    int outcome;
    const char* word;
  } lines[] = {
      {"WRONGTYPE Operation against a key holding the wrong kind of value", RC_ERR_SERVER,
       RC_OUTCOME_EXECUTED, "WRONGTYPE"},
      {"ERR value is not an integer or out of range", RC_ERR_SERVER, RC_OUTCOME_EXECUTED, "ERR"},
      {"ERR unknown command 'LPUSH', with args beginning with: 'foo' 's3cret' ", RC_ERR_SERVER,
       RC_OUTCOME_REFUSED, "ERR"},
      {"ERR unknown subcommand 'X'. Try LPUSH HELP.", RC_ERR_SERVER, RC_OUTCOME_REFUSED, "ERR"},
      {"ERR Unknown subcommand or wrong number of arguments for 'X'", RC_ERR_SERVER, RC_OUTCOME_REFUSED,
       "ERR"},
      {"ERR wrong number of arguments for 'lpush' command", RC_ERR_SERVER, RC_OUTCOME_REFUSED, "ERR"},
      {"NOAUTH Authentication required.", RC_ERR_AUTH, RC_OUTCOME_REFUSED, "NOAUTH"},
      {"NOPERM this user has no permissions", RC_ERR_SERVER, RC_OUTCOME_REFUSED, "NOPERM"},
      {"CROSSSLOT Keys in request don't hash to the same slot", RC_ERR_CROSS_SLOT, RC_OUTCOME_REFUSED,
       "CROSSSLOT"},
      {"OOM command not allowed when used memory > 'maxmemory'.", RC_ERR_SERVER, RC_OUTCOME_REFUSED, "OOM"},
      {"MISCONF Redis is configured to save RDB snapshots", RC_ERR_SERVER, RC_OUTCOME_REFUSED, "MISCONF"},
      {"NOREPLICAS Not enough good replicas to write.", RC_ERR_SERVER, RC_OUTCOME_REFUSED, "NOREPLICAS"},
  };
  for (size_t i = 0; i < COUNT_OF(lines); i++) {
    char script[512];
    snprintf(script, sizeof script, ALL_AT_A "EXPECT LPUSH foo s3cret\nREPLY -%s\n", lines[i].line);
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    rc_error* error = NULL;
    assert_null(run(cluster, "LPUSH foo s3cret", 0, &error));
    assert_error(error, lines[i].code, lines[i].outcome, "LPUSH", scripted_net_address(net, "a"),
                 lines[i].word);
    assert_string_equal(rc_error_server_code(error), lines[i].word);
    rc_error_free(error);
    assert_int_equal(scripted_net_count(net, "a", "LPUSH"), 1);
    finish(cluster, net);
  }
}

static void an_idle_connection_that_the_server_closed_costs_no_write_its_outcome(void** state) {
  (void)state;
  const char* const ends[] = {"CLOSE", "RST", "HALFCLOSE"};
  for (size_t i = 0; i < COUNT_OF(ends); i++) {
    char script[256];
    snprintf(script, sizeof script,
             ALL_AT_A
             "ALWAYS EXPECT INCR foo REPLY :2\n"
             "EXPECT INCR foo\n"
             "REPLY :1\n"
             "%s\n",
             ends[i]);
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    assert_answer(cluster, "INCR foo", "1");
    await_script(net, "a");
    long_enough_to_be_idle();
    assert_answer(cluster, "INCR foo", "2");
    assert_int_equal(counter(cluster, "unknown"), 0);
    assert_int_equal(scripted_net_count(net, "a", "INCR"), 2);
    finish(cluster, net);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_write_whose_reply_is_lost_is_unknown_and_not_sent_again),
      cmocka_unit_test(half_a_reply_leaves_the_outcome_unknown),
      cmocka_unit_test(a_reply_that_is_no_reply_leaves_the_outcome_unknown),
      cmocka_unit_test(a_read_whose_reply_is_lost_is_sent_again),
      cmocka_unit_test(a_blocking_pop_whose_reply_is_lost_is_unknown_and_a_blocking_read_is_sent_again),
      cmocka_unit_test(a_command_that_only_the_server_knows_is_sent_again_if_it_says_that_it_reads),
      cmocka_unit_test(a_write_that_is_lost_after_a_redirect_is_unknown),
      cmocka_unit_test(an_asking_that_is_lost_leaves_the_write_unknown_and_is_not_sent_again),
      cmocka_unit_test(an_idempotent_write_is_sent_again),
      cmocka_unit_test(a_later_refusal_does_not_hide_that_an_earlier_try_may_have_run),
      cmocka_unit_test(a_refused_connection_means_not_sent),
      cmocka_unit_test(a_connection_refused_for_a_while_is_tried_again),
      cmocka_unit_test(a_command_that_was_sent_in_part_is_unknown),
      cmocka_unit_test(a_server_error_says_whether_the_command_ran),
      cmocka_unit_test(an_idle_connection_that_the_server_closed_costs_no_write_its_outcome),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
