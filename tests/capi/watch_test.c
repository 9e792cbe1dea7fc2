// Optimistic locking against a real cluster.
#include "capi/cluster_fixture.h"

// What a callback is told to do, and what it saw.
typedef struct plan {
  int calls;
  int disturb;        // in this many calls somebody else changes the key first
  const int* answer;  // NULL: RC_WATCH_EXECUTE
} plan;

static rc_reply* watch(const char* key, rc_watch_fn fn, void* user_data, rc_error** error) {
  return rc_watch_transaction(shared.cluster, WORDS(key), fn, user_data, error);
}

#define queue(commands, ...) assert_int_equal(rc_commands_add(commands, WORDS(__VA_ARGS__), NULL), RC_OK)

// Reads the number, and queues the number + 1.
static int add_one(rc_watch* session, rc_commands* to_execute, void* user_data) {
  plan* it = user_data;
  ++it->calls;
  assert_int_equal(rc_commands_count(to_execute), 0);
  rc_reply* reply = rc_watch_command(session, WORDS("GET", "number"), NULL);
  assert_non_null(reply);
  int value = 0;
  assert_int_equal(sscanf(rc_reply_string(reply, NULL), "%d", &value), 1);
  rc_reply_free(reply);
  if (it->calls <= it->disturb) rc_reply_free(ok("INCRBY", "number", "100"));  // on the same cluster
  char next[16];
  snprintf(next, sizeof next, "%d", value + 1);
  queue(to_execute, "SET", "number", next);
  return it->answer == NULL ? RC_WATCH_EXECUTE : *it->answer;
}

static void an_undisturbed_watch_executes_what_was_queued(void** state) {
  (void)state;
  plan it = {0};
  rc_reply_free(ok("SET", "number", "1"));
  rc_error* error = NULL;
  rc_reply* reply = watch("number", add_one, &it, &error);
  assert_no_error(error);
  assert_int_equal(rc_reply_type(reply), RC_REPLY_ARRAY);
  assert_int_equal(rc_reply_length(reply), 1);
  assert_string(rc_reply_element(reply, 0), "OK");
  rc_reply_free(reply);
  assert_int_equal(it.calls, 1);
  assert_value("number", "2");
}

static void a_change_of_a_watched_key_starts_it_again(void** state) {
  (void)state;
  plan it = {.disturb = 2};
  rc_reply_free(ok("SET", "number", "1"));
  rc_error* error = NULL;
  rc_reply* reply = watch("number", add_one, &it, &error);
  assert_no_error(error);
  rc_reply_free(reply);
  assert_int_equal(it.calls, 3);
  assert_value("number", "202");
}

static void too_many_changes_are_a_conflict(void** state) {
  (void)state;
  rc_cluster_free(shared.cluster);
  rc_options* options = seed_options();
  rc_options_set_watch_retries(options, 1, NULL);
  shared.cluster = open_with(options);
  plan it = {.disturb = 100};
  rc_reply_free(ok("SET", "number", "1"));
  rc_error* error = NULL;
  assert_null(watch("number", add_one, &it, &error));
  assert_failure(error, RC_ERR_WATCH_CONFLICT, RC_OUTCOME_REFUSED, "");
  assert_int_equal(it.calls, 2);
  assert_value("number", "201");
}

// What has been queued so far is not executed: a callback that dies in another language returns 0, or
// garbage.
static void a_callback_executes_by_one_value_only(void** state) {
  (void)state;
  static const int answers[] = {RC_OK,
                                1,
                                -1,
                                RC_ERR_CALLBACK,
                                RC_WATCH_EXECUTE - 1,
                                RC_WATCH_EXECUTE + 1,
                                RC_WATCH_EXECUTE + 256,
                                -RC_WATCH_EXECUTE,
                                INT32_MAX,
                                INT32_MIN};
  rc_reply_free(ok("SET", "number", "1"));
  for (size_t i = 0; i < COUNT_OF(answers); ++i) {
    plan it = {.answer = &answers[i]};
    rc_error* error = NULL;
    assert_null(watch("number", add_one, &it, &error));
    assert_failure(error, RC_ERR_ABORTED, RC_OUTCOME_NOT_SENT, "RC_WATCH_EXECUTE");
    assert_int_equal(it.calls, 1);
    assert_value("number", "1");
  }
}

static int queue_nothing(rc_watch* session, rc_commands* to_execute, void* user_data) {
  (void)session, (void)to_execute;
  ++*(int*)user_data;
  return RC_WATCH_EXECUTE;
}

