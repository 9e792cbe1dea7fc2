// What the tests of completion queues share.
#pragma once

#include <poll.h>

#include "scripted/scenario.h"

static inline rc_queue* queue_of(rc_cluster* cluster, size_t max_calls, int gather) {
  rc_queue_options* options = rc_queue_options_new();
  if (max_calls > 0) assert_int_equal(rc_queue_options_set_max_calls(options, max_calls, NULL), RC_OK);
  rc_queue_options_set_gather(options, gather, NULL);
  rc_error* error = NULL;
  rc_queue* queue = rc_queue_new(cluster, options, &error);
  rc_queue_options_free(options);
  assert_no_error(error);
  assert_non_null(queue);
  return queue;
}

static inline uint64_t try_submit(rc_queue* queue, const char* line, uint64_t tag, int timeout_ms,
                                  rc_error** error) {
  const char* argv[MAX_WORDS];
  size_t lengths[MAX_WORDS];
  const size_t argc = split(line, argv, lengths);
  rc_call_options* options = call_options(timeout_ms, 0);
  const uint64_t ticket = rc_submit(queue, options, tag, argc, argv, lengths, error);
  rc_call_options_free(options);
  return ticket;
}

static inline uint64_t submit_for(rc_queue* queue, const char* line, uint64_t tag, int timeout_ms) {
  rc_error* error = NULL;
  const uint64_t ticket = try_submit(queue, line, tag, timeout_ms, &error);
  assert_no_error(error);
  assert_true(ticket != 0);
  return ticket;
}

static inline uint64_t submit(rc_queue* queue, const char* line, uint64_t tag) {
  return submit_for(queue, line, tag, 0);
}

// Waits for one.
static inline rc_completions* next_one(rc_queue* queue) {
  rc_error* error = NULL;
  rc_completions* one = rc_queue_next(queue, 1, 20000, &error);
  assert_no_error(error);
  assert_non_null(one);
  assert_int_equal(rc_completions_count(one), 1);
  return one;
}

// The next is the reply of the call with this tag.
#define assert_next(queue, tag, text) check_next((queue), (tag), (text), __FILE__, __LINE__)
static inline void check_next(rc_queue* queue, uint64_t tag, const char* text, const char* file, int line) {
  rc_completions* one = next_one(queue);
  if (rc_completions_error(one, 0) != NULL || rc_completions_tag(one, 0) != tag) {
    print_error("call %d: %s\n", (int)rc_completions_tag(one, 0),
                rc_error_message(rc_completions_error(one, 0)));
    _fail(file, line);
  }
  assert_int_equal(rc_completions_kind(one, 0), RC_COMPLETION_CALL);
  check_text(rc_completions_reply(one, 0), text, file, line);
  rc_completions_free(one);
}

// The next is the failure of that call.
#define assert_next_fails(queue, tag, code, outcome, ...) \
  check_next_fails((queue), (tag), (code), (outcome), (const char*[]){__VA_ARGS__, NULL}, __FILE__, __LINE__)
static inline void check_next_fails(rc_queue* queue, uint64_t tag, int code, int outcome,
                                    const char* const* words, const char* file, int line) {
  rc_completions* one = next_one(queue);
  assert_int_equal(rc_completions_tag(one, 0), tag);
  assert_null(rc_completions_reply(one, 0));
  check_error(rc_completions_error(one, 0), code, outcome, words, file, line);
  rc_completions_free(one);
}

static inline void assert_nothing_is_there(rc_queue* queue) {
  rc_error* error = NULL;
  assert_null(rc_queue_next(queue, 10, 0, &error));
  assert_no_error(error);
}

static inline int is_readable(rc_queue* queue, int timeout_ms) {
  struct pollfd one = {rc_queue_fd(queue, NULL), POLLIN, 0};
  return poll(&one, 1, timeout_ms) == 1;
}
