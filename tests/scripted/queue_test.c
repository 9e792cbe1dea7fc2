// Completion queues: one completion a submit, whatever happens to it.
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#include "scripted/queue_calls.h"

static void a_call_ends_in_one_completion(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A "EXPECT GET foo\nBULK v\nEXPECT INCR foo\nREPLY :7\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  const uint64_t one = submit(queue, "GET foo", 11);
  assert_int_equal(rc_queue_under_way(queue), 1);
  assert_next(queue, 11, "v");
  assert_int_equal(rc_queue_under_way(queue), 0);
  const uint64_t two = submit(queue, "INCR foo", 12);
  assert_true(one != two);
  assert_next(queue, 12, "7");
  assert_nothing_is_there(queue);
  rc_queue_free(queue);
  finish(cluster, net);
}

static void replies_come_in_the_order_of_the_submits_to_a_slot(void** state) {
  (void)state;
  for (int gather = 0; gather < 2; gather++) {
    scripted_net* net = scripted_net_start(
        "a", ALL_AT_A "REPEAT 50\nEXPECT INCR foo\nREPLY :1\nEXPECT_SAME GET foo\nBULK v\nEND\n", NULL);
    rc_cluster* cluster = open_at(net, "a", 10000);
    rc_queue* queue = queue_of(cluster, 0, gather);
    for (uint64_t i = 0; i < 50; i++) {
      submit(queue, "INCR foo", 2 * i);
      submit(queue, "GET foo", 2 * i + 1);
    }
    assert_int_equal(rc_queue_flush(queue, NULL), RC_OK);
    for (uint64_t i = 0; i < 50; i++) {
      assert_next(queue, 2 * i, "1");
      assert_next(queue, 2 * i + 1, "v");
    }
    rc_queue_free(queue);
    finish(cluster, net);
  }
}

static void what_is_gathered_waits_for_a_flush(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "EXPECT GET foo\nBULK v\nEXPECT GET foo\nBULK w\nEXPECT GET foo\nBULK x\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 1);
  submit(queue, "GET foo", 1);
  assert_next(queue, 1, "v");  // it is connected now
  submit(queue, "GET foo", 2);
  submit(queue, "GET foo", 3);
  long_enough_to_be_idle();
  assert_int_equal(scripted_net_count(net, "a", "GET"), 1);
  assert_int_equal(rc_queue_flush(queue, NULL), RC_OK);
  assert_true(TEST_WAIT(scripted_net_count(net, "a", "GET") == 3, 10000));
  assert_next(queue, 2, "w");
  assert_next(queue, 3, "x");
  rc_queue_free(queue);
  finish(cluster, net);
}

static void redirects_stay_inside(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A_FOR_GOOD "EXPECT GET foo\n" MOVED_TO_B, "b",
                                         "ALWAYS EXPECT CLUSTER SLOTS ->\n"
                                         "EXPECT GET foo\n"
                                         "BULK v\n"
                                         "EXPECT GET foo\n"
                                         "REPLY -TRYAGAIN wait\n"
                                         "EXPECT GET foo\n"
                                         "BULK w\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  submit(queue, "GET foo", 1);
  assert_next(queue, 1, "v");
  submit(queue, "GET foo", 2);
  assert_next(queue, 2, "w");
  assert_int_equal(counter(cluster, "moved"), 1);
  rc_queue_free(queue);
  finish(cluster, net);
}

static void an_ask_is_asked_for(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT GET foo\n" ASK_B, "b",
                                         "EXPECT ASKING\nREPLY +OK\nEXPECT_SAME GET foo\nBULK v\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  submit(queue, "GET foo", 1);
  assert_next(queue, 1, "v");
  rc_queue_free(queue);
  finish(cluster, net);
}

static void an_error_of_the_server_is_the_calls_own(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A "EXPECT GET foo\nREPLY -WRONGTYPE Operation against\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  submit(queue, "GET foo", 1);
  assert_next_fails(queue, 1, RC_ERR_SERVER, RC_OUTCOME_EXECUTED, "GET (slot 12182)", "WRONGTYPE");
  rc_queue_free(queue);
  finish(cluster, net);
}