static void a_callback_that_queues_nothing_gives_an_empty_array(void** state) {
  (void)state;
  int calls = 0;
  rc_error* error = NULL;
  rc_reply* reply = watch("number", queue_nothing, &calls, &error);
  assert_no_error(error);
  assert_int_equal(rc_reply_type(reply), RC_REPLY_ARRAY);
  assert_int_equal(rc_reply_length(reply), 0);
  rc_reply_free(reply);
  assert_int_equal(calls, 1);
}

static void bad_keys_and_callbacks_are_refused_before_the_callback_runs(void** state) {
  (void)state;
  static const char* const keys[] = {"foo", "bar"};
  static const char* const hole[] = {"foo", NULL};
  static const size_t lengths[] = {3, 3};
  static const size_t absurd[] = {3, SIZE_MAX};
  static const struct {
    size_t count;
    const char* const* keys;
    const size_t* lengths;
    rc_watch_fn fn;
    int code;
    const char* message;
  } bad[] = {
      {0, keys, lengths, queue_nothing, RC_ERR_NO_KEYS, ""},
      {0, NULL, NULL, queue_nothing, RC_ERR_NO_KEYS, ""},
      {1, keys, lengths, NULL, RC_ERR_INVALID_ARGUMENT, "fn is NULL"},
      {2, NULL, lengths, queue_nothing, RC_ERR_INVALID_ARGUMENT, "keys is NULL"},
      {2, hole, NULL, queue_nothing, RC_ERR_INVALID_ARGUMENT, "keys[1] is NULL"},
      {2, hole, lengths, queue_nothing, RC_ERR_INVALID_ARGUMENT, "keys[1] is NULL"},
      {2, keys, absurd, queue_nothing, RC_ERR_INVALID_ARGUMENT, "key_len[1] is"},
      {1048577, keys, lengths, queue_nothing, RC_ERR_INVALID_ARGUMENT, "key_count is 1048577"},
      {2, keys, lengths, queue_nothing, RC_ERR_CROSS_SLOT, "hash tag"},
      {2, keys, NULL, queue_nothing, RC_ERR_CROSS_SLOT, "hash tag"},
  };
  for (size_t i = 0; i < COUNT_OF(bad); ++i) {
    int calls = 0;
    rc_error* error = NULL;
    assert_null(rc_watch_transaction(shared.cluster, bad[i].count, bad[i].keys, bad[i].lengths, bad[i].fn,
                                     &calls, &error));
    assert_failure(error, bad[i].code, RC_OUTCOME_NOT_SENT, bad[i].message);
    assert_int_equal(calls, 0);
  }
}

static int queue_for_another_slot(rc_watch* session, rc_commands* to_execute, void* user_data) {
  (void)session, (void)user_data;
  queue(to_execute, "SET", "bar", "value");
  return RC_WATCH_EXECUTE;
}

static void commands_for_another_slot_are_refused(void** state) {
  (void)state;
  rc_error* error = NULL;
  assert_null(watch("foo", queue_for_another_slot, NULL, &error));
  assert_int_equal(rc_error_code(error), RC_ERR_CROSS_SLOT);
  rc_error_free(error);
  assert_missing("bar");
}

static int read_badly(rc_watch* session, rc_commands* to_execute, void* user_data) {
  (void)user_data;
  rc_error* error = NULL;
  const char* const hole[] = {"GET", NULL};
  assert_null(rc_watch_command(session, 0, hole, NULL, &error));
  assert_invalid(error, "argc is 0");
  assert_null(rc_watch_command(session, 2, hole, NULL, &error));
  assert_invalid(error, "argv[1] is NULL");
  assert_null(rc_watch_command(session, WORDS("LPUSH", "{t}text", "x"), &error));
  assert_failure(error, RC_ERR_SERVER, RC_OUTCOME_EXECUTED, "WRONGTYPE");
  assert_null(rc_watch_command(session, WORDS("MULTI"), &error));
  assert_failure(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "");
  rc_reply* reply = rc_watch_command(session, WORDS("GET", "{t}text"), &error);
  assert_no_error(error);
  assert_string(reply, "value");
  rc_reply_free(reply);
  queue(to_execute, "SET", "{t}done", "yes");
  return RC_WATCH_EXECUTE;
}

static void a_failed_read_fails_alone(void** state) {
  (void)state;
  rc_reply_free(ok("SET", "{t}text", "value"));
  rc_error* error = NULL;
  rc_reply* reply = watch("{t}text", read_badly, NULL, &error);
  assert_no_error(error);
  rc_reply_free(reply);
  assert_value("{t}done", "yes");
}

