// G1: your reply is yours. A late one is dropped, and a timeout closes no healthy connection.
#include <pthread.h>
#include <stdlib.h>

#include "scripted/scenario.h"

// The time of the calls that follow is not spent on connecting.
#define WARM "ALWAYS EXPECT GET warm -> BULK w\n"
static rc_cluster* open_warm(const scripted_net* net) {
  rc_cluster* cluster = open_at(net, "a", 10000);
  assert_answer(cluster, "GET warm", "w");
  return cluster;
}

static void assert_timed_out(rc_cluster* cluster, const scripted_net* net, const char* line) {
  assert_fails(cluster, line, 50, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, scripted_net_address(net, "a"));
}

static void the_late_reply_of_a_call_goes_to_no_other(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A WARM
                                         "EXPECT GET late\n"
                                         "EXPECT_SAME GET mine\n"
                                         "BULK late\n"
                                         "BULK mine\n",
                                         NULL);
  rc_cluster* cluster = open_warm(net);
  assert_timed_out(cluster, net, "GET late");
  const int connections = scripted_net_connections(net, "a");
  assert_answer(cluster, "GET mine", "mine");
  assert_int_equal(scripted_net_connections(net, "a"), connections);
  assert_int_equal(counter(cluster, "timeouts"), 1);
  finish(cluster, net);
}

static void a_reply_that_was_half_here_goes_to_no_other(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A WARM
                                         "EXPECT LRANGE late 0 -1\n"
                                         "SEND *3\\r\\n$4\\r\\nla\n"
                                         "EXPECT_SAME GET mine\n"
                                         "SEND te\\r\\n:1\\r\\n*1\\r\\n+x\\r\\n\n"
                                         "BULK mine\n",
                                         NULL);
  rc_cluster* cluster = open_warm(net);
  assert_timed_out(cluster, net, "LRANGE late 0 -1");
  const int connections = scripted_net_connections(net, "a");
  assert_answer(cluster, "GET mine", "mine");
  assert_int_equal(scripted_net_connections(net, "a"), connections);
  finish(cluster, net);
}

static void the_late_part_of_a_pipeline_goes_to_no_other(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A WARM
                                         "EXPECT SET {foo}1 s3cret\n"
                                         "REPLY +OK\n"
                                         "EXPECT_SAME GET {foo}2\n"
                                         "EXPECT_SAME SET {foo}3 s3cret\n"
                                         "EXPECT_SAME GET foo\n"
                                         "BULK late\n"
                                         "REPLY +late\n"
                                         "BULK mine\n"
                                         "EXPECT GET bar\n"
                                         "BULK mine too\n",
                                         NULL);
  rc_cluster* cluster = open_warm(net);
  rc_error* error = NULL;
  rc_reply* reply =
      pipeline(cluster, COMMANDS("SET {foo}1 s3cret", "GET {foo}2", "SET {foo}3 s3cret"), 500, &error);
  assert_no_error(error);
  assert_element(reply, 0, "OK");
  assert_element_error(reply, 1, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "GET", scripted_net_address(net, "a"));
  assert_element_error(reply, 2, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "SET", scripted_net_address(net, "a"));
  rc_reply_free(reply);
  const int connections = scripted_net_connections(net, "a");
  reply = pipeline(cluster, COMMANDS("GET foo", "GET bar"), 0, &error);
  assert_no_error(error);
  assert_element(reply, 0, "mine");
  assert_element(reply, 1, "mine too");
  rc_reply_free(reply);
  assert_int_equal(scripted_net_connections(net, "a"), connections);
  finish(cluster, net);
}

static void the_late_reply_of_a_transaction_goes_to_no_other(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A WARM
                                         "EXPECT MULTI\n"
                                         "REPLY +OK\n"
                                         "EXPECT SET foo s3cret\n"
                                         "REPLY +QUEUED\n"
                                         "EXPECT EXEC\n"
                                         "EXPECT_SAME GET foo\n"
                                         "SEND *1\\r\\n+OK\\r\\n\n"
                                         "BULK mine\n",
                                         NULL);
  rc_cluster* cluster = open_warm(net);
  rc_error* error = NULL;
  assert_null(transaction(cluster, COMMANDS("SET foo s3cret"), 50, &error));
  assert_error(error, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "transaction", scripted_net_address(net, "a"));
  rc_error_free(error);
  assert_answer(cluster, "GET foo", "mine");
  finish(cluster, net);
}

static void a_reply_that_nobody_asked_for_goes_to_no_call(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT GET one\n"
                                         "SEND $1\\r\\n1\\r\\n$8\\r\\nunwanted\\r\\n\n"
                                         "EXPECT GET two\n"
                                         "BULK 2\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  assert_answer(cluster, "GET one", "1");
  assert_answer(cluster, "GET two", "2");
  finish(cluster, net);
}

#define THREADS 8
#define CALLS 150

typedef struct caller {
  rc_cluster* cluster;
  int number;
  int mine;
  int late;
  char problem[256];  // what came instead
  pthread_t thread;
} caller;

