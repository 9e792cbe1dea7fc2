// G9: rc_cluster_close ends every call at once, from any thread, as often as one likes.
#include "scripted/call.h"

// Calls that would last a minute if nobody closed the cluster.
static void set_foo(call* self) { self->reply = run(self->cluster, "SET foo s3cret", 0, &self->error); }
static void get_foo(call* self) { self->reply = run(self->cluster, "GET foo", 0, &self->error); }
static void block(call* self) { self->reply = run(self->cluster, "BLPOP foo 0", 0, &self->error); }
static void refresh(call* self) { rc_cluster_refresh(self->cluster, &self->error); }

static void set_in_transaction(call* self) {
  self->reply = transaction(self->cluster, COMMANDS("SET foo s3cret"), 0, &self->error);
}

static void set_in_pipeline(call* self) {
  self->reply = pipeline(self->cluster, COMMANDS("SET foo s3cret"), 0, &self->error);
}

static int queue_set(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  (void)watch;
  if (user_data != NULL) rc_cluster_close(user_data);
  add(to_execute, "SET foo s3cret");
  return RC_WATCH_EXECUTE;
}

static rc_reply* watch_foo(rc_cluster* cluster, rc_watch_fn fn, void* user_data, rc_error** error) {
  const char* const keys[] = {"foo"};
  return rc_watch_transaction(cluster, 1, keys, NULL, fn, user_data, error);
}

static void watch(call* self) { self->reply = watch_foo(self->cluster, queue_set, NULL, &self->error); }

// Closes the cluster once node b has got so many commands that fit the pattern. Asserts that the call then
// ended for that reason, and returns its outcome.
static int outcome_when_closed(const char* script_of_b, const char* pattern, int count, void (*body)(call*),
                               const char* words) {
  scripted_net* net = scripted_net_start("a", ALL_AT_B, "b", script_of_b, NULL);
  call self = {.run = body, .cluster = open_at(net, "a", 60000)};
  await_script(net, "b");
  begin(&self);
  const int came = TEST_WAIT(scripted_net_count(net, "b", pattern) >= count, 10000);
  const long long closed_at = test_now_ms();
  rc_cluster_close(self.cluster);
  await_end(&self);
  const long long took = test_now_ms() - closed_at;
  assert_true(came);
  assert_in_range(took, 0, MARGIN_MS);
  // A pipeline of which something was tried has the failure in its place.
  const rc_error* error = self.error;
  if (body == set_in_pipeline && self.reply != NULL) {
    error = element_error(self.reply, 0);
  } else {
    assert_null(self.reply);
  }
  const int outcome = rc_error_outcome(error);
  assert_error(error, RC_ERR_CLOSED, outcome, words, "closed");
  rc_reply_free(self.reply);
  rc_error_free(self.error);
  rc_cluster_free(self.cluster);
  scripted_net_free(net);
  return outcome;
}

#define assert_closed(script, pattern, count, body, outcome, words) \
  assert_int_equal(outcome_when_closed((script), (pattern), (count), (body), (words)), (outcome))

static void close_ends_calls_to_a_silent_node(void** state) {
  (void)state;
  const char* const silent = "ALWAYS EXPECT ... ->\n";
  assert_closed(silent, "SET", 1, set_foo, RC_OUTCOME_UNKNOWN, "SET");
  assert_closed(silent, "GET", 1, get_foo, RC_OUTCOME_UNKNOWN, "GET");
  assert_closed(silent, "SET", 1, set_in_pipeline, RC_OUTCOME_UNKNOWN, "SET");
  assert_closed(silent, "EXEC", 1, set_in_transaction, RC_OUTCOME_UNKNOWN, "transaction");
  assert_closed(silent, "WATCH", 1, watch, RC_OUTCOME_NOT_SENT, "watch transaction");
  assert_closed(silent, "BLPOP", 1, block, RC_OUTCOME_UNKNOWN, "BLPOP");
  assert_closed("ALWAYS EXPECT WATCH foo REPLY +OK\nALWAYS EXPECT ... ->\n", "EXEC", 1, watch,
                RC_OUTCOME_UNKNOWN, "watch transaction");
}

static void close_ends_calls_that_wait_for_a_connection(void** state) {
  (void)state;
  assert_closed("BLACKHOLE\n", "SET", 0, set_foo, RC_OUTCOME_NOT_SENT, "SET");
  assert_closed("BLACKHOLE\n", "SET", 0, set_in_transaction, RC_OUTCOME_NOT_SENT, "transaction");
  assert_closed("BLACKHOLE\n", "SET", 0, set_in_pipeline, RC_OUTCOME_NOT_SENT, "SET");
  assert_closed("REFUSE\n", "SET", 0, set_foo, RC_OUTCOME_NOT_SENT, "SET");
}

static void close_ends_calls_that_pause_before_they_try_again(void** state) {
  (void)state;
  const char* const down = ALL_AT_B "ALWAYS EXPECT ... REPLY -CLUSTERDOWN The cluster is down\n";
  void (*const bodies[])(call*) = {set_foo, set_in_pipeline, watch};
  const char* const patterns[] = {"SET", "SET", "WATCH"};
  for (size_t i = 0; i < COUNT_OF(bodies); i++) {
    // The close may come while a try is on its way: once more then.
    int outcome = RC_OUTCOME_UNKNOWN;
    for (int tries = 0; tries < 10 && outcome == RC_OUTCOME_UNKNOWN; tries++) {
      outcome = outcome_when_closed(down, patterns[i], 5, bodies[i], "slot 12182");
    }
    assert_int_equal(outcome, RC_OUTCOME_NOT_SENT);
  }
}