static int free_the_handle(rc_watch* session, rc_commands* to_execute, void* user_data) {
  (void)session, (void)user_data;
  rc_cluster_free(shared.cluster);
  shared.cluster = NULL;
  queue(to_execute, "SET", "key", "value");
  return RC_WATCH_EXECUTE;
}

static void a_callback_may_free_the_handle_it_runs_on(void** state) {
  (void)state;
  rc_error* error = NULL;
  rc_reply* reply = watch("key", free_the_handle, NULL, &error);
  assert_no_error(error);
  assert_string(rc_reply_element(reply, 0), "OK");
  rc_reply_free(reply);
}

static int close_the_cluster(rc_watch* session, rc_commands* to_execute, void* user_data) {
  (void)session, (void)user_data;
  rc_cluster_close(shared.cluster);
  queue(to_execute, "SET", "key", "value");
  return RC_WATCH_EXECUTE;
}

static void a_callback_may_close_the_cluster(void** state) {
  (void)state;
  rc_error* error = NULL;
  assert_null(watch("key", close_the_cluster, NULL, &error));
  assert_int_equal(rc_error_code(error), RC_ERR_CLOSED);
  rc_error_free(error);
  const int node = test_cluster_primary_of(shared.servers, rc_key_slot("key", 3));
  assert_int_equal(test_node_int(shared.servers, node, "EXISTS key"), 0);
}

static int free_the_list(rc_watch* session, rc_commands* to_execute, void* user_data) {
  (void)session, (void)user_data;
  queue(to_execute, "SET", "key", "value");
  rc_commands_free(to_execute);
  return RC_WATCH_EXECUTE;
}

static void a_callback_that_frees_the_library_s_list_does_no_harm(void** state) {
  (void)state;
  rc_error* error = NULL;
  rc_reply* reply = watch("key", free_the_list, NULL, &error);
  assert_no_error(error);
  rc_reply_free(reply);
  assert_value("key", "value");
}

static int watch_inside(rc_watch* session, rc_commands* to_execute, void* user_data) {
  plan inner = {0};
  assert_non_null(user_data);
  (void)session;
  rc_reply_free(watch("number", add_one, &inner, NULL));
  queue(to_execute, "SET", "key", "value");
  return RC_WATCH_EXECUTE;
}

static void a_callback_may_watch_another_key(void** state) {
  rc_reply_free(ok("SET", "number", "1"));
  rc_error* error = NULL;
  rc_reply* reply = watch("key", watch_inside, state, &error);
  assert_no_error(error);
  rc_reply_free(reply);
  assert_value("key", "value");
  assert_value("number", "2");
}

static void a_watch_ends_at_its_own_timeout(void** state) {
  (void)state;
  rc_call_options* options = rc_call_options_new();
  rc_call_options_set_timeout_ms(options, 150, NULL);
  const int node = test_cluster_primary_of(shared.servers, rc_key_slot("key", 3));
  assert_true(test_node_stop(shared.servers, node));
  rc_error* error = NULL;
  int calls = 0;
  const long long start = test_now_ms();
  rc_reply* reply =
      rc_watch_transaction_with(shared.cluster, options, WORDS("key"), queue_nothing, &calls, &error);
  const long long took = test_now_ms() - start;
  assert_true(test_node_continue(shared.servers, node));
  assert_null(reply);
  assert_int_equal(rc_error_code(error), RC_ERR_TIMEOUT);
  assert_in_range(took, 140, 4000);
  rc_error_free(error);
  rc_call_options_free(options);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_CLUSTER(an_undisturbed_watch_executes_what_was_queued),
      WITH_CLUSTER(a_change_of_a_watched_key_starts_it_again),
      WITH_CLUSTER(too_many_changes_are_a_conflict),
      WITH_CLUSTER(a_callback_executes_by_one_value_only),
      WITH_CLUSTER(a_callback_that_queues_nothing_gives_an_empty_array),
      WITH_CLUSTER(bad_keys_and_callbacks_are_refused_before_the_callback_runs),
      WITH_CLUSTER(commands_for_another_slot_are_refused),
      WITH_CLUSTER(a_failed_read_fails_alone),
      WITH_CLUSTER(a_callback_may_free_the_handle_it_runs_on),
      WITH_CLUSTER(a_callback_may_close_the_cluster),
      WITH_CLUSTER(a_callback_that_frees_the_library_s_list_does_no_harm),
      WITH_CLUSTER(a_callback_may_watch_another_key),
      WITH_CLUSTER(a_watch_ends_at_its_own_timeout),
  };
  return RUN_WITH_SERVERS(tests);
}