static void a_timeout_is_told_and_its_late_reply_is_nobodys(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "EXPECT GET foo\nEXPECT_SAME GET bar\nBULK late\nBULK v\nEXPECT GET foo\nBULK w\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  submit_for(queue, "GET foo", 1, 50);
  assert_true(is_readable(queue, 10000));
  assert_next_fails(queue, 1, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "GET (slot 12182)", "no answer");
  submit(queue, "GET bar", 2);
  assert_next(queue, 2, "v");
  submit(queue, "GET foo", 3);
  assert_next(queue, 3, "w");
  assert_nothing_is_there(queue);
  rc_queue_free(queue);
  finish(cluster, net);
}

static void a_cancelled_call_ends_at_once(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A "EXPECT INCR foo\nEXPECT GET foo\nREPLY :1\nBULK v\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  rc_queue* other = queue_of(cluster, 0, 0);
  const uint64_t ticket = submit(queue, "INCR foo", 1);
  assert_nothing_is_there(queue);
  assert_true(TEST_WAIT(
      (rc_completions_free(rc_queue_next(queue, 1, 0, NULL)), scripted_net_count(net, "a", "INCR") == 1),
      10000));
  assert_int_equal(rc_queue_cancel(other, ticket), 0);
  assert_int_equal(rc_queue_cancel(queue, 0), 0);
  assert_int_equal(rc_queue_cancel(queue, ticket), 1);
  assert_int_equal(rc_queue_cancel(queue, ticket), 0);
  assert_int_equal(rc_queue_under_way(queue), 0);
  assert_true(is_readable(queue, 0));
  assert_next_fails(queue, 1, RC_ERR_CANCELLED, RC_OUTCOME_UNKNOWN, "INCR (slot 12182)");
  assert_int_equal(rc_queue_cancel(queue, ticket), 0);
  submit(queue, "GET foo", 2);
  assert_next(queue, 2, "v");
  rc_queue_free(other);
  rc_queue_free(queue);
  finish(cluster, net);
}

static void what_was_not_sent_is_cancelled_without_a_trace(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT GET foo\nBULK v\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 1);
  const uint64_t ticket = submit(queue, "INCR foo", 1);
  submit(queue, "GET foo", 2);
  assert_int_equal(rc_queue_cancel(queue, ticket), 1);
  assert_next_fails(queue, 1, RC_ERR_CANCELLED, RC_OUTCOME_NOT_SENT, "INCR");
  assert_next(queue, 2, "v");
  rc_queue_free(queue);
  finish(cluster, net);
}

static void past_a_limit_submits_are_refused_until_there_is_room(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "REPEAT 3\nEXPECT GET foo\nBULK v\nEND\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 2, 0);
  submit(queue, "GET foo", 1);
  submit(queue, "GET foo", 2);
  for (int i = 0; i < 3; i++) {
    rc_error* error = NULL;
    assert_int_equal(try_submit(queue, "GET foo", 3, 0, &error), 0);
    assert_error(error, RC_ERR_BUSY, RC_OUTCOME_NOT_SENT, "2 calls");
    rc_error_free(error);
  }
  // There may be room as soon as one was taken: it is told once.
  int rooms = 0;
  for (int i = 0; i < 3; i++) {
    rc_completions* one = next_one(queue);
    if (rc_completions_kind(one, 0) == RC_COMPLETION_ROOM) {
      rooms++;
      assert_int_equal(rc_completions_tag(one, 0), 0);
      assert_int_equal(rc_completions_ticket(one, 0), 0);
      assert_null(rc_completions_reply(one, 0));
      assert_null(rc_completions_error(one, 0));
    } else {
      assert_text(rc_completions_reply(one, 0), "v");
    }
    rc_completions_free(one);
  }
  assert_int_equal(rooms, 1);
  assert_nothing_is_there(queue);
  submit(queue, "GET foo", 4);
  assert_next(queue, 4, "v");
  rc_queue_free(queue);
  finish(cluster, net);
}

