#include <limits.h>

#include "capi/capi_test.h"

static int new_options(void** state) {
  *state = rc_options_new();
  return *state == NULL;
}

static int free_options(void** state) {
  rc_options_free(*state);
  return 0;
}

static void good_addresses_are_taken(void** state) {
  static const char* const good[] = {"127.0.0.1:7000", "localhost", "redis.example.com:6379",
                                     "[::1]:7000",     "::1",       "[fe80::1%lo]:1",
                                     "h:65535",        "[::1]"};
  for (size_t i = 0; i < COUNT_OF(good); ++i) {
    rc_error* error = NULL;
    assert_int_equal(rc_options_add_address(*state, good[i], &error), RC_OK);
    assert_no_error(error);
  }
}

static void bad_addresses_are_refused(void** state) {
  static const struct {
    const char* address;
    const char* message;
  } bad[] = {
      {NULL, "host_port is NULL"},
      {"", "host is empty"},
      {":7000", "host is empty"},
      {"h:", "port"},
      {"h:0", "port"},
      {"h:65536", "port"},
      {"h:-1", "port"},
      {"h:+1", "port"},
      {"h: 1", "port"},
      {"h:70x0", "port"},
      {"h:99999999999999999999", "port"},
      {"[::1:7000", "]"},
      {"[::1]7000", "]"},
      {"[::1]:", "port"},
      {"[::1]:port", "port"},
      {"[]:7000", "IPv6"},
      {"[name]:7000", "IPv6"},
      {"two words:7000", "character"},
      {"tab\t:7000", "character"},
      {"host/0:7000", "character"},
      {"a,b:7000", "character"},
      {"redis://h:7000", "character"},
  };
  for (size_t i = 0; i < COUNT_OF(bad); ++i) {
    rc_error* error = NULL;
    assert_int_equal(rc_options_add_address(*state, bad[i].address, &error), RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, bad[i].message);
  }
}

static void an_address_that_may_be_a_url_is_not_shown(void** state) {
  rc_error* error = NULL;
  assert_int_equal(rc_options_add_address(*state, "user:secret@h:7000", &error), RC_ERR_INVALID_ARGUMENT);
  assert_null(strstr(rc_error_message(error), "secret"));
  assert_invalid(error, "rc_options_from_url");
}