static void close_ends_a_call_that_waits_for_an_owner_of_its_slot(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-100 a\n", NULL);
  call self = {.run = set_foo, .cluster = open_at(net, "a", 60000)};
  begin(&self);
  const int came = TEST_WAIT(scripted_net_count(net, "a", "CLUSTER SLOTS") >= 2, 10000);
  rc_cluster_close(self.cluster);
  await_end(&self);
  assert_true(came);
  assert_null(self.reply);
  assert_error(self.error, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "SET");
  rc_error_free(self.error);
  finish(self.cluster, net);
}

static void close_ends_a_refresh(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", OPENED_WITH_ALL_AT_A "ALWAYS EXPECT CLUSTER SLOTS ->\n", NULL);
  call self = {.run = refresh, .cluster = open_at(net, "a", 60000)};
  begin(&self);
  const int came = TEST_WAIT(scripted_net_count(net, "a", "CLUSTER SLOTS") >= 2, 10000);
  const long long closed_at = test_now_ms();
  rc_cluster_close(self.cluster);
  await_end(&self);
  assert_true(came);
  assert_in_range(test_now_ms() - closed_at, 0, MARGIN_MS);
  assert_int_equal(rc_error_code(self.error), RC_ERR_CLOSED);
  rc_error_free(self.error);
  finish(self.cluster, net);
}

static void close_inside_a_watch_callback_ends_the_watch(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT WATCH foo\nREPLY +OK\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 60000);
  rc_error* error = NULL;
  assert_null(watch_foo(cluster, queue_set, cluster, &error));
  assert_error(error, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "watch transaction");
  rc_error_free(error);
  finish(cluster, net);
}

static int free_and_queue_set(rc_watch* session, rc_commands* to_execute, void* user_data) {
  rc_cluster_free(user_data);
  const char* const get[] = {"GET", "foo"};
  rc_reply_free(rc_watch_command(session, 2, get, NULL, NULL));
  add(to_execute, "SET foo s3cret");
  return RC_WATCH_EXECUTE;
}

static void a_watch_whose_callback_drops_the_last_reference_goes_on_to_its_end(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT WATCH foo\n"
                                         "REPLY +OK\n"
                                         "EXPECT GET foo\n"
                                         "BULK 1\n"
                                         "EXPECT MULTI\n"
                                         "REPLY +OK\n"
                                         "EXPECT SET foo s3cret\n"
                                         "REPLY +QUEUED\n"
                                         "EXPECT EXEC\n"
                                         "SEND *1\\r\\n+OK\\r\\n\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 60000);
  rc_error* error = NULL;
  rc_reply* reply = watch_foo(cluster, free_and_queue_set, cluster, &error);
  assert_no_error(error);
  assert_element(reply, 0, "OK");
  rc_reply_free(reply);
  assert_true(scripted_net_passed(net));
}

static void calls_after_close_fail_and_send_nothing(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT GET foo\nBULK v\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 60000);
  assert_answer(cluster, "GET foo", "v");
  rc_cluster_close(cluster);
  rc_cluster_close(cluster);
  assert_fails(cluster, "GET foo", 0, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "GET");
  void (*const bodies[])(call*) = {set_foo, set_in_pipeline, set_in_transaction, watch, refresh, block};
  for (size_t i = 0; i < COUNT_OF(bodies); i++) {
    call self = {.cluster = cluster};
    bodies[i](&self);
    assert_null(self.reply);
    assert_error(self.error, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "closed");
    rc_error_free(self.error);
  }
  rc_info* info = rc_cluster_info(cluster, NULL);
  assert_int_equal(rc_info_slots_covered(info), 16384);
  assert_int_equal(rc_info_node_is_connected(info, 0), 0);
  rc_info_free(info);
  finish(cluster, net);
}

static void* close_it(void* cluster) {
  rc_cluster_close(cluster);
  return NULL;
}

static void close_from_several_threads_ends_all_calls_under_way(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "ALWAYS EXPECT GET foo ->\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 60000);
  call calls[8];
  for (size_t i = 0; i < COUNT_OF(calls); i++) {
    calls[i] = (call){.run = get_foo, .cluster = cluster};
    begin(&calls[i]);
  }
  const int came = TEST_WAIT(scripted_net_count(net, "a", "GET") == 8, 10000);
  pthread_t closers[4];
  for (size_t i = 0; i < COUNT_OF(closers); i++) {
    assert_int_equal(pthread_create(&closers[i], NULL, close_it, cluster), 0);
  }
  for (size_t i = 0; i < COUNT_OF(closers); i++) pthread_join(closers[i], NULL);
  for (size_t i = 0; i < COUNT_OF(calls); i++) await_end(&calls[i]);
  assert_true(came);
  for (size_t i = 0; i < COUNT_OF(calls); i++) {
    assert_null(calls[i].reply);
    assert_error(calls[i].error, RC_ERR_CLOSED, RC_OUTCOME_UNKNOWN, "GET");
    rc_error_free(calls[i].error);
  }
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(close_ends_calls_to_a_silent_node),
      cmocka_unit_test(close_ends_calls_that_wait_for_a_connection),
      cmocka_unit_test(close_ends_calls_that_pause_before_they_try_again),
      cmocka_unit_test(close_ends_a_call_that_waits_for_an_owner_of_its_slot),
      cmocka_unit_test(close_ends_a_refresh),
      cmocka_unit_test(close_inside_a_watch_callback_ends_the_watch),
      cmocka_unit_test(a_watch_whose_callback_drops_the_last_reference_goes_on_to_its_end),
      cmocka_unit_test(calls_after_close_fail_and_send_nothing),
      cmocka_unit_test(close_from_several_threads_ends_all_calls_under_way),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
