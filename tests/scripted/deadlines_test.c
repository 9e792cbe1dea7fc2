// G4: one deadline a call, whatever the node does or does not do.
#include "scripted/call.h"

// Of each call here; the cluster's own timeout is much longer.
#define TIMEOUT_MS 150

// Asserts that the call took as long as it was given, and no longer.
#define assert_took(start, timeout_ms) \
  assert_in_range(test_now_ms() - (start), (timeout_ms)-1, (timeout_ms) + MARGIN_MS)

// Runs a call that must fail at its deadline.
#define assert_ends_in_time(call)          \
  do {                                     \
    const long long start = test_now_ms(); \
    assert_null(call);                     \
    assert_took(start, TIMEOUT_MS);        \
  } while (0)

static scripted_net* silent_after_open(const char* more) {
  char script[512];
  snprintf(script, sizeof script, OPENED_WITH_ALL_AT_A "%s", more);
  return scripted_net_start("a", script, NULL);
}

static void a_silent_node_ends_a_command_at_its_deadline(void** state) {
  (void)state;
  scripted_net* net = silent_after_open("EXPECT SET foo s3cret\nSILENCE\n");
  rc_cluster* cluster = open_at(net, "a", 30000);
  rc_error* error = NULL;
  assert_ends_in_time(run(cluster, "SET foo s3cret", TIMEOUT_MS, &error));
  assert_error(error, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "SET", "12182", scripted_net_address(net, "a"));
  rc_error_free(error);
  assert_int_equal(counter(cluster, "timeouts"), 1);
  assert_int_equal(counter(cluster, "unknown"), 1);
  finish(cluster, net);
}

static void a_silent_node_ends_a_pipeline_at_its_deadline(void** state) {
  (void)state;
  scripted_net* net = silent_after_open("EXPECT SET foo s3cret\nSILENCE\n");
  rc_cluster* cluster = open_at(net, "a", 30000);
  rc_error* error = NULL;
  const long long start = test_now_ms();
  rc_reply* reply = pipeline(cluster, COMMANDS("SET foo s3cret", "GET foo"), TIMEOUT_MS, &error);
  assert_took(start, TIMEOUT_MS);
  assert_no_error(error);
  for (size_t i = 0; i < 2; i++) {
    assert_element_error(reply, i, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, i == 0 ? "SET" : "GET",
                         scripted_net_address(net, "a"));
  }
  rc_reply_free(reply);
  finish(cluster, net);
}

static void a_silent_node_ends_a_transaction_at_its_deadline(void** state) {
  (void)state;
  scripted_net* net = silent_after_open("EXPECT MULTI\nREPLY +OK\nSILENCE\n");
  rc_cluster* cluster = open_at(net, "a", 30000);
  rc_error* error = NULL;
  assert_ends_in_time(transaction(cluster, COMMANDS("SET foo s3cret"), TIMEOUT_MS, &error));
  assert_error(error, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "transaction", scripted_net_address(net, "a"));
  rc_error_free(error);
  finish(cluster, net);
}

static int get_and_set_foo(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  (void)user_data;
  const char* const get[] = {"GET", "foo"};
  rc_reply_free(rc_watch_command(watch, 2, get, NULL, NULL));
  add(to_execute, "SET foo s3cret");
  return RC_WATCH_EXECUTE;
}

static rc_reply* watch_foo(rc_cluster* cluster, rc_error** error) {
  const char* const keys[] = {"foo"};
  rc_call_options* options = call_options(TIMEOUT_MS, 0);
  rc_reply* reply = rc_watch_transaction_with(cluster, options, 1, keys, NULL, get_and_set_foo, NULL, error);
  rc_call_options_free(options);
  return reply;
}

static void a_silent_node_ends_a_watch_at_its_deadline(void** state) {
  (void)state;
  static const struct {
    const char* script;
    int outcome;
  } stages[] = {
      {"EXPECT WATCH foo\nSILENCE\n", RC_OUTCOME_NOT_SENT},
      {"EXPECT WATCH foo\nREPLY +OK\nEXPECT GET foo\nSILENCE\n", RC_OUTCOME_NOT_SENT},
      {"EXPECT WATCH foo\nREPLY +OK\nEXPECT GET foo\nBULK 1\nEXPECT MULTI\nSILENCE\n", RC_OUTCOME_UNKNOWN},
  };
  for (size_t i = 0; i < COUNT_OF(stages); i++) {
    scripted_net* net = silent_after_open(stages[i].script);
    rc_cluster* cluster = open_at(net, "a", 30000);
    rc_error* error = NULL;
    assert_ends_in_time(watch_foo(cluster, &error));
    assert_error(error, RC_ERR_TIMEOUT, stages[i].outcome, "watch transaction",
                 scripted_net_address(net, "a"));
    rc_error_free(error);
    finish(cluster, net);
  }
}

