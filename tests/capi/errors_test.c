#include "capi/capi_test.h"

static const struct {
  int code;
  int value;
  const char* name;
} codes[] = {
    {RC_OK, 0, "RC_OK"},
    {RC_ERR_INVALID_ARGUMENT, 1, "RC_ERR_INVALID_ARGUMENT"},
    {RC_ERR_NO_MEMORY, 2, "RC_ERR_NO_MEMORY"},
    {RC_ERR_CONNECT, 3, "RC_ERR_CONNECT"},
    {RC_ERR_AUTH, 4, "RC_ERR_AUTH"},
    {RC_ERR_TLS, 5, "RC_ERR_TLS"},
    {RC_ERR_TIMEOUT, 6, "RC_ERR_TIMEOUT"},
    {RC_ERR_IO, 7, "RC_ERR_IO"},
    {RC_ERR_PROTOCOL, 8, "RC_ERR_PROTOCOL"},
    {RC_ERR_SERVER, 9, "RC_ERR_SERVER"},
    {RC_ERR_CROSS_SLOT, 10, "RC_ERR_CROSS_SLOT"},
    {RC_ERR_NO_KEYS, 11, "RC_ERR_NO_KEYS"},
    {RC_ERR_EMPTY, 12, "RC_ERR_EMPTY"},
    {RC_ERR_CLUSTER_DOWN, 13, "RC_ERR_CLUSTER_DOWN"},
    {RC_ERR_TOO_MANY_REDIRECTS, 14, "RC_ERR_TOO_MANY_REDIRECTS"},
    {RC_ERR_WATCH_CONFLICT, 15, "RC_ERR_WATCH_CONFLICT"},
    {RC_ERR_ABORTED, 16, "RC_ERR_ABORTED"},
    {RC_ERR_CALLBACK, 17, "RC_ERR_CALLBACK"},
    {RC_ERR_CLOSED, 18, "RC_ERR_CLOSED"},
    {RC_ERR_BUSY, 19, "RC_ERR_BUSY"},
    {RC_ERR_UNSUPPORTED, 20, "RC_ERR_UNSUPPORTED"},
    {RC_ERR_INTERNAL, 21, "RC_ERR_INTERNAL"},
    {RC_ERR_CANCELLED, 22, "RC_ERR_CANCELLED"},
    {RC_ERR_PARTIAL, 23, "RC_ERR_PARTIAL"},
};

static void codes_have_their_fixed_values_and_names(void** state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(codes); ++i) {
    assert_int_equal(codes[i].code, codes[i].value);
    assert_string_equal(rc_error_name(codes[i].code), codes[i].name);
  }
}

static void a_code_that_is_none_has_a_name_too(void** state) {
  (void)state;
  assert_string_equal(rc_error_name(-1), "RC_ERR_UNKNOWN_CODE");
  assert_string_equal(rc_error_name(24), "RC_ERR_UNKNOWN_CODE");
  assert_string_equal(rc_error_name(INT32_MAX), "RC_ERR_UNKNOWN_CODE");
}

static void only_partial_errors_have_parts(void** state) {
  (void)state;
  rc_error* error = NULL;
  assert_int_equal(rc_options_set_timeout_ms(NULL, 1, &error), RC_ERR_INVALID_ARGUMENT);
  const rc_error* const none[] = {NULL, error};
  for (size_t i = 0; i < COUNT_OF(none); ++i) {
    assert_int_equal(rc_error_part_count(none[i]), 0);
    assert_null(rc_error_part_node(none[i], 0));
    assert_int_equal(rc_error_part_key_count(none[i], 0), 0);
    assert_int_equal(rc_error_part_key(none[i], 0, 0), 0);
    assert_null(rc_error_part_reply(none[i], 0));
    assert_null(rc_error_part_error(none[i], 0));
  }
  rc_error_free(error);
}

