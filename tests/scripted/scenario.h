// What the tests on scripted nodes share.
//
// Node "a" is the seed. Slot 12182 is that of the key foo, 5061 that of bar. Values and passwords that a test
// sends hold the word s3cret, which no message may show.
#pragma once

#include "capi/capi_test.h"
#include "scripted_node.h"
#include "test_wait.h"

// Only a hang takes so much longer than a call's timeout.
#define MARGIN_MS 3000

#define ALL_AT_A "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a\n"
#define ALL_AT_B "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 b\n"
// Told once, at the open: what the script says next of CLUSTER SLOTS holds for later refreshes.
#define OPENED_WITH_ALL_AT_A "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 a\n"
// No refresh is answered after the open: what a call does to the map stays.
#define ALL_AT_A_FOR_GOOD OPENED_WITH_ALL_AT_A "ALWAYS EXPECT CLUSTER SLOTS ->\n"
#define MOVED_TO_B "REPLY -MOVED 12182 127.0.0.1:${port:b}\n"
#define ASK_B "REPLY -ASK 12182 127.0.0.1:${port:b}\n"

// ---- opening and ending ----

static inline rc_options* options_for(const scripted_net* net, const char* node, int timeout_ms) {
  assert_non_null(net);
  rc_options* options = rc_options_new();
  assert_int_equal(rc_options_add_address(options, scripted_net_address(net, node), NULL), RC_OK);
  assert_int_equal(rc_options_set_timeout_ms(options, timeout_ms, NULL), RC_OK);
  return options;
}

// Takes the options.
static inline rc_cluster* open_with(rc_options* options) {
  rc_error* error = NULL;
  rc_cluster* cluster = rc_cluster_open(options, &error);
  rc_options_free(options);
  assert_no_error(error);
  assert_non_null(cluster);
  return cluster;
}

static inline rc_cluster* open_at(const scripted_net* net, const char* node, int timeout_ms) {
  return open_with(options_for(net, node, timeout_ms));
}

// Until the node has done all that its script says.
static inline void await_script(const scripted_net* net, const char* node) {
  assert_true(TEST_WAIT(scripted_net_done(net, node), 10000));
}

// A connection that has been idle for so long is looked at before it is written to.
static inline void long_enough_to_be_idle(void) {
  const long long start = test_now_ms();
  while (test_now_ms() < start + 5) test_nap();
}

// Everything went as scripted.
static inline void finish(rc_cluster* cluster, scripted_net* net) {
  rc_cluster_free(cluster);
  assert_true(scripted_net_passed(net));
}

// ---- errors ----

// Asserts the code and the outcome, that the message has each of the words, and no secret.
#define assert_error(error, code, outcome, ...) \
  check_error((error), (code), (outcome), (const char*[]){__VA_ARGS__, NULL}, __FILE__, __LINE__)

static inline void check_error(const rc_error* error, int code, int outcome, const char* const* words,
                               const char* file, int line) {
  const char* message = rc_error_message(error);
  const char* missing = NULL;
  for (; *words != NULL && missing == NULL; words++) {
    if (strstr(message, *words) == NULL) missing = *words;
  }
  const int shows_secret = strstr(message, "s3cret") != NULL;
  if (rc_error_code(error) == code && rc_error_outcome(error) == outcome && missing == NULL && !shows_secret)
    return;
  print_error("got %s, %s: \"%s\"\nnot %s, %s%s%s%s\n", rc_error_name(rc_error_code(error)),
              rc_outcome_name(rc_error_outcome(error)), message, rc_error_name(code),
              rc_outcome_name(outcome), missing ? " with " : "", missing ? missing : "",
              shows_secret ? ", and it shows a secret" : "");
  _fail(file, line);
}

// ---- commands, as lines of words with one space between ----

#define MAX_WORDS 16

static inline size_t split(const char* line, const char** argv, size_t* lengths) {
  size_t argc = 0;
  for (; *line != '\0' && argc < MAX_WORDS; argc++) {
    argv[argc] = line;
    lengths[argc] = strcspn(line, " ");
    line += lengths[argc];
    if (*line == ' ') line++;
  }
  return argc;
}

// The timeout is for this call; 0: that of the cluster.
static inline rc_call_options* call_options(int timeout_ms, int idempotent) {
  rc_call_options* options = rc_call_options_new();
  if (timeout_ms > 0) rc_call_options_set_timeout_ms(options, timeout_ms, NULL);
  rc_call_options_set_idempotent(options, idempotent, NULL);
  return options;
}

static inline rc_reply* run(rc_cluster* cluster, const char* line, int timeout_ms, rc_error** error) {
  const char* argv[MAX_WORDS];
  size_t lengths[MAX_WORDS];
  const size_t argc = split(line, argv, lengths);
  rc_call_options* options = call_options(timeout_ms, 0);
  rc_reply* reply = rc_command_with(cluster, options, argc, argv, lengths, error);
  rc_call_options_free(options);
  return reply;
}