static void replies_that_nobody_takes_count_against_the_limit(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "EXPECT GET foo\nBULK 0123456789012345678901234567890123456789\nEXPECT GET foo\nBULK v\n",
      NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue_options* options = rc_queue_options_new();
  assert_int_equal(rc_queue_options_set_max_bytes(options, 60, NULL), RC_OK);
  rc_queue* queue = rc_queue_new(cluster, options, NULL);
  rc_queue_options_free(options);
  submit(queue, "GET foo", 1);
  assert_true(TEST_WAIT((rc_queue_flush(queue, NULL), rc_queue_under_way(queue) == 0), 10000));
  rc_error* error = NULL;
  assert_int_equal(try_submit(queue, "GET foo", 2, 0, &error), 0);
  assert_error(error, RC_ERR_BUSY, RC_OUTCOME_NOT_SENT, "bytes");
  rc_error_free(error);
  rc_completions* both = rc_queue_next(queue, 10, 10000, NULL);
  assert_int_equal(rc_completions_count(both), 2);
  assert_int_equal(rc_completions_kind(both, 1), RC_COMPLETION_ROOM);
  rc_completions_free(both);
  submit(queue, "GET foo", 3);
  assert_next(queue, 3, "v");
  rc_queue_free(queue);
  finish(cluster, net);
}

static void what_is_taken_is_the_callers(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A "EXPECT GET foo\nBULK v\nEXPECT GET foo\nREPLY -ERR no\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  submit(queue, "GET foo", 1);
  submit(queue, "GET foo", 2);
  rc_completions* one = next_one(queue);
  rc_completions* two = next_one(queue);
  rc_reply* reply = rc_completions_take_reply(one, 0);
  rc_error* error = rc_completions_take_error(two, 0);
  assert_null(rc_completions_take_reply(one, 0));
  assert_null(rc_completions_take_error(one, 0));
  assert_null(rc_completions_reply(one, 0));
  rc_completions_free(one);
  rc_completions_free(two);
  rc_queue_free(queue);
  rc_cluster_free(cluster);
  assert_text(reply, "v");
  assert_error(error, RC_ERR_SERVER, RC_OUTCOME_EXECUTED, "ERR no");
  rc_reply_free(reply);
  rc_error_free(error);
  assert_true(scripted_net_passed(net));
}

// ---- bad input ----

static void bad_input_is_refused(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A, NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  rc_error* error = NULL;
#define REFUSED(call, value, word)                                           \
  do {                                                                       \
    assert_true((call) == (value));                                          \
    assert_error(error, RC_ERR_INVALID_ARGUMENT, RC_OUTCOME_NOT_SENT, word); \
    rc_error_free(error);                                                    \
    error = NULL;                                                            \
  } while (0)
  const char* get[] = {"GET", "foo"};
  REFUSED(rc_queue_new(NULL, NULL, &error), NULL, "cluster is NULL");
  REFUSED(rc_queue_fd(NULL, &error), -1, "queue is NULL");
  REFUSED(rc_queue_next(NULL, 1, 0, &error), NULL, "queue is NULL");
  REFUSED(rc_queue_next(queue, 0, 0, &error), NULL, "max is 0");
  REFUSED(rc_queue_next(queue, 1, -2, &error), NULL, "timeout_ms is -2");
  REFUSED(rc_queue_flush(NULL, &error), RC_ERR_INVALID_ARGUMENT, "queue is NULL");
  REFUSED(rc_submit(NULL, NULL, 1, 2, get, NULL, &error), 0, "queue is NULL");
  REFUSED(rc_submit(queue, NULL, 1, 0, get, NULL, &error), 0, "argc is 0");
  REFUSED(rc_submit(queue, NULL, 1, 2, NULL, NULL, &error), 0, "argv is NULL");
  rc_queue_options* options = rc_queue_options_new();
  REFUSED(rc_queue_options_set_max_calls(options, 0, &error), RC_ERR_INVALID_ARGUMENT, "max_calls is 0");
  REFUSED(rc_queue_options_set_max_bytes(options, 0, &error), RC_ERR_INVALID_ARGUMENT, "max_bytes is 0");
  REFUSED(rc_queue_options_set_gather(NULL, 1, &error), RC_ERR_INVALID_ARGUMENT, "options is NULL");
  rc_queue_options_free(options);
  assert_int_equal(try_submit(queue, "MGET foo bar", 1, 0, &error), 0);
  assert_error(error, RC_ERR_CROSS_SLOT, RC_OUTCOME_NOT_SENT, "MGET");
  rc_error_free(error);
  assert_int_equal(rc_queue_under_way(queue), 0);
  assert_int_equal(rc_queue_under_way(NULL), 0);
  assert_int_equal(rc_queue_cancel(NULL, 1), 0);
  rc_queue_wake(NULL);
  rc_queue_free(NULL);
  rc_completions_free(NULL);
  rc_queue_options_free(NULL);
  assert_int_equal(rc_completions_count(NULL), 0);
  assert_int_equal(rc_completions_kind(NULL, 0), 0);
  assert_null(rc_completions_reply(NULL, 0));
  rc_queue_free(queue);
  finish(cluster, net);
}