static void outcomes_have_their_fixed_values_and_names(void** state) {
  (void)state;
  assert_int_equal(RC_OUTCOME_NOT_SENT, 0);
  assert_int_equal(RC_OUTCOME_REFUSED, 1);
  assert_int_equal(RC_OUTCOME_EXECUTED, 2);
  assert_int_equal(RC_OUTCOME_UNKNOWN, 3);
  assert_string_equal(rc_outcome_name(RC_OUTCOME_NOT_SENT), "RC_OUTCOME_NOT_SENT");
  assert_string_equal(rc_outcome_name(RC_OUTCOME_REFUSED), "RC_OUTCOME_REFUSED");
  assert_string_equal(rc_outcome_name(RC_OUTCOME_EXECUTED), "RC_OUTCOME_EXECUTED");
  assert_string_equal(rc_outcome_name(RC_OUTCOME_UNKNOWN), "RC_OUTCOME_UNKNOWN");
  assert_string_equal(rc_outcome_name(4), "RC_OUTCOME_UNKNOWN_VALUE");
  assert_string_equal(rc_outcome_name(-1), "RC_OUTCOME_UNKNOWN_VALUE");
}

static void no_error_is_ok_with_an_empty_message(void** state) {
  (void)state;
  assert_int_equal(rc_error_code(NULL), RC_OK);
  assert_string_equal(rc_error_message(NULL), "");
  assert_null(rc_error_server_code(NULL));
  assert_int_equal(rc_error_outcome(NULL), RC_OUTCOME_NOT_SENT);
  rc_error_free(NULL);
}

static void a_failure_makes_a_new_error_that_says_what_to_do(void** state) {
  (void)state;
  rc_error* first = NULL;
  rc_error* second = NULL;
  assert_null(rc_cluster_open(NULL, &first));
  assert_null(rc_options_from_url("nonsense", &second));
  assert_non_null(first);
  assert_non_null(second);
  assert_ptr_not_equal(first, second);
  assert_int_equal(rc_error_code(first), RC_ERR_INVALID_ARGUMENT);
  assert_null(rc_error_server_code(first));
  assert_string_not_equal(rc_error_message(first), "");
  rc_error_free(first);
  assert_non_null(strstr(rc_error_message(second), "redis://"));  // not touched by what became of the other
  rc_error_free(second);
}

static void a_caller_may_ask_for_no_error(void** state) {
  (void)state;
  assert_null(rc_cluster_open(NULL, NULL));
  assert_int_equal(rc_options_add_node(NULL, "h", 1, NULL), RC_ERR_INVALID_ARGUMENT);
}

static void success_leaves_the_error_alone(void** state) {
  (void)state;
  rc_error* const before = (rc_error*)&state;  // never looked at: any address will do
  rc_error* error = before;
  rc_options* options = rc_options_from_url("redis://127.0.0.1:7000", &error);
  assert_non_null(options);
  assert_ptr_equal(error, before);
  assert_int_equal(rc_options_set_timeout_ms(options, 100, &error), RC_OK);
  assert_ptr_equal(error, before);
  rc_options_free(options);
}

static void the_version_is_that_of_the_header(void** state) {
  (void)state;
  char expected[32];
  snprintf(expected, sizeof expected, "%d.%d.%d", RC_VERSION_MAJOR, RC_VERSION_MINOR, RC_VERSION_PATCH);
  assert_string_equal(rc_version(), expected);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(codes_have_their_fixed_values_and_names),
      cmocka_unit_test(a_code_that_is_none_has_a_name_too),
      cmocka_unit_test(only_partial_errors_have_parts),
      cmocka_unit_test(outcomes_have_their_fixed_values_and_names),
      cmocka_unit_test(no_error_is_ok_with_an_empty_message),
      cmocka_unit_test(a_failure_makes_a_new_error_that_says_what_to_do),
      cmocka_unit_test(a_caller_may_ask_for_no_error),
      cmocka_unit_test(success_leaves_the_error_alone),
      cmocka_unit_test(the_version_is_that_of_the_header),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
