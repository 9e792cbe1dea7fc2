// A thread that is ended by pthread_cancel while it is in a call: the call goes on to its end and the thread
// ends after it, so that nobody else, who shares connections with it, notices anything.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "capi/cluster_fixture.h"

static void join_cancelled(pthread_t thread) {
  void* result = NULL;
  assert_int_equal(pthread_join(thread, &result), 0);
  assert_ptr_equal(result, PTHREAD_CANCELED);
}

// The slot of the key at its primary.
static int node_of(const char* key) {
  const int node = test_cluster_primary_of(shared.servers, rc_key_slot(key, strlen(key)));
  assert_true(node >= 0);
  return node;
}

static int blocked_clients(int node) {
  char* info = test_node_text(shared.servers, node, "INFO clients");
  const char* at = info == NULL ? NULL : strstr(info, "blocked_clients:");
  int count = -1;
  if (at != NULL && sscanf(at, "blocked_clients:%d", &count) != 1) count = -1;
  free(info);
  return count;
}

static _Atomic(int) returned;

static void* pop(void* unused) {
  (void)unused;
  rc_reply* reply = rc_command(shared.cluster, WORDS("BLPOP", "list", "0"), NULL);
  const char* text = rc_reply_string(rc_reply_element(reply, 1), NULL);
  returned = text != NULL && strcmp(text, "pushed") == 0;
  rc_reply_free(reply);
  pthread_testcancel();
  return NULL;
}

static void a_thread_that_waits_in_a_blocking_command_ends_after_it(void** state) {
  (void)state;
  returned = 0;
  const int node = node_of("list");
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, pop, NULL), 0);
  assert_true(TEST_WAIT(blocked_clients(node) == 1, 4000));
  assert_int_equal(pthread_cancel(thread), 0);
  rc_reply_free(ok("SET", "list2", "x"));  // everybody else goes on
  assert_int_equal(blocked_clients(node), 1);
  assert_int_equal(returned, 0);
  rc_reply_free(ok("RPUSH", "list", "pushed"));
  join_cancelled(thread);
  assert_int_equal(returned, 1);
  assert_missing("list");
}

static _Atomic(int) begun;

static void* get(void* unused) {
  (void)unused;
  ++begun;
  rc_reply* reply = rc_command(shared.cluster, WORDS("GET", "key"), NULL);
  returned += reply != NULL;
  rc_reply_free(reply);
  pthread_testcancel();
  return NULL;
}