static int take_too_long(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  (void)watch;
  (void)user_data;
  const long long start = test_now_ms();
  while (test_now_ms() <= start + TIMEOUT_MS) test_nap();
  add(to_execute, "SET foo s3cret");
  return RC_WATCH_EXECUTE;
}

static void the_time_of_a_watch_callback_counts(void** state) {
  (void)state;
  scripted_net* net = silent_after_open("EXPECT WATCH foo\nREPLY +OK\nALWAYS EXPECT UNWATCH REPLY +OK\n");
  rc_cluster* cluster = open_at(net, "a", 30000);
  const char* const keys[] = {"foo"};
  rc_call_options* options = call_options(TIMEOUT_MS, 0);
  rc_error* error = NULL;
  assert_null(rc_watch_transaction_with(cluster, options, 1, keys, NULL, take_too_long, NULL, &error));
  assert_error(error, RC_ERR_TIMEOUT, RC_OUTCOME_NOT_SENT, "watch transaction");
  rc_error_free(error);
  rc_call_options_free(options);
  finish(cluster, net);
}

static void a_silent_node_ends_a_refresh_at_its_deadline(void** state) {
  (void)state;
  scripted_net* net = silent_after_open("ALWAYS EXPECT CLUSTER SLOTS ->\n");
  rc_cluster* cluster = open_at(net, "a", 300);
  rc_error* error = NULL;
  const long long start = test_now_ms();
  assert_int_equal(rc_cluster_refresh(cluster, &error), RC_ERR_TIMEOUT);
  assert_took(start, 300);
  assert_int_equal(rc_error_code(error), RC_ERR_TIMEOUT);
  assert_non_null(strstr(rc_error_message(error), scripted_net_address(net, "a")));
  rc_error_free(error);
  assert_int_equal(slots_covered(cluster), 16384);
  finish(cluster, net);
}

// Opens with these options, which are taken, and must fail.
static rc_error* failure_to_open(rc_options* options, int timeout_ms) {
  rc_error* error = NULL;
  assert_int_equal(rc_options_set_timeout_ms(options, timeout_ms, NULL), RC_OK);
  const long long start = test_now_ms();
  assert_null(rc_cluster_open(options, &error));
  assert_in_range(test_now_ms() - start, 0, timeout_ms + MARGIN_MS);
  rc_options_free(options);
  return error;
}

static void a_silent_node_ends_an_open_at_its_deadline(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "SILENCE\n", NULL);
  rc_error* error = failure_to_open(options_for(net, "a", 1), 300);
  assert_int_equal(rc_error_code(error), RC_ERR_TIMEOUT);
  assert_non_null(strstr(rc_error_message(error), scripted_net_address(net, "a")));
  rc_error_free(error);
  assert_true(scripted_net_passed(net));
}

static void a_black_hole_ends_an_open_at_its_deadline(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "BLACKHOLE\n", NULL);
  await_script(net, "a");
  rc_error* error = failure_to_open(options_for(net, "a", 1), 300);
  assert_int_equal(rc_error_code(error), RC_ERR_TIMEOUT);
  assert_int_equal(rc_error_outcome(error), RC_OUTCOME_NOT_SENT);
  assert_non_null(strstr(rc_error_message(error), scripted_net_address(net, "a")));
  rc_error_free(error);
  rc_options* options = options_for(net, "a", 1);
  assert_int_equal(rc_options_set_connect_timeout_ms(options, 100, NULL), RC_OK);
  error = failure_to_open(options, 20000);
  assert_error(error, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, scripted_net_address(net, "a"), "100 ms",
               "check that the node runs");
  rc_error_free(error);
  assert_true(scripted_net_passed(net));
}

static void a_silent_handshake_ends_an_open_at_its_deadline(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "ALWAYS EXPECT AUTH ... -> SILENCE\n", NULL);
  rc_options* options = options_for(net, "a", 1);
  assert_int_equal(rc_options_set_password(options, "s3cret", NULL), RC_OK);
  rc_error* error = failure_to_open(options, 300);
  assert_int_equal(rc_error_code(error), RC_ERR_TIMEOUT);
  assert_int_equal(rc_error_outcome(error), RC_OUTCOME_NOT_SENT);
  assert_non_null(strstr(rc_error_message(error), scripted_net_address(net, "a")));
  rc_error_free(error);
  options = options_for(net, "a", 1);
  assert_int_equal(rc_options_set_password(options, "s3cret", NULL), RC_OK);
  assert_int_equal(rc_options_set_connect_timeout_ms(options, 100, NULL), RC_OK);
  error = failure_to_open(options, 20000);
  assert_error(error, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, scripted_net_address(net, "a"), "handshake");
  rc_error_free(error);
  assert_true(scripted_net_passed(net));
}