// A queue sends each command to one node, whose answer would pass for that of all.
static void what_means_several_nodes_is_refused(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT TIME\nREPLY :1\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  const char* const lines[] = {"DBSIZE",    "FLUSHALL", "KEYS *",  "SCRIPT LOAD x",
                               "RANDOMKEY", "SCAN 0",   "WAIT 1 0"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; ++i) {
    rc_error* error = NULL;
    assert_int_equal(try_submit(queue, lines[i], 1, 0, &error), 0);
    assert_error(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, ": ");
    rc_error_free(error);
  }
  rc_call_options* options = rc_call_options_new();
  rc_call_options_set_route(options, RC_ROUTE_NODES, NULL);
  const char* argv[] = {"TIME"};
  rc_error* error = NULL;
  assert_int_equal(rc_submit(queue, options, 1, 1, argv, NULL, &error), 0);
  assert_error(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "rc_command_with");
  rc_error_free(error);
  rc_call_options_free(options);
  submit(queue, "TIME", 2);
  assert_next(queue, 2, "1");
  rc_queue_free(queue);
  finish(cluster, net);
}

// ---- the descriptor ----

static int readable_by_select(int fd) {
  fd_set set;
  FD_ZERO(&set);
  FD_SET(fd, &set);
  struct timeval none = {0, 0};
  return select(fd + 1, &set, NULL, NULL, &none) == 1;
}

static void the_descriptor_is_readable_while_there_is_something_to_do(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "EXPECT GET foo\nBULK v\nREPEAT 3\nEXPECT GET foo\nBULK v\nEND\nEXPECT GET bar\nBULK w\n",
      NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  const int fd = rc_queue_fd(queue, NULL);
  assert_false(is_readable(queue, 0));
  submit(queue, "GET foo", 1);
  assert_next(queue, 1, "v");
  for (uint64_t i = 2; i < 5; i++) submit(queue, "GET foo", i);
  assert_true(TEST_WAIT(scripted_net_count(net, "a", "GET") == 4, 10000));
  // Level-triggered it stays readable until what is inside was taken.
  for (uint64_t i = 2; i < 5; i++) {
    assert_true(is_readable(queue, 10000));
    assert_true(readable_by_select(fd));
    assert_next(queue, i, "v");
  }
  assert_nothing_is_there(queue);
  assert_false(readable_by_select(fd));
  // Edge-triggered a new reply is a new edge.
  const int epoll = epoll_create1(0);
  struct epoll_event event = {EPOLLIN | EPOLLET, {0}};
  assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
  assert_int_equal(epoll_wait(epoll, &event, 1, 0), 0);
  submit(queue, "GET bar", 5);
  assert_int_equal(epoll_wait(epoll, &event, 1, 10000), 1);
  assert_next(queue, 5, "w");
  close(epoll);
  assert_int_equal(rc_queue_fd(queue, NULL), fd);
  rc_queue_free(queue);
  finish(cluster, net);
}

static void a_wake_ends_a_wait(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A, NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  rc_queue_wake(queue);
  rc_error* error = NULL;
  assert_null(rc_queue_next(queue, 1, -1, &error));  // or it would hang
  assert_no_error(error);
  rc_queue_free(queue);
  finish(cluster, net);
}

// ---- life ----