// Whoever of them leads, receives for the others.
static void threads_that_share_a_connection_do_not_notice(void** state) {
  (void)state;
  enum { kThreads = 6, kCancelled = 3 };
  returned = begun = 0;
  rc_reply_free(ok("SET", "key", "value"));
  const int node = node_of("key");
  pthread_t threads[kThreads];
  assert_true(test_node_stop(shared.servers, node));
  for (int i = 0; i < kThreads; ++i) assert_int_equal(pthread_create(&threads[i], NULL, get, NULL), 0);
  assert_true(TEST_WAIT(begun == kThreads, 4000));
  for (int i = 0; i < kCancelled; ++i) assert_int_equal(pthread_cancel(threads[i]), 0);
  assert_true(test_node_continue(shared.servers, node));
  for (int i = 0; i < kThreads; ++i) {
    if (i < kCancelled) {
      join_cancelled(threads[i]);
    } else {
      assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
  }
  assert_int_equal(returned, kThreads);
  assert_value("key", "value");
  rc_info* info = rc_cluster_info(shared.cluster, NULL);
  assert_int_equal(rc_info_counter(info, "unknown"), 0);
  rc_info_free(info);
}

// ---- each function, in a thread that has been cancelled before ----

static int queue_one(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  (void)user_data;
  rc_reply* reply = rc_watch_command(watch, WORDS("GET", "key"), NULL);
  const int failed = reply == NULL;
  rc_reply_free(reply);
  pthread_testcancel();  // not here either
  rc_commands_add(to_execute, WORDS("SET", "key", "value"), NULL);
  return failed ? RC_OK : RC_WATCH_EXECUTE;
}

static int done(rc_reply* reply) {
  rc_reply_free(reply);
  return reply != NULL;
}

static int open_and_free(int close_first) {
  rc_options* options = rc_options_new();
  for (int node = 0; node < test_cluster_node_count(shared.servers); ++node) {
    rc_options_add_address(options, test_node_address(shared.servers, node), NULL);
  }
  rc_cluster* cluster = rc_cluster_open(options, NULL);
  rc_options_free(options);
  rc_reply* reply = rc_commandf(cluster, NULL, "PING");  // so that there is a connection to be closed
  if (close_first) rc_cluster_close(cluster);
  rc_cluster_free(cluster);
  return done(reply);
}

static int explain(void) {
  rc_explanation* explanation = rc_explain(shared.cluster, WORDS("UNHEARD.OF", "key"), NULL);
  rc_explanation_free(explanation);
  return explanation != NULL;
}

static int info(void) {
  rc_info* it = rc_cluster_info(shared.cluster, NULL);
  rc_info_free(it);
  return it != NULL;
}

static int many(rc_reply* (*operation)(rc_cluster*, const rc_commands*, rc_error**)) {
  rc_commands* commands = rc_commands_new();
  rc_commands_add(commands, WORDS("SET", "key", "value"), NULL);
  rc_commands_add(commands, WORDS("GET", "key"), NULL);
  rc_reply* reply = operation(shared.cluster, commands, NULL);
  rc_commands_free(commands);
  return done(reply);
}

static int run_operation(int which) {
  switch (which) {
    case 0:
      return open_and_free(0);
    case 1:
      return open_and_free(1);
    case 2:
      return done(rc_commandf(shared.cluster, NULL, "GET key"));
    case 3:
      return many(rc_pipeline);
    case 4:
      return many(rc_transaction);
    case 5: {
      const char* const keys[] = {"key"};
      return done(rc_watch_transaction(shared.cluster, 1, keys, NULL, queue_one, NULL, NULL));
    }
    case 6:
      return rc_cluster_refresh(shared.cluster, NULL) == RC_OK;
    case 7:
      return explain();
    default:
      return info();
  }
}

enum { kOperations = 9 };

static void* run_cancelled(void* which) {
  pthread_cancel(pthread_self());
  returned = run_operation(*(const int*)which) ? 1 : -1;
  pthread_testcancel();
  return NULL;
}

static void every_function_comes_to_its_end(void** state) {
  (void)state;
  for (int which = 0; which < kOperations; ++which) {
    returned = 0;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_cancelled, &which), 0);
    join_cancelled(thread);
    if (returned != 1) print_error("operation %d\n", which);
    assert_int_equal(returned, 1);
  }
}

static void* run_uncancellable(void* unused) {
  (void)unused;
  int before = -1;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
  rc_reply_free(rc_commandf(shared.cluster, NULL, "GET key"));
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &before);
  returned = before;
  rc_reply_free(rc_commandf(shared.cluster, NULL, "GET key"));
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
  begun = before;
  return NULL;
}

static void what_a_thread_has_set_is_as_before(void** state) {
  (void)state;
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, run_uncancellable, NULL), 0);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(returned, PTHREAD_CANCEL_DISABLE);
  assert_int_equal(begun, PTHREAD_CANCEL_ENABLE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_CLUSTER(a_thread_that_waits_in_a_blocking_command_ends_after_it),
      WITH_CLUSTER(threads_that_share_a_connection_do_not_notice),
      WITH_CLUSTER(every_function_comes_to_its_end),
      WITH_CLUSTER(what_a_thread_has_set_is_as_before),
  };
  return RUN_WITH_SERVERS(tests);
}
