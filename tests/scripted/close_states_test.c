// G9: rc_cluster_close ends a call at once in whatever state it is.
#include "scripted/by_name.h"
#include "scripted/call.h"

#define PATIENCE_MS 20000

static void refresh(call* self) { rc_cluster_refresh(self->cluster, &self->error); }
static void pipeline_over_three_nodes(call* self) {
  self->reply = pipeline(self->cluster, COMMANDS("SET bar 1", "SET foo 1", "SET {06S} 1"), 0, &self->error);
}

// Closes when `condition` holds, and sees all the calls end at once.
#define close_when(condition, cluster, calls, count)             \
  do {                                                           \
    const int came = TEST_WAIT((condition), 10000);              \
    const long long closed_at = test_now_ms();                   \
    rc_cluster_close(cluster);                                   \
    for (size_t i = 0; i < (count); i++) await_end(&(calls)[i]); \
    assert_in_range(test_now_ms() - closed_at, 0, MARGIN_MS);    \
    assert_true(came);                                           \
  } while (0)

static void assert_closed(call* self, int outcome) {
  assert_null(self->reply);
  assert_error(self->error, RC_ERR_CLOSED, outcome, "closed");
  rc_error_free(self->error);
}

// Nothing but the calls may end any of this.
static rc_options* patient_options(const scripted_net* net, const char* password) {
  rc_options* options = options_for(net, "a", PATIENCE_MS);
  assert_int_equal(rc_options_set_connect_timeout_ms(options, PATIENCE_MS, NULL), RC_OK);
  assert_int_equal(rc_options_set_password(options, password, NULL), RC_OK);
  return options;
}

static void close_ends_a_call_whose_name_is_looked_up(void** state) {
  (void)state;
  fake_name_hangs("b.test");
  scripted_net* net =
      scripted_net_start("a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 b.test=b\n", "b", "", NULL);
  rc_cluster* cluster = open_with(patient_options(net, ""));
  call calls[] = {{.cluster = cluster, .line = "SET foo s3cret"},
                  {.cluster = cluster, .line = "BLPOP foo 0"}};
  for (size_t i = 0; i < COUNT_OF(calls); i++) begin(&calls[i]);
  // Both wait for the same lookup.
  close_when(fake_name_lookups("b.test") >= 1, cluster, calls, COUNT_OF(calls));
  for (size_t i = 0; i < COUNT_OF(calls); i++) assert_closed(&calls[i], RC_OUTCOME_NOT_SENT);
  // The lookup may end after the handle that wanted it.
  rc_cluster_free(cluster);
  fake_name_resolves("b.test", "127.0.0.1");
  fake_names_clear();
  assert_true(scripted_net_passed(net));
}

static void close_ends_a_call_in_the_handshake(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "ALWAYS EXPECT AUTH s3cret REPLY +OK\n" ALL_AT_B, "b",
                                         "ALWAYS EXPECT AUTH s3cret -> SILENCE\n", NULL);
  rc_cluster* cluster = open_with(patient_options(net, "s3cret"));
  call calls[] = {{.cluster = cluster, .line = "SET foo 1"}, {.cluster = cluster, .line = "BLPOP foo 0"}};
  for (size_t i = 0; i < COUNT_OF(calls); i++) begin(&calls[i]);
  close_when(scripted_net_count(net, "b", "AUTH") >= 2, cluster, calls, COUNT_OF(calls));
  for (size_t i = 0; i < COUNT_OF(calls); i++) assert_closed(&calls[i], RC_OUTCOME_NOT_SENT);
  finish(cluster, net);
}

static void close_ends_a_pipeline_over_three_nodes(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 1-5999 a 6000-16383 b 0 c\nEXPECT SET bar 1\nREPLY +OK\n",
      "b", "EXPECT SET foo 1\n", "c", "BLACKHOLE\n", NULL);
  await_script(net, "c");
  rc_cluster* cluster = open_with(patient_options(net, ""));
  call self = {.run = pipeline_over_three_nodes, .cluster = cluster};
  begin(&self);
  close_when(scripted_net_done(net, "a") && scripted_net_done(net, "b"), cluster, &self, 1);
  assert_no_error(self.error);
  // What had come by then counts; a's answer may have been on its way.
  if (element_error(self.reply, 0) == NULL) {
    assert_element(self.reply, 0, "OK");
  } else {
    assert_element_error(self.reply, 0, RC_ERR_CLOSED, RC_OUTCOME_UNKNOWN, "SET");
  }
  assert_element_error(self.reply, 1, RC_ERR_CLOSED, RC_OUTCOME_UNKNOWN, "SET");
  assert_element_error(self.reply, 2, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "SET");
  rc_reply_free(self.reply);
  finish(cluster, net);
}