static void a_close_ends_every_call(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT INCR foo\nALWAYS EXPECT GET * ->\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  submit(queue, "INCR foo", 1);
  assert_true(TEST_WAIT((rc_queue_flush(queue, NULL), scripted_net_count(net, "a", "INCR") == 1), 10000));
  rc_cluster_close(cluster);
  assert_next_fails(queue, 1, RC_ERR_CLOSED, RC_OUTCOME_UNKNOWN, "INCR");
  rc_error* error = NULL;
  assert_int_equal(try_submit(queue, "GET foo", 2, 0, &error), 0);
  assert_error(error, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "closed");
  rc_error_free(error);
  error = NULL;
  assert_null(rc_queue_next(queue, 1, -1, &error));
  assert_int_equal(rc_error_code(error), RC_ERR_CLOSED);
  rc_error_free(error);
  rc_queue_free(queue);
  finish(cluster, net);
}

static void a_queue_keeps_its_cluster(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT GET foo\nBULK v\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  rc_cluster_free(cluster);
  submit(queue, "GET foo", 1);
  assert_next(queue, 1, "v");
  rc_queue_free(queue);
  assert_true(scripted_net_passed(net));
}

static void a_queue_is_freed_with_calls_under_way(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "EXPECT INCR foo\nALWAYS EXPECT GET * ->\nEXPECT SET foo 1\nREPLY +OK\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  submit(queue, "INCR foo", 1);
  assert_true(TEST_WAIT((rc_queue_flush(queue, NULL), scripted_net_count(net, "a", "INCR") == 1), 10000));
  for (uint64_t i = 0; i < 100; i++) submit(queue, "GET foo", i);
  rc_queue_free(queue);
  assert_answer(cluster, "SET foo 1", "OK");
  finish(cluster, net);
}

static int hook_calls;
static rc_queue* hook_queue;
static void free_in_hook(const rc_attempt* attempt, void* unused) {
  (void)attempt;
  (void)unused;
  hook_calls++;
  rc_error* error = NULL;
  assert_null(rc_queue_next(hook_queue, 1, 0, &error));
  assert_int_equal(rc_error_code(error), RC_ERR_UNSUPPORTED);
  rc_error_free(error);
  assert_int_equal(rc_queue_flush(hook_queue, NULL), RC_OK);
  rc_queue_free(hook_queue);
  hook_queue = NULL;
}

static void a_queue_is_freed_from_inside_a_hook(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT GET foo\nBULK v\n", NULL);
  rc_options* options = options_for(net, "a", 10000);
  rc_options_set_attempt_hook(options, free_in_hook, NULL, NULL);
  rc_cluster* cluster = open_with(options);
  hook_queue = queue_of(cluster, 0, 0);
  submit(hook_queue, "GET foo", 1);
  assert_int_equal(hook_calls, 0);
  rc_completions_free(rc_queue_next(hook_queue, 1, 10000, NULL));
  assert_int_equal(hook_calls, 1);
  finish(cluster, net);
}

// ---- what the library asks the user ----

static pthread_t asked_on;
static int times_asked;
static int give_credentials(const char* host, int port, rc_credentials* credentials, void* unused) {
  (void)host;
  (void)port;
  (void)unused;
  asked_on = pthread_self();
  times_asked++;
  return rc_credentials_set(credentials, NULL, "s3cret", NULL);
}

static void credentials_are_asked_for_by_whoever_drives(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "ALWAYS EXPECT AUTH ... -> REPLY +OK\n" ALL_AT_A
                                         "EXPECT GET foo\nBULK v\nEXPECT GET foo\nBULK w\n",
                                         NULL);
  rc_options* options = options_for(net, "a", 10000);
  rc_options_set_credentials(options, give_credentials, NULL, NULL);
  rc_cluster* cluster = open_with(options);
  rc_queue* queue = queue_of(cluster, 0, 0);
  times_asked = 0;
  submit(queue, "GET foo", 1);
  submit(queue, "GET foo", 2);
  assert_int_equal(times_asked, 0);
  assert_next(queue, 1, "v");
  assert_next(queue, 2, "w");
  assert_int_equal(times_asked, 1);
  rc_queue_free(queue);
  finish(cluster, net);
}

