// rc_scan: bad input, and what its cursor is good for.
#include <stdlib.h>

#include "capi/cluster_fixture.h"

static void assert_refused(rc_error* error, const char* word) {
  assert_failure(error, RC_ERR_INVALID_ARGUMENT, RC_OUTCOME_NOT_SENT, word);
}

static rc_scan* new_scan(void) {
  rc_error* error = NULL;
  rc_scan* scan = rc_scan_new(shared.cluster, &error);
  assert_no_error(error);
  assert_non_null(scan);
  return scan;
}

static size_t count_keys(rc_scan* scan) {
  size_t count = 0;
  rc_error* error = NULL;
  rc_reply* page;
  while ((page = rc_scan_next(scan, &error)) != NULL) {
    assert_int_equal(rc_reply_type(page), RC_REPLY_ARRAY);
    assert_true(rc_reply_length(page) > 0);
    count += rc_reply_length(page);
    rc_reply_free(page);
  }
  assert_no_error(error);
  return count;
}

static void set_keys(int count) {
  for (int i = 0; i < count; ++i) {
    char key[32];
    snprintf(key, sizeof key, "key:%d", i);
    rc_reply_free(ok("SET", key, "value"));
  }
}

static void null_is_refused_or_answered_by_nothing(void** state) {
  (void)state;
  rc_error* error = NULL;
  assert_null(rc_scan_new(NULL, &error));
  assert_refused(error, "cluster");
  assert_null(rc_scan_new(NULL, NULL));
  error = NULL;
  assert_int_equal(rc_scan_set_match(NULL, "a", 1, &error), RC_ERR_INVALID_ARGUMENT);
  assert_refused(error, "scan");
  error = NULL;
  assert_int_equal(rc_scan_set_count(NULL, 1, &error), RC_ERR_INVALID_ARGUMENT);
  assert_refused(error, "scan");
  error = NULL;
  assert_int_equal(rc_scan_set_type(NULL, "string", &error), RC_ERR_INVALID_ARGUMENT);
  assert_refused(error, "scan");
  error = NULL;
  assert_int_equal(rc_scan_set_cursor(NULL, "0", &error), RC_ERR_INVALID_ARGUMENT);
  assert_refused(error, "scan");
  error = NULL;
  assert_null(rc_scan_next(NULL, &error));
  assert_refused(error, "scan");
  assert_null(rc_scan_next(NULL, NULL));
  assert_null(rc_scan_next_with(NULL, NULL, NULL));
  assert_null(rc_scan_cursor(NULL));
  assert_int_equal(rc_scan_doubtful_count(NULL), 0);
  assert_int_equal(rc_scan_doubtful_slot(NULL, 0), 0);
  rc_scan_free(NULL);
}

static void bad_settings_are_refused_and_change_nothing(void** state) {
  (void)state;
  set_keys(20);
  rc_scan* scan = new_scan();
  rc_error* error = NULL;
  assert_int_equal(rc_scan_set_match(scan, NULL, 0, &error), RC_ERR_INVALID_ARGUMENT);
  assert_refused(error, "pattern");
  const int counts[] = {0, -1, INT32_MIN};
  for (size_t i = 0; i < 3; ++i) {
    error = NULL;
    assert_int_equal(rc_scan_set_count(scan, counts[i], &error), RC_ERR_INVALID_ARGUMENT);
    assert_refused(error, "count");
  }
  char long_type[1000];
  memset(long_type, 'a', sizeof long_type - 1);
  long_type[sizeof long_type - 1] = '\0';
  const char* const types[] = {NULL, "", " ", "a b", "string\n", "\xff", long_type};
  for (size_t i = 0; i < sizeof types / sizeof *types; ++i) {
    error = NULL;
    assert_int_equal(rc_scan_set_type(scan, types[i], &error), RC_ERR_INVALID_ARGUMENT);
    assert_refused(error, "type");
  }
  const char* const cursors[] = {NULL, "", "0", "rubbish", "rcscan1", "rcscan1.....0000000000000000", "\xff"};
  for (size_t i = 0; i < sizeof cursors / sizeof *cursors; ++i) {
    error = NULL;
    assert_int_equal(rc_scan_set_cursor(scan, cursors[i], &error), RC_ERR_INVALID_ARGUMENT);
    assert_refused(error, "cursor");
  }
  assert_int_equal(count_keys(scan), 20);
  assert_int_equal(rc_scan_doubtful_count(scan), 0);
  rc_scan_free(scan);
}

