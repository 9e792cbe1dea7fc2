// G6: what rc_info_counter tells is what has happened, and as often.
#include "scripted/scenario.h"

static const char* const kNames[] = {"moved", "ask", "waits", "retries", "timeouts", "unknown"};
enum { kMoved, kAsk, kWaits, kRetries, kTimeouts, kUnknown, kCount };

typedef struct counts {
  int of[kCount];
} counts;

static counts count_all(rc_cluster* cluster) {
  counts all;
  rc_info* info = rc_cluster_info(cluster, NULL);
  for (size_t i = 0; i < kCount; i++) all.of[i] = (int)rc_info_counter(info, kNames[i]);
  rc_info_free(info);
  return all;
}

static void assert_counts(rc_cluster* cluster, const counts* expected, const char* what) {
  const counts got = count_all(cluster);
  int same = 1;
  for (size_t i = 0; i < kCount; i++) {
    if (got.of[i] == expected->of[i]) continue;
    print_error("%s: %d %s, not %d\n", what, got.of[i], kNames[i], expected->of[i]);
    same = 0;
  }
  assert_true(same);
}

typedef struct story {
  const char* what;
  const char* script_a;
  const char* script_b;
  const char* line;
  int timeout_ms;
  counts expected;
} story;

#define IS(...)     \
  {                 \
    { __VA_ARGS__ } \
  }

static void each_event_moves_its_counter_by_one_and_no_other(void** state) {
  (void)state;
  const story stories[] = {
      {"a reply", "EXPECT GET foo\nBULK v\n", "", "GET foo", 0, IS(0)},
      {"an error", "EXPECT GET foo\nREPLY -WRONGTYPE no\n", "", "GET foo", 0, IS(0)},
      {"MOVED", "EXPECT GET foo\n" MOVED_TO_B, "EXPECT GET foo\nBULK v\n", "GET foo", 0, IS([kMoved] = 1)},
      {"ASK", "EXPECT GET foo\n" ASK_B, "EXPECT ASKING\nREPLY +OK\nEXPECT GET foo\nBULK v\n", "GET foo", 0,
       IS([kAsk] = 1)},
      {"TRYAGAIN", "EXPECT GET foo\nREPLY -TRYAGAIN not yet\nEXPECT GET foo\nBULK v\n", "", "GET foo", 0,
       IS([kWaits] = 1)},
      {"a lost read", "EXPECT GET foo\nCLOSE\nEXPECT GET foo\nBULK v\n", "", "GET foo", 0,
       IS([kRetries] = 1, [kUnknown] = 1)},
      {"a lost write", "EXPECT SET foo 1\nCLOSE\n", "", "SET foo 1", 0, IS([kUnknown] = 1)},
      {"a silent node", "EXPECT SET foo 1\n", "", "SET foo 1", 100, IS([kTimeouts] = 1, [kUnknown] = 1)},
      {"ASK after MOVED after TRYAGAIN",
       "EXPECT GET foo\nREPLY -TRYAGAIN not yet\nEXPECT GET foo\n" MOVED_TO_B
       "EXPECT ASKING\nREPLY +OK\nEXPECT GET foo\nBULK v\n",
       "EXPECT GET foo\nREPLY -ASK 12182 127.0.0.1:${port:a}\n", "GET foo", 0,
       IS([kMoved] = 1, [kAsk] = 1, [kWaits] = 1)},
  };
  for (size_t i = 0; i < COUNT_OF(stories); i++) {
    const story* one = &stories[i];
    char script_a[512];
    char script_b[512];
    snprintf(script_a, sizeof script_a, ALL_AT_A_FOR_GOOD "ALWAYS EXPECT GET warm -> BULK w\n%s",
             one->script_a);
    snprintf(script_b, sizeof script_b, "ALWAYS EXPECT CLUSTER SLOTS ->\n%s", one->script_b);
    scripted_net* net = scripted_net_start("a", script_a, "b", script_b, NULL);
    rc_cluster* cluster = open_at(net, "a", 30000);
    assert_answer(cluster, "GET warm", "w");  // the call's time is not spent on connecting
    assert_counts(cluster, &(counts)IS(0), one->what);
    rc_error* error = NULL;
    rc_reply_free(run(cluster, one->line, one->timeout_ms, &error));
    rc_error_free(error);
    assert_counts(cluster, &one->expected, one->what);
    finish(cluster, net);
  }
}

