// Scripts, and the checks of their arguments, without a server.
#include "capi/capi_test.h"

static const char kBody[] = "return 1";

static void a_script_knows_its_digest(void** state) {
  (void)state;
  rc_error* error = NULL;
  rc_script* script = rc_script_new(kBody, strlen(kBody), &error);
  assert_no_error(error);
  assert_string_equal(rc_script_sha(script), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
  assert_int_equal(rc_script_set_read_only(script, 1, &error), RC_OK);
  assert_string_equal(rc_script_sha(script), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
  rc_script_free(script);
  script = rc_script_new("", 0, &error);
  assert_no_error(error);
  assert_string_equal(rc_script_sha(script), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  rc_script_free(script);
  rc_script_free(NULL);
  assert_null(rc_script_sha(NULL));
}

static void bad_arguments_are_refused(void** state) {
  (void)state;
  const char* const words[] = {"a", "b"};
  const char* const hole[] = {"a", NULL};
  const size_t absurd[] = {1, SIZE_MAX};
  rc_error* error = NULL;
  assert_null(rc_script_new(NULL, 0, &error));
  assert_invalid(error, "body is NULL");
  assert_null(rc_script_new(kBody, SIZE_MAX, &error));
  assert_invalid(error, "len is ");
  assert_int_equal(rc_script_set_read_only(NULL, 1, &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "script is NULL");

  rc_script* script = rc_script_new(kBody, strlen(kBody), NULL);
  rc_commands* commands = rc_commands_new();
  assert_null(rc_script_call(NULL, NULL, script, 0, NULL, NULL, 0, NULL, NULL, &error));
  assert_invalid(error, "cluster is NULL");
  assert_null(rc_script_call(NULL, NULL, NULL, 0, NULL, NULL, 0, NULL, NULL, NULL));
  const struct {
    rc_commands* commands;
    const rc_script* script;
    size_t key_count;
    const char* const* keys;
    const size_t* key_len;
    size_t arg_count;
    const char* const* args;
    const size_t* arg_len;
    const char* message;
  } bad[] = {
      {NULL, script, 0, NULL, NULL, 0, NULL, NULL, "commands is NULL"},
      {commands, NULL, 0, NULL, NULL, 0, NULL, NULL, "script is NULL"},
      {commands, script, 1, NULL, NULL, 0, NULL, NULL, "keys is NULL"},
      {commands, script, 0, NULL, NULL, 1, NULL, NULL, "args is NULL"},
      {commands, script, 2, hole, NULL, 0, NULL, NULL, "keys[1] is NULL"},
      {commands, script, 0, NULL, NULL, 2, hole, NULL, "args[1] is NULL"},
      {commands, script, 2, words, absurd, 0, NULL, NULL, "key_len[1] is"},
      {commands, script, 0, NULL, NULL, 2, words, absurd, "arg_len[1] is"},
      {commands, script, SIZE_MAX, words, NULL, 0, NULL, NULL, "key_count is"},
      {commands, script, 0, NULL, NULL, SIZE_MAX, words, NULL, "arg_count is"},
  };
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    assert_int_equal(
        rc_commands_add_script(bad[i].commands, bad[i].script, bad[i].key_count, bad[i].keys, bad[i].key_len,
                               bad[i].arg_count, bad[i].args, bad[i].arg_len, &error),
        RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, bad[i].message);
    assert_int_equal(rc_commands_count(commands), 0);
  }
  assert_int_equal(rc_commands_add_script(commands, script, 1, words, NULL, 2, words, NULL, &error), RC_OK);
  assert_int_equal(rc_commands_add_script(commands, script, 0, NULL, NULL, 0, NULL, NULL, &error), RC_OK);
  assert_no_error(error);
  assert_int_equal(rc_commands_count(commands), 2);
  rc_commands_free(commands);
  rc_script_free(script);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_script_knows_its_digest),
      cmocka_unit_test(bad_arguments_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