static void an_unknown_type_has_no_keys(void** state) {
  (void)state;
  set_keys(20);
  rc_scan* scan = new_scan();
  assert_int_equal(rc_scan_set_type(scan, "nosuchtype", NULL), RC_OK);
  assert_int_equal(count_keys(scan), 0);
  rc_scan_free(scan);
}

static void the_empty_pattern_is_for_the_empty_key(void** state) {
  (void)state;
  set_keys(20);
  rc_scan* scan = new_scan();
  assert_int_equal(rc_scan_set_match(scan, "", 0, NULL), RC_OK);
  assert_int_equal(count_keys(scan), 0);
  rc_scan_free(scan);
  rc_reply_free(ok("SET", "", "value"));
  scan = new_scan();
  assert_int_equal(rc_scan_set_match(scan, "", 0, NULL), RC_OK);
  assert_int_equal(count_keys(scan), 1);
  rc_scan_free(scan);
}

static void a_scan_that_has_begun_is_not_changed(void** state) {
  (void)state;
  set_keys(20);
  rc_scan* scan = new_scan();
  char* beginning = strdup(rc_scan_cursor(scan));
  rc_scan_set_count(scan, 1, NULL);
  rc_reply_free(rc_scan_next(scan, NULL));
  assert_string_not_equal(rc_scan_cursor(scan), beginning);
  rc_error* error = NULL;
  assert_int_equal(rc_scan_set_match(scan, "a", 1, &error), RC_ERR_INVALID_ARGUMENT);
  assert_refused(error, "begun");
  error = NULL;
  assert_int_equal(rc_scan_set_count(scan, 5, &error), RC_ERR_INVALID_ARGUMENT);
  assert_refused(error, "begun");
  error = NULL;
  assert_int_equal(rc_scan_set_type(scan, "string", &error), RC_ERR_INVALID_ARGUMENT);
  assert_refused(error, "begun");
  error = NULL;
  assert_int_equal(rc_scan_set_cursor(scan, beginning, &error), RC_ERR_INVALID_ARGUMENT);
  assert_refused(error, "begun");
  rc_scan_free(scan);

  scan = new_scan();  // the beginning is one too
  assert_int_equal(rc_scan_set_cursor(scan, beginning, NULL), RC_OK);
  assert_string_equal(rc_scan_cursor(scan), beginning);
  assert_int_equal(count_keys(scan), 20);
  free(beginning);
  rc_scan_free(scan);
}

static void behind_the_end_there_is_nothing(void** state) {
  (void)state;
  set_keys(20);
  rc_scan* scan = new_scan();
  assert_int_equal(count_keys(scan), 20);
  rc_scan* behind = new_scan();
  assert_int_equal(rc_scan_set_cursor(behind, rc_scan_cursor(scan), NULL), RC_OK);
  assert_int_equal(count_keys(behind), 0);
  assert_string_equal(rc_scan_cursor(behind), rc_scan_cursor(scan));
  rc_scan_free(scan);
  rc_scan_free(behind);
}

static void a_cursor_is_for_the_same_pattern_and_type(void** state) {
  (void)state;
  set_keys(20);
  rc_scan* scan = new_scan();
  rc_scan_set_match(scan, "key:*", 5, NULL);
  rc_scan_set_count(scan, 1, NULL);
  rc_reply_free(rc_scan_next(scan, NULL));
  rc_scan* other = new_scan();
  assert_int_equal(rc_scan_set_cursor(other, rc_scan_cursor(scan), NULL), RC_OK);
  rc_error* error = NULL;
  assert_null(rc_scan_next(other, &error));
  assert_refused(error, "pattern");
  assert_int_equal(rc_scan_set_match(other, "key:*", 5, NULL), RC_OK);
  error = NULL;
  rc_reply* page = rc_scan_next(other, &error);
  assert_no_error(error);
  assert_non_null(page);
  rc_reply_free(page);
  rc_scan_free(scan);
  rc_scan_free(other);
}

static void the_cursor_of_another_cluster_is_refused(void** state) {
  (void)state;
  test_cluster* others = test_cluster_start(&(test_cluster_options){.primaries = 1});
  assert_non_null(others);
  rc_options* options = rc_options_new();
  rc_options_add_address(options, test_node_address(others, 0), NULL);
  rc_cluster* cluster = open_with(options);
  rc_scan* foreign = rc_scan_new(cluster, NULL);
  rc_scan* scan = new_scan();
  rc_error* error = NULL;
  assert_int_equal(rc_scan_set_cursor(scan, rc_scan_cursor(foreign), &error), RC_ERR_INVALID_ARGUMENT);
  assert_refused(error, "another cluster");
  rc_scan_free(foreign);
  rc_scan_free(scan);
  rc_cluster_free(cluster);
  test_cluster_stop(others);
}

