// What the tests of the C API share.
#pragma once

#include <rediscluster/rediscluster.h>
#include <stdio.h>
#include <string.h>

#include "any_cmocka.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

// Asserts that a call has failed with this code and outcome and a message that has the words, and frees the
// error.
#define assert_failure(error, code, outcome, words) \
  check_failure(&(error), (code), (outcome), (words), __FILE__, __LINE__)
#define assert_invalid(error, words) \
  assert_failure(error, RC_ERR_INVALID_ARGUMENT, RC_OUTCOME_NOT_SENT, words)

static inline void check_failure(rc_error** error, int code, int outcome, const char* words, const char* file,
                                 int line) {
  if (rc_error_code(*error) != code || rc_error_outcome(*error) != outcome ||
      strstr(rc_error_message(*error), words) == NULL) {
    print_error("got %s, %s: \"%s\"\nnot %s, %s with \"%s\"\n", rc_error_name(rc_error_code(*error)),
                rc_outcome_name(rc_error_outcome(*error)), rc_error_message(*error), rc_error_name(code),
                rc_outcome_name(outcome), words);
    _fail(file, line);
  }
  rc_error_free(*error);
  *error = NULL;
}

// Asserts that no error was set; tells its message otherwise.
#define assert_no_error(error) check_no_error((error), __FILE__, __LINE__)

static inline void check_no_error(const rc_error* error, const char* file, int line) {
  if (error == NULL) return;
  print_error("%s: %s\n", rc_error_name(rc_error_code(error)), rc_error_message(error));
  _fail(file, line);
}
