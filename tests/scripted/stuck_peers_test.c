// G4, G5: peers that take part of a connection and then get stuck hold up nobody but their own callers, and
// those until their deadline.
#include <pthread.h>
#include <stdlib.h>

#include "scripted/scenario.h"

#define FOO_AT_B "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-5999 a 6000-16383 b\n"
#define BAR_AT_A FOO_AT_B "ALWAYS EXPECT GET bar -> BULK v\n"

typedef struct getter {
  rc_cluster* cluster;
  int stop;
  int answered;
  int failed;
  long long slowest_ms;
  pthread_t thread;
} getter;

static void* get_bar(void* context) {
  getter* self = context;
  while (!__atomic_load_n(&self->stop, __ATOMIC_ACQUIRE)) {
    const long long start = test_now_ms();
    rc_reply* reply = run(self->cluster, "GET bar", 0, NULL);
    const long long took = test_now_ms() - start;
    if (took > self->slowest_ms) self->slowest_ms = took;
    if (reply != NULL) __atomic_add_fetch(&self->answered, 1, __ATOMIC_RELEASE);
    if (reply == NULL) self->failed++;
    rc_reply_free(reply);
  }
  return NULL;
}

static void start(getter* self) { assert_int_equal(pthread_create(&self->thread, NULL, get_bar, self), 0); }

// All of them were answered, also those after this was called.
static void assert_unaffected(getter* self) {
  const int before = __atomic_load_n(&self->answered, __ATOMIC_ACQUIRE);
  const int went_on = TEST_WAIT(__atomic_load_n(&self->answered, __ATOMIC_ACQUIRE) > before, 5000);
  __atomic_store_n(&self->stop, 1, __ATOMIC_RELEASE);
  pthread_join(self->thread, NULL);
  assert_true(went_on);
  assert_int_equal(self->failed, 0);
  assert_in_range(self->slowest_ms, 0, MARGIN_MS);
}

static rc_cluster* open_with_password(const scripted_net* net, int timeout_ms) {
  rc_options* options = options_for(net, "a", timeout_ms);
  assert_int_equal(rc_options_set_password(options, "s3cret", NULL), RC_OK);
  assert_int_equal(rc_options_set_connect_timeout_ms(options, timeout_ms, NULL), RC_OK);
  return open_with(options);
}

#ifdef __SANITIZE_THREAD__  // which takes seconds to copy so much
#define HUGE_SIZE ((size_t)20 * 1024 * 1024)
#else
#define HUGE_SIZE ((size_t)100 * 1024 * 1024)
#endif

// Serves the first connection no further than its handshake, and no refresh.
#define SILENT_ONCE_OPEN                                                                                \
  "ALWAYS EXPECT CLUSTER SLOTS ->\nEXPECT CLIENT SETINFO LIB-NAME *\nREPLY +OK\nEXPECT CLIENT SETINFO " \
  "LIB-VER *\nREPLY +OK\nEXPECT PING *\nECHO\nSILENCE\n"

static void a_peer_that_stops_reading_in_the_middle_of_a_huge_command_ends_it_at_its_deadline(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", BAR_AT_A, "b", SILENT_ONCE_OPEN, NULL);
  getter other = {.cluster = open_at(net, "a", 30000)};
  char* value = calloc(1, HUGE_SIZE);
  assert_non_null(value);
  const char* const set[] = {"SET", "foo", value};
  const size_t lengths[] = {3, 3, HUGE_SIZE};
  const int timeout_ms = 1000;
  rc_call_options* options = call_options(timeout_ms, 0);
  rc_error* error = NULL;
  start(&other);
  const long long begin = test_now_ms();
  rc_reply* reply = rc_command_with(other.cluster, options, 3, set, lengths, &error);
  const long long took = test_now_ms() - begin;
  assert_unaffected(&other);
  assert_null(reply);
  assert_in_range(took, timeout_ms - 1, timeout_ms + MARGIN_MS);
  assert_error(error, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "SET", "12182", scripted_net_address(net, "b"));
  rc_error_free(error);
  rc_call_options_free(options);
  free(value);
  finish(other.cluster, net);
}