static inline void add(rc_commands* commands, const char* line) {
  const char* argv[MAX_WORDS];
  size_t lengths[MAX_WORDS];
  const size_t argc = split(line, argv, lengths);
  assert_int_equal(rc_commands_add(commands, argc, argv, lengths, NULL), RC_OK);
}

#define COMMANDS(...) commands_of((const char*[]){__VA_ARGS__, NULL})

static inline rc_commands* commands_of(const char* const* lines) {
  rc_commands* commands = rc_commands_new();
  for (; *lines != NULL; lines++) add(commands, *lines);
  return commands;
}

// These take the commands.
static inline rc_reply* pipeline(rc_cluster* cluster, rc_commands* commands, int timeout_ms,
                                 rc_error** error) {
  rc_call_options* options = call_options(timeout_ms, 0);
  rc_reply* reply = rc_pipeline_with(cluster, options, commands, error);
  rc_call_options_free(options);
  rc_commands_free(commands);
  return reply;
}

static inline rc_reply* transaction(rc_cluster* cluster, rc_commands* commands, int timeout_ms,
                                    rc_error** error) {
  rc_call_options* options = call_options(timeout_ms, 0);
  rc_reply* reply = rc_transaction_with(cluster, options, commands, error);
  rc_call_options_free(options);
  rc_commands_free(commands);
  return reply;
}

// ---- replies ----

// Of a string, a status or an integer.
#define assert_text(reply, text) check_text((reply), (text), __FILE__, __LINE__)

static inline void check_text(const rc_reply* reply, const char* text, const char* file, int line) {
  char number[32];
  const char* got = rc_reply_string(reply, NULL);
  if (rc_reply_type(reply) == RC_REPLY_INTEGER) {
    snprintf(number, sizeof number, "%lld", (long long)rc_reply_integer(reply));
    got = number;
  }
  if (got != NULL && rc_reply_type(reply) != RC_REPLY_ERROR && strcmp(got, text) == 0) return;
  print_error("got %s %s, not \"%s\"\n", rc_reply_type_name(rc_reply_type(reply)), got ? got : "", text);
  _fail(file, line);
}

static inline const rc_error* element_error(const rc_reply* reply, size_t i) {
  return rc_reply_error(rc_reply_element(reply, i));
}

#define assert_element(reply, i, text) assert_text(rc_reply_element((reply), (i)), text)
#define assert_element_error(reply, i, code, outcome, ...) \
  assert_error(element_error((reply), (i)), code, outcome, __VA_ARGS__)

// At the deadline of a call that is refused again and again its last try may be on its way: only then nobody
// knows. A test that wants to see the last answer tries once more.
static inline int was_on_its_way(const rc_error* error) {
  return rc_error_code(error) == RC_ERR_TIMEOUT && rc_error_outcome(error) == RC_OUTCOME_UNKNOWN;
}

// Runs a command and looks at its end.
#define assert_answer(cluster, line, text) check_answer((cluster), (line), (text), __FILE__, __LINE__)
#define assert_fails(cluster, line, timeout_ms, code, outcome, ...)                                   \
  check_fails((cluster), (line), (timeout_ms), (code), (outcome), (const char*[]){__VA_ARGS__, NULL}, \
              __FILE__, __LINE__)

static inline void check_answer(rc_cluster* cluster, const char* command, const char* text, const char* file,
                                int line) {
  rc_error* error = NULL;
  rc_reply* reply = run(cluster, command, 0, &error);
  if (reply == NULL) {
    print_error("%s: %s\n", command, rc_error_message(error));
    _fail(file, line);
  }
  check_text(reply, text, file, line);
  rc_reply_free(reply);
}

static inline void check_fails(rc_cluster* cluster, const char* command, int timeout_ms, int code,
                               int outcome, const char* const* words, const char* file, int line) {
  rc_error* error = NULL;
  const long long start = test_now_ms();
  rc_reply* reply = run(cluster, command, timeout_ms, &error);
  const long long took = test_now_ms() - start;
  if (reply != NULL || (timeout_ms > 0 && took > timeout_ms + MARGIN_MS)) {
    print_error("%s: %s after %lld ms\n", command, reply ? "a reply, not an error" : "ended only", took);
    _fail(file, line);
  }
  check_error(error, code, outcome, words, file, line);
  rc_error_free(error);
}

// ---- what the client counted ----

static inline int counter(rc_cluster* cluster, const char* name) {
  rc_info* info = rc_cluster_info(cluster, NULL);
  const uint64_t value = rc_info_counter(info, name);
  rc_info_free(info);
  return (int)value;
}

static inline int slots_covered(rc_cluster* cluster) {
  rc_info* info = rc_cluster_info(cluster, NULL);
  const int value = rc_info_slots_covered(info);
  rc_info_free(info);
  return value;
}