static void close_ends_refreshes_of_several_threads(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", OPENED_WITH_ALL_AT_A "ALWAYS EXPECT CLUSTER SLOTS ->\n", NULL);
  rc_cluster* cluster = open_with(patient_options(net, ""));
  call calls[4];
  for (size_t i = 0; i < COUNT_OF(calls); i++) {
    calls[i] = (call){.run = refresh, .cluster = cluster};
    begin(&calls[i]);
  }
  close_when(scripted_net_count(net, "a", "CLUSTER SLOTS") >= 2, cluster, calls, COUNT_OF(calls));
  for (size_t i = 0; i < COUNT_OF(calls); i++) {
    assert_int_equal(rc_error_code(calls[i].error), RC_ERR_CLOSED);
    rc_error_free(calls[i].error);
  }
  finish(cluster, net);
}

typedef struct session {
  rc_cluster* cluster;
  atomic_int waiting;
  atomic_int closed;
  int code_inside;  // of a read after the close
} session;

static int wait_for_close_and_read(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  session* self = user_data;
  self->waiting = 1;
  TEST_WAIT(self->closed, 10000);
  const char* const get[] = {"GET", "foo"};
  rc_error* error = NULL;
  rc_reply_free(rc_watch_command(watch, 2, get, NULL, &error));
  self->code_inside = rc_error_code(error);
  rc_error_free(error);
  add(to_execute, "SET foo 1");
  return RC_WATCH_EXECUTE;
}

static void* close_while_it_waits(void* context) {
  session* self = context;
  TEST_WAIT(self->waiting, 10000);
  rc_cluster_close(self->cluster);
  self->closed = 1;
  return NULL;
}

static void close_by_another_thread_ends_a_watch_in_its_callback(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT WATCH foo\nREPLY +OK\n", NULL);
  session self = {.cluster = open_with(patient_options(net, ""))};
  pthread_t closer;
  assert_int_equal(pthread_create(&closer, NULL, close_while_it_waits, &self), 0);
  const char* const keys[] = {"foo"};
  rc_error* error = NULL;
  rc_reply* reply = rc_watch_transaction(self.cluster, 1, keys, NULL, wait_for_close_and_read, &self, &error);
  pthread_join(closer, NULL);
  assert_null(reply);
  assert_error(error, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "watch transaction", "closed");
  rc_error_free(error);
  assert_int_equal(self.code_inside, RC_ERR_CLOSED);
  finish(self.cluster, net);
}

static int close_and_return(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  (void)watch;
  session* self = user_data;
  rc_cluster_close(self->cluster);
  add(to_execute, "SET foo 1");
  return RC_WATCH_EXECUTE;
}

static void close_inside_a_callback_ends_the_calls_of_other_threads(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a",
      ALL_AT_A "ALWAYS EXPECT WATCH foo REPLY +OK\nALWAYS EXPECT GET foo ->\nALWAYS EXPECT BLPOP foo 0 ->\n",
      NULL);
  rc_cluster* cluster = open_with(patient_options(net, ""));
  call calls[] = {{.cluster = cluster, .line = "GET foo"},
                  {.cluster = cluster, .line = "GET foo"},
                  {.cluster = cluster, .line = "BLPOP foo 0"}};
  for (size_t i = 0; i < COUNT_OF(calls); i++) begin(&calls[i]);
  const int came =
      TEST_WAIT(scripted_net_count(net, "a", "GET") + scripted_net_count(net, "a", "BLPOP") == 3, 10000);
  session self = {.cluster = cluster};
  const char* const keys[] = {"foo"};
  rc_error* error = NULL;
  rc_reply* reply = rc_watch_transaction(cluster, 1, keys, NULL, close_and_return, &self, &error);
  for (size_t i = 0; i < COUNT_OF(calls); i++) await_end(&calls[i]);
  assert_true(came);
  assert_null(reply);
  assert_error(error, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "watch transaction");
  rc_error_free(error);
  for (size_t i = 0; i < COUNT_OF(calls); i++) assert_closed(&calls[i], RC_OUTCOME_UNKNOWN);
  finish(cluster, net);
}

static int change_nothing(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  (void)watch;
  (void)user_data;
  add(to_execute, "SET foo 1");
  return RC_WATCH_EXECUTE;
}

static void watch_a_key_that_always_changes(call* self) {
  const char* const keys[] = {"foo"};
  self->reply = rc_watch_transaction(self->cluster, 1, keys, NULL, change_nothing, NULL, &self->error);
}

