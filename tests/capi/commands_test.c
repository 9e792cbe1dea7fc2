// Lists of commands and the checks of arguments, without a server.
#include <stdlib.h>

#include "capi/capi_test.h"

static int new_commands(void** state) {
  *state = rc_commands_new();
  return *state == NULL;
}

static int free_commands(void** state) {
  rc_commands_free(*state);
  return 0;
}

static void a_list_counts_what_it_was_given(void** state) {
  rc_commands* commands = *state;
  const char* const set[] = {"SET", "key", "value"};
  const size_t lengths[] = {3, 3, 5};
  rc_error* error = NULL;
  assert_int_equal(rc_commands_count(commands), 0);
  assert_int_equal(rc_commands_add(commands, 3, set, lengths, &error), RC_OK);
  assert_int_equal(rc_commands_add(commands, 3, set, NULL, &error), RC_OK);
  assert_no_error(error);
  assert_int_equal(rc_commands_count(commands), 2);
  rc_commands_clear(commands);
  assert_int_equal(rc_commands_count(commands), 0);
  assert_int_equal(rc_commands_add(commands, 3, set, lengths, &error), RC_OK);
  assert_int_equal(rc_commands_count(commands), 1);
}

static void bad_arguments_are_refused_and_add_nothing(void** state) {
  static const char* const words[] = {"GET", "key"};
  static const char* const hole[] = {"GET", NULL};
  static const char* const headless[] = {NULL, "key"};
  static const char* const unnamed[] = {"", "key"};
  static const size_t fine[] = {3, 3};
  static const size_t nameless[] = {0, 3};
  static const size_t huge[] = {3, (size_t)4294967297u};
  static const size_t absurd[] = {3, SIZE_MAX};
  static const size_t overflowing[] = {SIZE_MAX, 2};
  static const struct {
    size_t argc;
    const char* const* argv;
    const size_t* lengths;
    const char* message;
  } bad[] = {
      {0, words, fine, "argc is 0"},
      {0, NULL, NULL, "argc is 0"},
      {2, NULL, fine, "argv is NULL"},
      {2, NULL, NULL, "argv is NULL"},
      {2, hole, NULL, "argv[1] is NULL"},
      {2, hole, fine, "argv[1] is NULL"},
      {2, headless, fine, "argv[0] is NULL"},
      {2, headless, NULL, "argv[0] is NULL"},
      {2, headless, nameless, "argv[0] is empty"},
      {2, words, nameless, "argv[0] is empty"},
      {2, unnamed, NULL, "argv[0] is empty"},
      {1048577, words, fine, "argc is 1048577"},
      {SIZE_MAX, words, NULL, "argc is "},
      {2, words, huge, "argv_len[1] is 4294967297"},
      {2, words, absurd, "argv_len[1] is "},
      {2, words, overflowing, "argv_len[0] is "},
  };
  for (size_t i = 0; i < COUNT_OF(bad); ++i) {
    rc_error* error = NULL;
    assert_int_equal(rc_commands_add(*state, bad[i].argc, bad[i].argv, bad[i].lengths, &error),
                     RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, bad[i].message);
    assert_int_equal(rc_commands_count(*state), 0);
  }
}

static void an_argument_may_be_null_with_length_0(void** state) {
  const char* const set[] = {"SET", "key", NULL};
  const size_t lengths[] = {3, 3, 0};
  rc_error* error = NULL;
  assert_int_equal(rc_commands_add(*state, 3, set, lengths, &error), RC_OK);
  assert_no_error(error);
  assert_int_equal(rc_commands_count(*state), 1);
}

static void many_arguments_are_taken_with_and_without_lengths(void** state) {
  static const size_t counts[] = {31, 32, 33, 1000, 1048576};
  for (size_t i = 0; i < COUNT_OF(counts); ++i) {
    const size_t argc = counts[i];
    const char** argv = malloc(argc * sizeof *argv);
    size_t* lengths = malloc(argc * sizeof *lengths);
    assert_non_null(argv);
    assert_non_null(lengths);
    argv[0] = "DEL";
    lengths[0] = 3;
    for (size_t j = 1; j < argc; ++j) {
      argv[j] = "key";
      lengths[j] = 3;
    }
    assert_int_equal(rc_commands_add(*state, argc, argv, NULL, NULL), RC_OK);
    assert_int_equal(rc_commands_add(*state, argc, argv, lengths, NULL), RC_OK);
    argv[argc - 1] = NULL;
    assert_int_equal(rc_commands_add(*state, argc, argv, NULL, NULL), RC_ERR_INVALID_ARGUMENT);
    free(argv);
    free(lengths);
  }
  assert_int_equal(rc_commands_count(*state), 2 * COUNT_OF(counts));
}