// Each command of a pipeline has a course of its own.
static void a_pipeline_counts_for_each_of_its_commands(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a",
                         ALL_AT_A_FOR_GOOD "EXPECT GET {foo}1\n" MOVED_TO_B "EXPECT GET {foo}2\n" MOVED_TO_B
                                           "EXPECT GET {foo}3\n" ASK_B
                                           "EXPECT GET {foo}4\n"
                                           "REPLY -TRYAGAIN not yet\n"
                                           "EXPECT GET {foo}5\n"
                                           "BULK v\n",
                         "b",
                         "ALWAYS EXPECT CLUSTER SLOTS ->\n"
                         "ALWAYS EXPECT ASKING REPLY +OK\n"
                         "ALWAYS EXPECT GET * -> BULK v\n",
                         NULL);
  rc_cluster* cluster = open_at(net, "a", 30000);
  rc_error* error = NULL;
  rc_reply* reply = pipeline(
      cluster, COMMANDS("GET {foo}1", "GET {foo}2", "GET {foo}3", "GET {foo}4", "GET {foo}5"), 0, &error);
  assert_no_error(error);
  for (size_t i = 0; i < 5; i++) assert_element(reply, i, "v");
  rc_reply_free(reply);
  assert_counts(cluster, &(counts)IS([kMoved] = 2, [kAsk] = 1, [kWaits] = 1), "the pipeline");
  finish(cluster, net);
}

static void connects_counts_the_connections_that_were_made(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a",
                         ALL_AT_A
                         "ALWAYS EXPECT BLPOP foo 1 -> SEND *2\\r\\n$3\\r\\nfoo\\r\\n$1\\r\\nv\\r\\n\n"
                         "EXPECT GET foo\n"
                         "BULK v\n"
                         "EXPECT GET foo\n"
                         "BULK v\n"
                         "CLOSE\n"
                         "EXPECT GET foo\n"
                         "BULK v\n",
                         NULL);
  rc_cluster* cluster = open_at(net, "a", 30000);
  assert_int_equal(counter(cluster, "connects"), 1);  // for the map; blocking commands use it too
  const int after_each_get[] = {2, 2, 3};
  for (size_t i = 0; i < COUNT_OF(after_each_get); i++) {
    assert_answer(cluster, "GET foo", "v");
    assert_int_equal(counter(cluster, "connects"), after_each_get[i]);
    long_enough_to_be_idle();
  }
  rc_reply_free(run(cluster, "BLPOP foo 1", 0, NULL));
  assert_int_equal(counter(cluster, "connects"), 3);
  assert_int_equal(scripted_net_connections(net, "a"), 3);
  assert_counts(cluster, &(counts)IS(0), "an idle connection that was closed");
  finish(cluster, net);
}

static void connects_counts_no_attempt_that_failed(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_B, "b", "REFUSE\n", NULL);
  await_script(net, "b");
  rc_cluster* cluster = open_at(net, "a", 30000);
  assert_fails(cluster, "SET foo 1", 1000, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "SET");
  // None of those to b; of those to a the last may still be on its way to be one.
  const int made = scripted_net_connections(net, "a");
  assert_in_range(counter(cluster, "connects"), made - 1, made);
  assert_int_equal(counter(cluster, "timeouts"), 1);
  assert_int_equal(counter(cluster, "unknown"), 0);
  assert_true(counter(cluster, "retries") >= 2);
  finish(cluster, net);
}

static void refreshes_counts_how_often_the_map_was_asked_for(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT GET foo\n" MOVED_TO_B ALL_AT_B, "b",
                                         ALL_AT_B "ALWAYS EXPECT GET foo -> BULK v\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 30000);
  assert_int_equal(counter(cluster, "refreshes"), 1);
  assert_int_equal(rc_cluster_refresh(cluster, NULL), RC_OK);
  assert_int_equal(counter(cluster, "refreshes"), 2);
  // A MOVED wants one refresh, whichever node is asked, and those after it find it done.
  for (int i = 0; i < 2000 && counter(cluster, "refreshes") < 3; i++) {
    assert_answer(cluster, "GET foo", "v");
    test_nap();
  }
  const long long seen = test_now_ms();
  while (test_now_ms() < seen + 400) {  // the throttle would let another through by then
    assert_answer(cluster, "GET foo", "v");
    test_nap();
  }
  assert_int_equal(counter(cluster, "refreshes"), scripted_net_count(net, "a", "CLUSTER SLOTS") +
                                                      scripted_net_count(net, "b", "CLUSTER SLOTS"));
  assert_int_equal(counter(cluster, "refreshes"), 3);
  finish(cluster, net);
}

static void a_name_that_counts_nothing_is_zero(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A, NULL);
  rc_cluster* cluster = open_at(net, "a", 30000);
  assert_int_equal(counter(cluster, "connects"), 1);
  assert_int_equal(counter(cluster, "Connects"), 0);
  assert_int_equal(counter(cluster, ""), 0);
  rc_info* info = rc_cluster_info(cluster, NULL);
  assert_int_equal(rc_info_counter(info, NULL), 0);
  rc_info_free(info);
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_event_moves_its_counter_by_one_and_no_other),
      cmocka_unit_test(a_pipeline_counts_for_each_of_its_commands),
      cmocka_unit_test(connects_counts_the_connections_that_were_made),
      cmocka_unit_test(connects_counts_no_attempt_that_failed),
      cmocka_unit_test(refreshes_counts_how_often_the_map_was_asked_for),
      cmocka_unit_test(a_name_that_counts_nothing_is_zero),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
