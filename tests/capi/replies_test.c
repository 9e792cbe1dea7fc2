#include "capi/capi_test.h"

static void no_reply_is_nil_and_empty(void** state) {
  (void)state;
  size_t length = 7;
  assert_int_equal(rc_reply_type(NULL), RC_REPLY_NIL);
  assert_null(rc_reply_string(NULL, &length));
  assert_int_equal(length, 0);
  assert_null(rc_reply_string(NULL, NULL));
  assert_int_equal(rc_reply_integer(NULL), 0);
  assert_true(rc_reply_double(NULL) == 0.0);
  assert_int_equal(rc_reply_length(NULL), 0);
  assert_null(rc_reply_element(NULL, 0));
  assert_null(rc_reply_error(NULL));
  rc_reply_free(NULL);
}

static void types_have_their_fixed_values_and_names(void** state) {
  (void)state;
  static const struct {
    int type;
    const char* name;
  } types[] = {
      {RC_REPLY_NIL, "RC_REPLY_NIL"},           {RC_REPLY_STATUS, "RC_REPLY_STATUS"},
      {RC_REPLY_STRING, "RC_REPLY_STRING"},     {RC_REPLY_INTEGER, "RC_REPLY_INTEGER"},
      {RC_REPLY_ARRAY, "RC_REPLY_ARRAY"},       {RC_REPLY_ERROR, "RC_REPLY_ERROR"},
      {RC_REPLY_DOUBLE, "RC_REPLY_DOUBLE"},     {RC_REPLY_BOOL, "RC_REPLY_BOOL"},
      {RC_REPLY_MAP, "RC_REPLY_MAP"},           {RC_REPLY_SET, "RC_REPLY_SET"},
      {RC_REPLY_PUSH, "RC_REPLY_PUSH"},         {RC_REPLY_BIG_NUMBER, "RC_REPLY_BIG_NUMBER"},
      {RC_REPLY_VERBATIM, "RC_REPLY_VERBATIM"},
  };
  for (size_t i = 0; i < COUNT_OF(types); ++i) {
    assert_int_equal(types[i].type, i);
    assert_string_equal(rc_reply_type_name(types[i].type), types[i].name);
  }
  assert_string_equal(rc_reply_type_name(-1), "RC_REPLY_UNKNOWN_TYPE");
  assert_string_equal(rc_reply_type_name(13), "RC_REPLY_UNKNOWN_TYPE");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_reply_is_nil_and_empty),
      cmocka_unit_test(types_have_their_fixed_values_and_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
