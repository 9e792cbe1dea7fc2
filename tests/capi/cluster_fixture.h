// A real cluster for the tests of one file, and an open handle for each test.
#pragma once

#include <test_cluster.h>
#include <test_wait.h>

#include "capi/capi_test.h"

typedef struct fixture {
  test_cluster* servers;
  rc_cluster* cluster;
} fixture;

static fixture shared;

static inline rc_options* seed_options(void) {
  rc_options* options = rc_options_new();
  assert_non_null(options);
  for (int node = 0; node < test_cluster_node_count(shared.servers); ++node) {
    assert_int_equal(rc_options_add_address(options, test_node_address(shared.servers, node), NULL), RC_OK);
  }
  return options;
}

static inline rc_cluster* open_with(rc_options* options) {
  rc_error* error = NULL;
  rc_cluster* cluster = rc_cluster_open(options, &error);
  assert_no_error(error);
  assert_non_null(cluster);
  rc_options_free(options);
  return cluster;
}

static inline int start_servers(void** state) {
  (void)state;
  shared.servers = test_cluster_start(NULL);
  return shared.servers == NULL;
}

static inline int stop_servers(void** state) {
  (void)state;
  test_cluster_stop(shared.servers);
  return 0;
}

static inline int open_fresh(void** state) {
  if (!test_cluster_reset(shared.servers)) return 1;
  shared.cluster = open_with(seed_options());
  *state = &shared;
  return 0;
}

static inline int close_again(void** state) {
  (void)state;
  rc_cluster_free(shared.cluster);
  shared.cluster = NULL;
  return 0;
}

#define WITH_CLUSTER(test) cmocka_unit_test_setup_teardown(test, open_fresh, close_again)
#define RUN_WITH_SERVERS(tests) cmocka_run_group_tests(tests, start_servers, stop_servers)

// A command of strings: ok("SET", "key", "value") asserts that there is a reply, which the caller frees.
#define ok(...) check_reply(shared.cluster, (const char* const[]){__VA_ARGS__, NULL}, __FILE__, __LINE__)
#define WORDS(...) \
  (sizeof((const char* const[]){__VA_ARGS__}) / sizeof(const char*)), (const char* const[]){__VA_ARGS__}, NULL

static inline rc_reply* check_reply(rc_cluster* cluster, const char* const* words, const char* file,
                                    int line) {
  size_t count = 0;
  while (words[count] != NULL) ++count;
  rc_error* error = NULL;
  rc_reply* reply = rc_command(cluster, count, words, NULL, &error);
  check_no_error(error, file, line);
  if (reply == NULL) _fail(file, line);
  return reply;
}

static inline void assert_string(const rc_reply* reply, const char* expected) {
  size_t length = 0;
  const char* string = rc_reply_string(reply, &length);
  assert_non_null(string);
  assert_string_equal(string, expected);
  assert_int_equal(length, strlen(expected));
}

// The value of a key, which must be the string.
static inline void assert_value(const char* key, const char* expected) {
  rc_reply* reply = ok("GET", key);
  assert_int_equal(rc_reply_type(reply), RC_REPLY_STRING);
  assert_string(reply, expected);
  rc_reply_free(reply);
}

static inline void assert_missing(const char* key) {
  rc_reply* reply = ok("EXISTS", key);
  assert_int_equal(rc_reply_type(reply), RC_REPLY_INTEGER);
  assert_int_equal(rc_reply_integer(reply), 0);
  rc_reply_free(reply);
}

static inline uint64_t counter(const char* name) {
  rc_info* info = rc_cluster_info(shared.cluster, NULL);
  assert_non_null(info);
  const uint64_t value = rc_info_counter(info, name);
  rc_info_free(info);
  return value;
}