static void a_peer_that_stops_reading_costs_a_pipeline_only_its_own_commands(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", BAR_AT_A "ALWAYS EXPECT SET bar 1 -> REPLY +OK\n", "b", SILENT_ONCE_OPEN, NULL);
  rc_cluster* cluster = open_at(net, "a", 30000);
  char* value = calloc(1, HUGE_SIZE);
  assert_non_null(value);
  const char* const set[] = {"SET", "foo", value};
  const size_t lengths[] = {3, 3, HUGE_SIZE};
  rc_commands* commands = COMMANDS("GET bar", "GET bar");
  assert_int_equal(rc_commands_add(commands, 3, set, lengths, NULL), RC_OK);
  free(value);
  add(commands, "SET bar 1");
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, commands, 1000, &error);
  assert_no_error(error);
  assert_element(reply, 0, "v");
  assert_element(reply, 1, "v");
  assert_element_error(reply, 2, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "SET", scripted_net_address(net, "b"));
  // What comes after the huge command goes to another node, which waits for nobody.
  assert_element(reply, 3, "OK");
  rc_reply_free(reply);
  assert_int_equal(scripted_net_count(net, "a", "SET"), 1);
  assert_int_equal(scripted_net_count(net, "a", "GET"), 2);
  finish(cluster, net);
}

static void a_peer_that_accepts_and_says_nothing_holds_up_only_its_own_callers(void** state) {
  (void)state;
  static const struct {
    const char* script;
    int password;
    int outcome;
  } peers[] = {
      {"SILENCE\n", 0, RC_OUTCOME_NOT_SENT},
      {"ALWAYS EXPECT ... ->\n", 0, RC_OUTCOME_UNKNOWN},
      {"SILENCE\n", 1, RC_OUTCOME_NOT_SENT},
      {"ALWAYS EXPECT AUTH * -> SILENCE\n", 1, RC_OUTCOME_NOT_SENT},
      {"ALWAYS EXPECT AUTH * -> SEND +O ; SILENCE\n", 1, RC_OUTCOME_NOT_SENT},
      {"ALWAYS EXPECT AUTH * -> DRIP 1 50 +this takes longer than the call may\\r\\n\n", 1,
       RC_OUTCOME_NOT_SENT},
      {"BLACKHOLE\n", 0, RC_OUTCOME_NOT_SENT},
      {"BLACKHOLE\n", 1, RC_OUTCOME_NOT_SENT},
  };
  for (size_t i = 0; i < COUNT_OF(peers); i++) {
    scripted_net* net =
        scripted_net_start("a", "ALWAYS EXPECT AUTH s3cret REPLY +OK\n" BAR_AT_A, "b", peers[i].script, NULL);
    await_script(net, "b");
    getter other = {.cluster = peers[i].password ? open_with_password(net, 30000) : open_at(net, "a", 30000)};
    start(&other);
    const int timeout_ms = 200;
    rc_error* error = NULL;
    const long long begin = test_now_ms();
    rc_reply* reply = run(other.cluster, "SET foo s3cret", timeout_ms, &error);
    const long long took = test_now_ms() - begin;
    assert_unaffected(&other);
    assert_null(reply);
    assert_in_range(took, timeout_ms - 1, timeout_ms + MARGIN_MS);
    assert_error(error, RC_ERR_TIMEOUT, peers[i].outcome, "SET", scripted_net_address(net, "b"));
    rc_error_free(error);
    rc_cluster_free(other.cluster);
    scripted_net_free(net);
  }
}

static void a_handshake_may_drip(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", "ALWAYS EXPECT AUTH s3cret -> DRIP 1 2 +OK\\r\\n\n" BAR_AT_A, "b", "", NULL);
  rc_cluster* cluster = open_with_password(net, 10000);
  assert_answer(cluster, "GET bar", "v");
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_peer_that_stops_reading_in_the_middle_of_a_huge_command_ends_it_at_its_deadline),
      cmocka_unit_test(a_peer_that_stops_reading_costs_a_pipeline_only_its_own_commands),
      cmocka_unit_test(a_peer_that_accepts_and_says_nothing_holds_up_only_its_own_callers),
      cmocka_unit_test(a_handshake_may_drip),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