// ---- nodes that go ----

static void a_lost_connection_is_unknown_to_a_write_and_nothing_to_a_read(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "EXPECT INCR foo\nEXPECT_SAME GET foo\nCLOSE\nEXPECT GET foo\nBULK v\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  submit(queue, "INCR foo", 1);
  submit(queue, "GET foo", 2);
  assert_next_fails(queue, 1, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "INCR");
  assert_next(queue, 2, "v");
  rc_queue_free(queue);
  finish(cluster, net);
}

static void a_connection_that_was_closed_while_idle_costs_nobody_anything(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A "EXPECT GET foo\nBULK v\nCLOSE\nEXPECT INCR foo\nREPLY :1\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  submit(queue, "GET foo", 1);
  assert_next(queue, 1, "v");
  long_enough_to_be_idle();
  submit(queue, "INCR foo", 2);
  assert_next(queue, 2, "1");
  rc_queue_free(queue);
  finish(cluster, net);
}

static void a_node_that_cannot_be_reached_fails_its_calls_in_time(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_B, "b", "REFUSE\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  submit_for(queue, "GET foo", 1, 200);
  assert_next_fails(queue, 1, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "GET (slot 12182)");
  rc_queue_free(queue);
  finish(cluster, net);
}

static void a_blocked_command_holds_nobody_up(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "EXPECT BLPOP foo 0\nEXPECT_OTHER SET foo 1\nREPLY +OK\nEXPECT BLPOP foo 0\nREPLY *-1\n",
      NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  const uint64_t ticket = submit(queue, "BLPOP foo 0", 1);
  assert_true(TEST_WAIT((rc_queue_flush(queue, NULL), scripted_net_count(net, "a", "BLPOP") == 1), 10000));
  submit(queue, "SET foo 1", 2);
  assert_next(queue, 2, "OK");
  assert_int_equal(rc_queue_cancel(queue, ticket), 1);
  assert_next_fails(queue, 1, RC_ERR_CANCELLED, RC_OUTCOME_UNKNOWN, "BLPOP");
  submit(queue, "BLPOP foo 0", 3);  // not behind the one that is given up
  rc_completions* one = next_one(queue);
  assert_int_equal(rc_reply_type(rc_completions_reply(one, 0)), RC_REPLY_NIL);
  rc_completions_free(one);
  rc_queue_free(queue);
  finish(cluster, net);
}

static void bytes_that_drip_make_replies(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "EXPECT GET foo\nEXPECT GET bar\nDRIP 1 1 $5\\r\\nhello\\r\\n*2\\r\\n:1\\r\\n:2\\r\\n\n",
      NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  submit(queue, "GET foo", 1);
  submit(queue, "GET bar", 2);
  assert_next(queue, 1, "hello");
  rc_completions* one = next_one(queue);
  assert_int_equal(rc_reply_length(rc_completions_reply(one, 0)), 2);
  rc_completions_free(one);
  rc_queue_free(queue);
  finish(cluster, net);
}

// A loop that stood still finds the replies that came meanwhile, although the time of their calls is over.
static void replies_that_came_while_the_loop_stood_still_are_replies(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "EXPECT GET foo\nBULK v\nREPEAT 2000\nEXPECT GET foo\nBULK v\nEND\nEXPECT INCR foo\n",
      NULL);
  rc_cluster* cluster = open_at(net, "a", 20000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  submit(queue, "GET foo", 0);
  assert_next(queue, 0, "v");
  for (uint64_t i = 1; i <= 2000; i++) submit_for(queue, "GET foo", i, 400);
  submit_for(queue, "INCR foo", 2001, 400);
  assert_true(TEST_WAIT(scripted_net_count(net, "a", "INCR") == 1, 20000));
  const long long start = test_now_ms();
  while (test_now_ms() < start + 600) test_nap();
  for (uint64_t i = 1; i <= 2000; i++) assert_next(queue, i, "v");
  assert_next_fails(queue, 2001, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "INCR");
  rc_queue_free(queue);
  finish(cluster, net);
}