static void close_ends_a_watch_that_is_run_again_and_again(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "ALWAYS EXPECT WATCH foo REPLY +OK\n"
                                         "ALWAYS EXPECT MULTI REPLY +OK\n"
                                         "ALWAYS EXPECT SET foo 1 REPLY +QUEUED\n"
                                         "ALWAYS EXPECT EXEC -> SEND *-1\\r\\n\n",
                                         NULL);
  rc_options* options = patient_options(net, "");
  assert_int_equal(rc_options_set_watch_retries(options, 1000000, NULL), RC_OK);
  rc_cluster* cluster = open_with(options);
  call self = {.run = watch_a_key_that_always_changes, .cluster = cluster};
  begin(&self);
  close_when(scripted_net_count(net, "a", "EXEC") >= 5, cluster, &self, 1);
  assert_null(self.reply);
  assert_error(self.error, RC_ERR_CLOSED, rc_error_outcome(self.error), "watch transaction", "closed");
  rc_error_free(self.error);
  finish(cluster, net);
}

// ---- all at once ----

typedef struct crowd {
  rc_cluster* cluster;
  atomic_int calls;
  atomic_int wrong;  // ended neither with a reply nor as closed, or went on after that
  long long end;     // only a hang comes so far
} crowd;

static void* call_until_closed(void* context) {
  crowd* self = context;
  static const char* const lines[] = {"GET foo", "SET foo 1", "BLPOP foo 1", "GET bar"};
  for (int i = 0;; i++) {
    rc_error* error = NULL;
    rc_reply* reply = i % 5 == 4 ? pipeline(self->cluster, COMMANDS("GET foo", "GET bar"), 0, &error)
                                 : run(self->cluster, lines[i % 4], 0, &error);
    const int code =
        reply != NULL && rc_reply_type(reply) == RC_REPLY_ARRAY && element_error(reply, 0) != NULL
            ? rc_error_code(element_error(reply, 0))
            : rc_error_code(error);
    const int too_long = test_now_ms() > self->end;
    if ((code != RC_OK && code != RC_ERR_CLOSED) || too_long) self->wrong++;
    self->calls++;
    rc_reply_free(reply);
    rc_error_free(error);
    if (code != RC_OK || too_long) return NULL;
  }
}

static void close_under_load_ends_every_thread_and_gives_no_other_error(void** state) {
  (void)state;
  const char* const script =
      "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-5999 a 6000-16383 b\n"
      "ALWAYS EXPECT GET * -> BULK v\n"
      "ALWAYS EXPECT SET foo 1 REPLY +OK\n"
      "ALWAYS EXPECT BLPOP foo 1 -> SEND *2\\r\\n$3\\r\\nfoo\\r\\n$1\\r\\nv\\r\\n\n";
  for (int round = 0; round < 20; round++) {
    scripted_net* net = scripted_net_start("a", script, "b", script, NULL);
    crowd all = {.cluster = open_with(patient_options(net, "")), .end = test_now_ms() + PATIENCE_MS};
    pthread_t threads[8];
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
      assert_int_equal(pthread_create(&threads[i], NULL, call_until_closed, &all), 0);
    }
    // Another moment each time: while they connect, and later.
    const int came = TEST_WAIT(all.calls >= round * 10, 10000);
    rc_cluster_close(all.cluster);
    for (size_t i = 0; i < COUNT_OF(threads); i++) pthread_join(threads[i], NULL);
    assert_true(came);
    assert_int_equal(all.wrong, 0);
    finish(all.cluster, net);
  }
}

static void freeing_one_of_two_references_ends_no_call_of_the_other(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", "ALWAYS EXPECT CLIENT SETNAME shared REPLY +OK\n" ALL_AT_A "EXPECT GET foo\nSLEEP 200\nBULK v\n",
      NULL);
  rc_options* options = patient_options(net, "");
  assert_int_equal(rc_options_set_name(options, "shared", NULL), RC_OK);
  rc_cluster* mine = open_with(options);
  rc_cluster* theirs = rc_cluster_find("shared");
  assert_non_null(theirs);
  call self = {.cluster = theirs, .line = "GET foo"};
  begin(&self);
  const int came = TEST_WAIT(scripted_net_count(net, "a", "GET") == 1, 10000);
  rc_cluster_free(mine);
  await_end(&self);
  assert_true(came);
  assert_no_error(self.error);
  assert_text(self.reply, "v");
  rc_reply_free(self.reply);
  finish(theirs, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(close_ends_a_call_whose_name_is_looked_up, forget_names),
      cmocka_unit_test(close_ends_a_call_in_the_handshake),
      cmocka_unit_test(close_ends_a_pipeline_over_three_nodes),
      cmocka_unit_test(close_ends_refreshes_of_several_threads),
      cmocka_unit_test(close_by_another_thread_ends_a_watch_in_its_callback),
      cmocka_unit_test(close_inside_a_callback_ends_the_calls_of_other_threads),
      cmocka_unit_test(close_ends_a_watch_that_is_run_again_and_again),
      cmocka_unit_test(close_under_load_ends_every_thread_and_gives_no_other_error),
      cmocka_unit_test(freeing_one_of_two_references_ends_no_call_of_the_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