static void* call_with_random_timeouts(void* context) {
  caller* self = context;
  unsigned seed = (unsigned)self->number;
  char line[32];
  char expected[32];
  snprintf(line, sizeof line, "GET key:%d", self->number);
  snprintf(expected, sizeof expected, "value:%d", self->number);
  for (int i = 0; i < CALLS && self->problem[0] == '\0'; i++) {
    rc_error* error = NULL;
    const int tiny = rand_r(&seed) % 3 == 0;
    rc_reply* reply = run(self->cluster, line, tiny ? 1 + rand_r(&seed) % 4 : 0, &error);
    const char* got = rc_reply_string(reply, NULL);
    if (got != NULL && strcmp(got, expected) == 0) {
      self->mine++;
    } else if (reply == NULL && tiny && rc_error_code(error) == RC_ERR_TIMEOUT) {
      self->late++;
    } else {
      snprintf(self->problem, sizeof self->problem, "%s: %s", line, got ? got : rc_error_message(error));
    }
    rc_reply_free(reply);
    rc_error_free(error);
  }
  return NULL;
}

static void callers_beside_others_that_time_out_get_their_own_replies(void** state) {
  (void)state;
  char script[1024];
  int length = snprintf(script, sizeof script, ALL_AT_A);
  for (int i = 0; i < THREADS; i++) {
    length += snprintf(script + length, sizeof script - (size_t)length,
                       "ALWAYS EXPECT GET key:%d -> %sBULK value:%d\n", i, i % 2 ? "SLEEP 1 ; " : "", i);
  }
  scripted_net* net = scripted_net_start("a", script, NULL);
  rc_cluster* cluster = open_at(net, "a", 60000);
  caller callers[THREADS];
  for (int i = 0; i < THREADS; i++) {
    callers[i] = (caller){.cluster = cluster, .number = i};
    assert_int_equal(pthread_create(&callers[i].thread, NULL, call_with_random_timeouts, &callers[i]), 0);
  }
  int mine = 0;
  int late = 0;
  for (int i = 0; i < THREADS; i++) {
    pthread_join(callers[i].thread, NULL);
    mine += callers[i].mine;
    late += callers[i].late;
  }
  for (int i = 0; i < THREADS; i++) assert_string_equal(callers[i].problem, "");
  assert_int_equal(mine + late, THREADS * CALLS);
  assert_true(mine > 0);
  assert_true(late > 0);
  assert_int_equal(counter(cluster, "timeouts"), late);
  finish(cluster, net);
}

static void a_silent_connection_is_given_up_after_the_default_timeout_and_not_before(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT GET foo\n"
                                         "SILENCE\n"
                                         "ALWAYS EXPECT GET foo -> BULK v\n",
                                         NULL);
  const int default_timeout = 400;
  rc_cluster* cluster = open_at(net, "a", default_timeout);
  const long long start = test_now_ms();
  int failed = 0;
  rc_reply* reply = NULL;
  while (reply == NULL && test_now_ms() < start + default_timeout + MARGIN_MS) {
    rc_error* error = NULL;
    reply = run(cluster, "GET foo", 20, &error);
    if (reply == NULL) {
      failed++;
      assert_int_equal(rc_error_code(error), RC_ERR_TIMEOUT);
    }
    rc_error_free(error);
  }
  assert_text(reply, "v");
  rc_reply_free(reply);
  assert_true(failed >= 2);
  assert_true(test_now_ms() - start >= default_timeout / 10 * 9);
  finish(cluster, net);
}

static void a_slow_connection_is_not_given_up(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "ALWAYS EXPECT GET foo -> SLEEP 40 ; BULK v\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 1000);
  rc_error* error = NULL;
  rc_reply_free(run(cluster, "GET foo", 900, &error));
  assert_no_error(error);
  const int connections = scripted_net_connections(net, "a");
  // Each call is too short for its own reply; those of the ones before come all the time.
  const long long start = test_now_ms();
  while (test_now_ms() < start + 1300) {
    rc_reply_free(run(cluster, "GET foo", 30, &error));
    rc_error_free(error);
    error = NULL;
  }
  assert_true(counter(cluster, "timeouts") > 5);
  assert_int_equal(scripted_net_connections(net, "a"), connections);
  rc_cluster_free(cluster);
  scripted_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_late_reply_of_a_call_goes_to_no_other),
      cmocka_unit_test(a_reply_that_was_half_here_goes_to_no_other),
      cmocka_unit_test(the_late_part_of_a_pipeline_goes_to_no_other),
      cmocka_unit_test(the_late_reply_of_a_transaction_goes_to_no_other),
      cmocka_unit_test(a_reply_that_nobody_asked_for_goes_to_no_call),
      cmocka_unit_test(callers_beside_others_that_time_out_get_their_own_replies),
      cmocka_unit_test(a_silent_connection_is_given_up_after_the_default_timeout_and_not_before),
      cmocka_unit_test(a_slow_connection_is_not_given_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