static void a_black_hole_ends_a_command_at_its_deadline(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_B, "b", "BLACKHOLE\n", NULL);
  await_script(net, "b");
  rc_cluster* cluster = open_at(net, "a", 30000);
  rc_error* error = NULL;
  assert_ends_in_time(run(cluster, "SET foo s3cret", TIMEOUT_MS, &error));
  assert_error(error, RC_ERR_TIMEOUT, RC_OUTCOME_NOT_SENT, "SET", "12182", scripted_net_address(net, "b"));
  rc_error_free(error);
  finish(cluster, net);
}

static void a_reply_that_drips_ends_at_the_deadline(void** state) {
  (void)state;
  scripted_net* net = silent_after_open(
      "EXPECT GET foo\nDRIP 1 20 $60\\r\\n0123456789012345678901234567890123456789\\r\\n\n");
  rc_cluster* cluster = open_at(net, "a", 30000);
  rc_error* error = NULL;
  assert_ends_in_time(run(cluster, "GET foo", TIMEOUT_MS, &error));
  assert_error(error, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "GET", scripted_net_address(net, "a"));
  rc_error_free(error);
  rc_cluster_free(cluster);
  scripted_net_free(net);
}

static void a_short_timeout_leaves_a_longer_one_beside_it_its_reply(void** state) {
  (void)state;
  const int hasty_comes_first[] = {0, 1};
  for (size_t i = 0; i < COUNT_OF(hasty_comes_first); i++) {
    scripted_net* net = scripted_net_start("a",
                                           ALL_AT_A
                                           "ALWAYS EXPECT GET hasty -> SLEEP 300 ; BULK hasty\n"
                                           "ALWAYS EXPECT GET slow -> SLEEP 300 ; BULK slow\n",
                                           NULL);
    rc_cluster* cluster = open_at(net, "a", 30000);
    rc_error* error = NULL;
    call slow = {.cluster = cluster, .line = "GET slow"};
    if (hasty_comes_first[i]) {
      assert_null(run(cluster, "GET hasty", 50, &error));
      begin(&slow);
    } else {
      begin(&slow);
      TEST_WAIT(scripted_net_count(net, "a", "GET slow") == 1, 5000);
      rc_reply* none = run(cluster, "GET hasty", 50, &error);
      await_end(&slow);
      assert_null(none);
    }
    if (hasty_comes_first[i]) await_end(&slow);
    assert_error(error, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "GET", scripted_net_address(net, "a"));
    rc_error_free(error);
    assert_no_error(slow.error);
    assert_text(slow.reply, "slow");
    rc_reply_free(slow.reply);
    rc_cluster_free(cluster);
    scripted_net_free(net);
  }
}

static void a_frozen_node_slows_no_call_to_another(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a",
                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-5999 a 6000-16383 b\n"
                         "ALWAYS EXPECT GET bar -> BULK v\n",
                         "b", "ALWAYS EXPECT GET slow ->\nALWAYS EXPECT CLUSTER SLOTS ->\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 30000);
  assert_true(rc_key_slot("slow", 4) >= 6000);
  call slow = {.cluster = cluster, .line = "GET slow"};
  begin(&slow);
  const int asked = TEST_WAIT(scripted_net_count(net, "b", "GET slow") == 1, 5000);
  int answered = 0;
  for (int i = 0; i < 50 && answered == i; i++) {
    rc_reply* reply = run(cluster, "GET bar", MARGIN_MS, NULL);
    answered += rc_reply_string(reply, NULL) != NULL;
    rc_reply_free(reply);
  }
  rc_cluster_close(cluster);
  await_end(&slow);
  assert_true(asked);
  assert_int_equal(answered, 50);
  assert_null(slow.reply);
  assert_error(slow.error, RC_ERR_CLOSED, RC_OUTCOME_UNKNOWN, "GET");
  rc_error_free(slow.error);
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_silent_node_ends_a_command_at_its_deadline),
      cmocka_unit_test(a_silent_node_ends_a_pipeline_at_its_deadline),
      cmocka_unit_test(a_silent_node_ends_a_transaction_at_its_deadline),
      cmocka_unit_test(a_silent_node_ends_a_watch_at_its_deadline),
      cmocka_unit_test(the_time_of_a_watch_callback_counts),
      cmocka_unit_test(a_silent_node_ends_a_refresh_at_its_deadline),
      cmocka_unit_test(a_silent_node_ends_an_open_at_its_deadline),
      cmocka_unit_test(a_black_hole_ends_an_open_at_its_deadline),
      cmocka_unit_test(a_silent_handshake_ends_an_open_at_its_deadline),
      cmocka_unit_test(a_black_hole_ends_a_command_at_its_deadline),
      cmocka_unit_test(a_reply_that_drips_ends_at_the_deadline),
      cmocka_unit_test(a_short_timeout_leaves_a_longer_one_beside_it_its_reply),
      cmocka_unit_test(a_frozen_node_slows_no_call_to_another),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