static void a_too_long_host_is_refused(void** state) {
  char host[300];
  memset(host, 'h', sizeof host - 1);
  host[sizeof host - 1] = '\0';
  rc_error* error = NULL;
  assert_int_equal(rc_options_add_node(*state, host, 7000, &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "255");
  assert_int_equal(rc_options_add_address(*state, host, &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "255");
}

static void bad_nodes_are_refused(void** state) {
  static const struct {
    const char* host;
    int port;
    const char* message;
  } bad[] = {
      {NULL, 7000, "host is NULL"}, {"", 7000, "host is empty"},     {"h", 0, "port 0"},
      {"h", -1, "port -1"},         {"h", 65536, "port 65536"},      {"h", INT_MAX, "port"},
      {"h", INT_MIN, "port"},       {"[::1]", 7000, "character"},    {"h h", 7000, "character"},
      {"h\n", 7000, "character"},   {"user:p@h", 7000, "character"},
  };
  for (size_t i = 0; i < COUNT_OF(bad); ++i) {
    rc_error* error = NULL;
    assert_int_equal(rc_options_add_node(*state, bad[i].host, bad[i].port, &error), RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, bad[i].message);
  }
}

static void numbers_have_their_ranges(void** state) {
  static const struct {
    int (*set)(rc_options*, int, rc_error**);
    int least;
  } setters[] = {
      {rc_options_set_timeout_ms, 1},
      {rc_options_set_connect_timeout_ms, 1},
      {rc_options_set_max_redirects, 0},
      {rc_options_set_watch_retries, 0},
  };
  for (size_t i = 0; i < COUNT_OF(setters); ++i) {
    const int bad[] = {setters[i].least - 1, -1, INT_MIN};
    for (size_t j = 0; j < COUNT_OF(bad); ++j) {
      rc_error* error = NULL;
      assert_int_equal(setters[i].set(*state, bad[j], &error), RC_ERR_INVALID_ARGUMENT);
      assert_invalid(error, "");
    }
    const int good[] = {setters[i].least, 5, 1000};
    for (size_t j = 0; j < COUNT_OF(good); ++j) {
      rc_error* error = NULL;
      assert_int_equal(setters[i].set(*state, good[j], &error), RC_OK);
      assert_no_error(error);
    }
  }
}

static void call_options_have_their_ranges(void** state) {
  (void)state;
  rc_call_options* options = rc_call_options_new();
  assert_non_null(options);
  const int bad[] = {0, -1, INT_MIN};
  for (size_t i = 0; i < COUNT_OF(bad); ++i) {
    rc_error* error = NULL;
    assert_int_equal(rc_call_options_set_timeout_ms(options, bad[i], &error), RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, "timeout_ms");
  }
  assert_int_equal(rc_call_options_set_timeout_ms(options, 1, NULL), RC_OK);
  assert_int_equal(rc_call_options_set_timeout_ms(options, INT_MAX, NULL), RC_OK);
  assert_int_equal(rc_call_options_set_idempotent(options, 1, NULL), RC_OK);
  assert_int_equal(rc_call_options_set_idempotent(options, 0, NULL), RC_OK);
  rc_call_options_free(options);
  rc_call_options_free(NULL);
}

static void null_options_and_texts_are_refused(void** state) {
  static int (*const texts[])(rc_options*, const char*, rc_error**) = {
      rc_options_add_address, rc_options_set_password, rc_options_set_username, rc_options_set_name};
  static int (*const numbers[])(rc_options*, int, rc_error**) = {
      rc_options_set_timeout_ms, rc_options_set_connect_timeout_ms, rc_options_set_max_redirects,
      rc_options_set_watch_retries};
  rc_error* error = NULL;
  for (size_t i = 0; i < COUNT_OF(texts); ++i) {
    assert_int_equal(texts[i](NULL, "x", &error), RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, "options is NULL");
    assert_int_equal(texts[i](*state, NULL, &error), RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, " is NULL");
  }
  for (size_t i = 0; i < COUNT_OF(numbers); ++i) {
    assert_int_equal(numbers[i](NULL, 1, &error), RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, "options is NULL");
  }
  assert_int_equal(rc_options_add_node(NULL, "h", 1, &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "options is NULL");
  assert_int_equal(rc_call_options_set_timeout_ms(NULL, 1, &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "options is NULL");
  assert_int_equal(rc_call_options_set_idempotent(NULL, 1, &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "options is NULL");
  rc_options_free(NULL);
}

static void texts_may_be_empty(void** state) {
  assert_int_equal(rc_options_set_password(*state, "", NULL), RC_OK);
  assert_int_equal(rc_options_set_username(*state, "", NULL), RC_OK);
  assert_int_equal(rc_options_set_name(*state, "", NULL), RC_OK);
}

static void names_that_servers_refuse_are_refused(void** state) {
  static const char* const bad[] = {"two words", "line\n", "caf\xc3\xa9"};
  for (size_t i = 0; i < COUNT_OF(bad); ++i) {
    rc_error* error = NULL;
    assert_int_equal(rc_options_set_name(*state, bad[i], &error), RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, "name");
  }
}

static void opening_without_a_node_is_refused(void** state) {
  rc_error* error = NULL;
  assert_null(rc_cluster_open(*state, &error));
  assert_invalid(error, "node");
  assert_null(rc_cluster_open(NULL, &error));
  assert_invalid(error, "options is NULL");
}

#define WITH_OPTIONS(test) cmocka_unit_test_setup_teardown(test, new_options, free_options)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_OPTIONS(good_addresses_are_taken),
      WITH_OPTIONS(bad_addresses_are_refused),
      WITH_OPTIONS(an_address_that_may_be_a_url_is_not_shown),
      WITH_OPTIONS(a_too_long_host_is_refused),
      WITH_OPTIONS(bad_nodes_are_refused),
      WITH_OPTIONS(numbers_have_their_ranges),
      WITH_OPTIONS(call_options_have_their_ranges),
      WITH_OPTIONS(null_options_and_texts_are_refused),
      WITH_OPTIONS(texts_may_be_empty),
      WITH_OPTIONS(names_that_servers_refuse_are_refused),
      WITH_OPTIONS(opening_without_a_node_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