static void a_closed_cluster_ends_a_scan(void** state) {
  (void)state;
  set_keys(20);
  rc_scan* scan = new_scan();
  rc_scan_set_count(scan, 1, NULL);
  rc_reply_free(rc_scan_next(scan, NULL));
  rc_cluster_close(shared.cluster);
  rc_error* error = NULL;
  assert_null(rc_scan_next(scan, &error));
  assert_failure(error, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "");
  rc_scan_free(scan);
}

static void a_scan_outlives_the_reference_it_was_made_with(void** state) {
  (void)state;
  set_keys(20);
  rc_scan* scan = new_scan();
  rc_cluster_free(shared.cluster);
  shared.cluster = NULL;
  assert_int_equal(count_keys(scan), 20);
  rc_scan_free(scan);
}

static void a_cancel_ends_a_page(void** state) {
  (void)state;
  set_keys(20);
  rc_scan* scan = new_scan();
  rc_scan_set_count(scan, 1, NULL);
  rc_reply_free(rc_scan_next(scan, NULL));
  char* before = strdup(rc_scan_cursor(scan));
  rc_cancel* cancel = rc_cancel_new();
  rc_call_options* options = rc_call_options_new();
  rc_call_options_set_cancel(options, cancel, NULL);
  rc_cancel_fire(cancel);
  rc_error* error = NULL;
  assert_null(rc_scan_next_with(scan, options, &error));
  assert_failure(error, RC_ERR_CANCELLED, RC_OUTCOME_NOT_SENT, "");
  assert_string_equal(rc_scan_cursor(scan), before);
  assert_true(count_keys(scan) >= 10);
  free(before);
  rc_call_options_free(options);
  rc_cancel_free(cancel);
  rc_scan_free(scan);
}

static void a_frozen_node_costs_a_call_its_time_and_the_scan_nothing(void** state) {
  (void)state;
  set_keys(100);
  rc_call_options* options = rc_call_options_new();
  rc_call_options_set_timeout_ms(options, 300, NULL);
  rc_scan* scan = new_scan();
  rc_scan_set_count(scan, 5, NULL);
  size_t seen = 0;
  int failures = 0;
  for (int page_number = 0;; ++page_number) {
    char* before = strdup(rc_scan_cursor(scan));
    if (page_number % 4 == 2) {
      for (int node = 0; node < 6; ++node) test_node_stop(shared.servers, node);  // nobody is elected
      rc_error* error = NULL;
      rc_reply* page = rc_scan_next_with(scan, options, &error);
      for (int node = 0; node < 6; ++node) test_node_continue(shared.servers, node);
      if (page != NULL) fail_msg("nobody could answer");
      if (error == NULL && seen >= 100) {  // the page before was the last: the end needs nobody
        free(before);
        break;
      }
      assert_non_null(error);
      assert_int_equal(rc_error_code(error), RC_ERR_TIMEOUT);
      rc_error_free(error);
      assert_string_equal(rc_scan_cursor(scan), before);
      ++failures;
    }
    free(before);
    rc_error* error = NULL;
    rc_reply* page = rc_scan_next(scan, &error);
    assert_no_error(error);
    if (page == NULL) break;
    seen += rc_reply_length(page);
    rc_reply_free(page);
  }
  assert_true(failures > 0);
  assert_true(seen >= 100);
  rc_call_options_free(options);
  rc_scan_free(scan);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_CLUSTER(null_is_refused_or_answered_by_nothing),
      WITH_CLUSTER(bad_settings_are_refused_and_change_nothing),
      WITH_CLUSTER(an_unknown_type_has_no_keys),
      WITH_CLUSTER(the_empty_pattern_is_for_the_empty_key),
      WITH_CLUSTER(a_scan_that_has_begun_is_not_changed),
      WITH_CLUSTER(behind_the_end_there_is_nothing),
      WITH_CLUSTER(a_cursor_is_for_the_same_pattern_and_type),
      WITH_CLUSTER(the_cursor_of_another_cluster_is_refused),
      WITH_CLUSTER(a_closed_cluster_ends_a_scan),
      WITH_CLUSTER(a_scan_outlives_the_reference_it_was_made_with),
      WITH_CLUSTER(a_cancel_ends_a_page),
      WITH_CLUSTER(a_frozen_node_costs_a_call_its_time_and_the_scan_nothing),
  };
  return RUN_WITH_SERVERS(tests);
}