static void without_descriptors_there_is_no_queue_and_no_crash(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT GET foo\nBULK v\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  rc_queue* early = queue_of(cluster, 0, 0);
  int held[4096];
  int count = 0;
  struct rlimit before;
  getrlimit(RLIMIT_NOFILE, &before);
  struct rlimit few = {before.rlim_cur < 1024 ? before.rlim_cur : 1024, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  while (count < 4096 && (held[count] = dup(0)) >= 0) count++;
  rc_error* error = NULL;
  assert_null(rc_queue_new(cluster, NULL, &error));
  assert_error(error, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "no file descriptor");
  rc_error_free(error);
  submit_for(early, "GET foo", 1, 100);
  assert_next_fails(early, 1, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "descriptor");
  while (count > 0) close(held[--count]);
  setrlimit(RLIMIT_NOFILE, &before);
  submit(early, "GET foo", 2);
  assert_next(early, 2, "v");
  rc_queue_free(early);
  finish(cluster, net);
}

// ---- threads ----

static atomic_int threads_taken;
static void* take_some(void* context) {
  rc_queue* queue = context;
  while (threads_taken < 4000) {
    rc_completions* some = rc_queue_next(queue, 7, 10, NULL);
    threads_taken += (int)rc_completions_count(some);
    rc_completions_free(some);
  }
  return NULL;
}
static void* submit_some(void* context) {
  for (uint64_t i = 0; i < 1000; i++) submit(context, "GET foo", i);
  return NULL;
}

static void threads_submit_and_take_together(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "ALWAYS EXPECT GET foo -> BULK v\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 20000);
  rc_queue* queue = queue_of(cluster, 0, 0);
  pthread_t threads[6];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, submit_some, queue);
  for (int i = 4; i < 6; i++) pthread_create(&threads[i], NULL, take_some, queue);
  for (int i = 0; i < 6; i++) pthread_join(threads[i], NULL);
  assert_int_equal(threads_taken, 4000);
  assert_nothing_is_there(queue);
  rc_queue_free(queue);
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_call_ends_in_one_completion),
      cmocka_unit_test(replies_come_in_the_order_of_the_submits_to_a_slot),
      cmocka_unit_test(what_is_gathered_waits_for_a_flush),
      cmocka_unit_test(redirects_stay_inside),
      cmocka_unit_test(an_ask_is_asked_for),
      cmocka_unit_test(an_error_of_the_server_is_the_calls_own),
      cmocka_unit_test(a_timeout_is_told_and_its_late_reply_is_nobodys),
      cmocka_unit_test(a_cancelled_call_ends_at_once),
      cmocka_unit_test(what_was_not_sent_is_cancelled_without_a_trace),
      cmocka_unit_test(past_a_limit_submits_are_refused_until_there_is_room),
      cmocka_unit_test(replies_that_nobody_takes_count_against_the_limit),
      cmocka_unit_test(what_is_taken_is_the_callers),
      cmocka_unit_test(bad_input_is_refused),
      cmocka_unit_test(the_descriptor_is_readable_while_there_is_something_to_do),
      cmocka_unit_test(a_wake_ends_a_wait),
      cmocka_unit_test(a_close_ends_every_call),
      cmocka_unit_test(a_queue_keeps_its_cluster),
      cmocka_unit_test(a_queue_is_freed_with_calls_under_way),
      cmocka_unit_test(a_queue_is_freed_from_inside_a_hook),
      cmocka_unit_test(credentials_are_asked_for_by_whoever_drives),
      cmocka_unit_test(a_lost_connection_is_unknown_to_a_write_and_nothing_to_a_read),
      cmocka_unit_test(a_connection_that_was_closed_while_idle_costs_nobody_anything),
      cmocka_unit_test(a_node_that_cannot_be_reached_fails_its_calls_in_time),
      cmocka_unit_test(a_blocked_command_holds_nobody_up),
      cmocka_unit_test(bytes_that_drip_make_replies),
      cmocka_unit_test(replies_that_came_while_the_loop_stood_still_are_replies),
      cmocka_unit_test(without_descriptors_there_is_no_queue_and_no_crash),
      cmocka_unit_test(what_means_several_nodes_is_refused),
      cmocka_unit_test(threads_submit_and_take_together),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