static void commands_that_change_a_connection_are_refused(void** state) {
  static const char* const words[] = {"MULTI", "EXEC",    "WATCH",    "SUBSCRIBE", "AUTH",
                                      "HELLO", "monitor", "ReadOnly", "SELECT",    "QUIT"};
  for (size_t i = 0; i < COUNT_OF(words); ++i) {
    const char* const argv[] = {words[i], "1"};
    rc_error* error = NULL;
    assert_int_equal(rc_commands_add(*state, 2, argv, NULL, &error), RC_ERR_UNSUPPORTED);
    assert_failure(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "connection");
  }
  assert_int_equal(rc_commands_count(*state), 0);
}

static void null_lists_do_no_harm(void** state) {
  (void)state;
  const char* const get[] = {"GET", "key"};
  rc_error* error = NULL;
  assert_int_equal(rc_commands_add(NULL, 2, get, NULL, &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "commands is NULL");
  assert_int_equal(rc_commands_count(NULL), 0);
  rc_commands_clear(NULL);
  rc_commands_free(NULL);
}

static int never_called(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  (void)watch, (void)to_execute, (void)user_data;
  fail_msg("the callback was called");
  return RC_WATCH_EXECUTE;
}

static void a_null_cluster_is_refused_by_every_call(void** state) {
  const char* const get[] = {"GET", "key"};
  rc_error* error = NULL;
  assert_null(rc_command(NULL, 2, get, NULL, &error));
  assert_invalid(error, "cluster is NULL");
  assert_null(rc_command_with(NULL, NULL, 2, get, NULL, &error));
  assert_invalid(error, "cluster is NULL");
  assert_null(rc_commandf(NULL, &error, "GET %s", "key"));
  assert_invalid(error, "cluster is NULL");
  assert_null(rc_pipeline(NULL, *state, &error));
  assert_invalid(error, "cluster is NULL");
  assert_null(rc_pipeline_with(NULL, NULL, *state, &error));
  assert_invalid(error, "cluster is NULL");
  assert_null(rc_transaction(NULL, *state, &error));
  assert_invalid(error, "cluster is NULL");
  assert_null(rc_transaction_with(NULL, NULL, *state, &error));
  assert_invalid(error, "cluster is NULL");
  assert_null(rc_watch_transaction(NULL, 1, get, NULL, never_called, NULL, &error));
  assert_invalid(error, "cluster is NULL");
  assert_null(rc_watch_transaction_with(NULL, NULL, 1, get, NULL, never_called, NULL, &error));
  assert_invalid(error, "cluster is NULL");
  assert_null(rc_watch_command(NULL, 2, get, NULL, &error));
  assert_invalid(error, "watch is NULL");
  assert_int_equal(rc_cluster_refresh(NULL, &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "cluster is NULL");
  assert_null(rc_cluster_info(NULL, &error));
  assert_invalid(error, "cluster is NULL");
  assert_null(rc_cluster_find(NULL));
  assert_null(rc_cluster_find(""));
  assert_null(rc_cluster_find("nobody has opened this"));
  rc_cluster_close(NULL);
  rc_cluster_free(NULL);
}

static void null_infos_know_nothing(void** state) {
  (void)state;
  assert_int_equal(rc_info_node_count(NULL), 0);
  assert_null(rc_info_node_host(NULL, 0));
  assert_int_equal(rc_info_node_port(NULL, 0), 0);
  assert_int_equal(rc_info_node_is_primary(NULL, 0), 0);
  assert_int_equal(rc_info_node_is_connected(NULL, 0), 0);
  assert_int_equal(rc_info_node_slot_count(NULL, 0), 0);
  assert_int_equal(rc_info_slots_covered(NULL), 0);
  assert_int_equal(rc_info_seed_count(NULL), 0);
  assert_null(rc_info_seed(NULL, 0));
  assert_int_equal(rc_info_counter(NULL, "moved"), 0);
  rc_info_free(NULL);
}

#define WITH_COMMANDS(test) cmocka_unit_test_setup_teardown(test, new_commands, free_commands)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_COMMANDS(a_list_counts_what_it_was_given),
      WITH_COMMANDS(bad_arguments_are_refused_and_add_nothing),
      WITH_COMMANDS(an_argument_may_be_null_with_length_0),
      WITH_COMMANDS(many_arguments_are_taken_with_and_without_lengths),
      WITH_COMMANDS(commands_that_change_a_connection_are_refused),
      cmocka_unit_test(null_lists_do_no_harm),
      WITH_COMMANDS(a_null_cluster_is_refused_by_every_call),
      cmocka_unit_test(null_infos_know_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
