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
      {rc_options_set_timeout_ms, 1},          {rc_options_set_connect_timeout_ms, 1},
      {rc_options_set_max_redirects, 0},       {rc_options_set_watch_retries, 0},
      {rc_options_set_refresh_interval_ms, 0},
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

static void routes_have_their_ranges(void** state) {
  (void)state;
  rc_error* error = NULL;
  rc_call_options* options = rc_call_options_new();
  for (int route = RC_ROUTE_AUTO; route <= RC_ROUTE_NODES; ++route)
    assert_int_equal(rc_call_options_set_route(options, route, NULL), RC_OK);
  const int bad[] = {-1, RC_ROUTE_NODES + 1, INT_MAX, INT_MIN};
  for (size_t i = 0; i < COUNT_OF(bad); ++i) {
    assert_int_equal(rc_call_options_set_route(options, bad[i], &error), RC_ERR_INVALID_ARGUMENT);
    rc_error_free(error);
    assert_int_equal(rc_call_options_set_combine(options, bad[i] == 4 ? 2 : bad[i], &error),
                     RC_ERR_INVALID_ARGUMENT);
    rc_error_free(error);
  }
  assert_int_equal(rc_call_options_set_combine(options, RC_COMBINE_AUTO, NULL), RC_OK);
  assert_int_equal(rc_call_options_set_combine(options, RC_COMBINE_BY_NODE, NULL), RC_OK);
  assert_int_equal(rc_call_options_set_split(options, 0, NULL), RC_OK);
  assert_int_equal(rc_call_options_set_split(options, 1, NULL), RC_OK);

  assert_int_equal(rc_call_options_set_route_node(options, "::1", 7000, NULL), RC_OK);
  const char* const hosts[] = {NULL, "", "a b", "[::1]", "node"};
  const int ports[] = {7000, 7000, 7000, 7000, 0};
  for (size_t i = 0; i < COUNT_OF(hosts); ++i) {
    assert_int_equal(rc_call_options_set_route_node(options, hosts[i], ports[i], &error),
                     RC_ERR_INVALID_ARGUMENT);
    rc_error_free(error);
  }
  assert_int_equal(rc_call_options_set_route_key(options, "key", 3, NULL), RC_OK);
  assert_int_equal(rc_call_options_set_route_key(options, NULL, 0, NULL), RC_OK);
  assert_int_equal(rc_call_options_set_route_key(options, NULL, 1, &error), RC_ERR_INVALID_ARGUMENT);
  rc_error_free(error);
  rc_call_options_free(options);

  assert_int_equal(rc_call_options_set_route(NULL, RC_ROUTE_ONE, NULL), RC_ERR_INVALID_ARGUMENT);
  assert_int_equal(rc_call_options_set_route_node(NULL, "h", 1, NULL), RC_ERR_INVALID_ARGUMENT);
  assert_int_equal(rc_call_options_set_route_key(NULL, "k", 1, NULL), RC_ERR_INVALID_ARGUMENT);
  assert_int_equal(rc_call_options_set_split(NULL, 1, NULL), RC_ERR_INVALID_ARGUMENT);
  assert_int_equal(rc_call_options_set_combine(NULL, RC_COMBINE_AUTO, NULL), RC_ERR_INVALID_ARGUMENT);
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
  static int (*const texts[])(rc_options*, const char*, rc_error**) = {rc_options_add_address,
                                                                       rc_options_set_password,
                                                                       rc_options_set_username,
                                                                       rc_options_set_name,
                                                                       rc_options_set_zone,
                                                                       rc_options_set_tls_ca_dir,
                                                                       rc_options_set_tls_key_password,
                                                                       rc_options_set_tls_ca_file,
                                                                       rc_options_set_tls_server_name};
  static int (*const numbers[])(rc_options*, int, rc_error**) = {
      rc_options_set_timeout_ms,         rc_options_set_connect_timeout_ms,
      rc_options_set_max_redirects,      rc_options_set_watch_retries,
      rc_options_set_protocol,           rc_options_set_database,
      rc_options_set_read_from,          rc_options_set_tls,
      rc_options_set_tls_verify,         rc_options_set_tls_min_version,
      rc_options_set_refresh_interval_ms};
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
  assert_int_equal(rc_options_set_zone(*state, "", NULL), RC_OK);
  assert_int_equal(rc_options_set_zone(*state, "eu-central-1a", NULL), RC_OK);
}

static void names_that_servers_refuse_are_refused(void** state) {
  static const char* const bad[] = {"two words", "line\n", "caf\xc3\xa9"};
  for (size_t i = 0; i < COUNT_OF(bad); ++i) {
    rc_error* error = NULL;
    assert_int_equal(rc_options_set_name(*state, bad[i], &error), RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, "name");
  }
}

static void ways_to_read_are_taken_and_nothing_else(void** state) {
  rc_call_options* call = rc_call_options_new();
  rc_error* error = NULL;
  for (int from = RC_READ_PRIMARY; from <= RC_READ_SAME_ZONE; ++from) {
    assert_int_equal(rc_options_set_read_from(*state, from, &error), RC_OK);
    assert_int_equal(rc_call_options_set_read_from(call, from, &error), RC_OK);
    assert_no_error(error);
  }
  const int bad[] = {-1, RC_READ_SAME_ZONE + 1, INT_MAX, INT_MIN};
  for (size_t i = 0; i < COUNT_OF(bad); ++i) {
    assert_int_equal(rc_options_set_read_from(*state, bad[i], &error), RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, "RC_READ_");
    assert_int_equal(rc_call_options_set_read_from(call, bad[i], &error), RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, "RC_READ_");
  }
  assert_int_equal(rc_options_set_read_from(NULL, RC_READ_PRIMARY, &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "options is NULL");
  assert_int_equal(rc_call_options_set_read_from(NULL, RC_READ_PRIMARY, &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "options is NULL");
  rc_call_options_free(call);
}

static void versions_of_the_protocol_are_2_and_3(void** state) {
  rc_error* error = NULL;
  assert_int_equal(rc_options_set_protocol(*state, 2, &error), RC_OK);
  assert_no_error(error);
  assert_int_equal(rc_options_set_protocol(*state, 3, &error), RC_OK);
  assert_no_error(error);
  const int bad[] = {0, 1, 4, -2, INT_MAX};
  for (size_t i = 0; i < COUNT_OF(bad); ++i) {
    assert_int_equal(rc_options_set_protocol(*state, bad[i], &error), RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, "protocol");
  }
}

// Without TLS in the library each setter tells so; with it, bad values are refused.
static void settings_of_tls_are_checked(void** state) {
  rc_error* error = NULL;
  assert_int_equal(rc_options_set_tls(*state, 0, &error), RC_OK);
  assert_int_equal(rc_options_set_tls_verify(*state, 0, &error), RC_OK);
  assert_int_equal(rc_options_set_tls_verify(*state, 1, &error), RC_OK);
  const int offered = rc_options_set_tls(*state, 1, &error);
  if (offered != RC_OK) {
    assert_failure(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "TLS");
    assert_int_equal(rc_options_set_tls_ca_file(*state, "ca.crt", &error), RC_ERR_UNSUPPORTED);
    assert_failure(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "TLS");
    return;
  }
  assert_int_equal(rc_options_set_tls_ca_file(*state, "ca.crt", &error), RC_OK);
  assert_int_equal(rc_options_set_tls_ca_dir(*state, "certs", &error), RC_OK);
  assert_int_equal(rc_options_set_tls_certificate(*state, "my.crt", "my.key", &error), RC_OK);
  assert_int_equal(rc_options_set_tls_key_password(*state, "secret", &error), RC_OK);
  assert_int_equal(rc_options_set_tls_key_password(*state, "", &error), RC_OK);
  assert_int_equal(rc_options_set_tls_server_name(*state, "redis.example.com", &error), RC_OK);
  assert_int_equal(rc_options_set_tls_min_version(*state, RC_TLS_1_2, &error), RC_OK);
  assert_int_equal(rc_options_set_tls_min_version(*state, RC_TLS_1_3, &error), RC_OK);
  assert_no_error(error);
  static int (*const texts[])(rc_options*, const char*, rc_error**) = {
      rc_options_set_tls_ca_file, rc_options_set_tls_ca_dir, rc_options_set_tls_server_name};
  for (size_t i = 0; i < COUNT_OF(texts); ++i) {
    assert_int_equal(texts[i](*state, "", &error), RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, "empty");
  }
  assert_int_equal(rc_options_set_tls_certificate(*state, "", "my.key", &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "empty");
  assert_int_equal(rc_options_set_tls_certificate(*state, "my.crt", "", &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "empty");
  assert_int_equal(rc_options_set_tls_server_name(*state, "two names", &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "character");
  const int bad[] = {0, 2, 10, 11, 14, -12, INT_MAX};
  for (size_t i = 0; i < COUNT_OF(bad); ++i) {
    assert_int_equal(rc_options_set_tls_min_version(*state, bad[i], &error), RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, "RC_TLS_1_2");
  }
}

static void certificates_are_given_both_or_not_at_all(void** state) {
  rc_error* error = NULL;
  assert_int_equal(rc_options_set_tls_certificate(NULL, "a", "b", &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "options is NULL");
  assert_int_equal(rc_options_set_tls_certificate(*state, NULL, "b", &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, " is NULL");
  assert_int_equal(rc_options_set_tls_certificate(*state, "a", NULL, &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, " is NULL");
}

static void mapped_addresses_are_addresses(void** state) {
  rc_error* error = NULL;
  assert_int_equal(rc_options_add_mapped_address(*state, "h", 1, "127.0.0.1", 7000, &error), RC_OK);
  assert_int_equal(rc_options_add_mapped_address(*state, "h", 1, "::1", 65535, &error), RC_OK);  // another
  assert_no_error(error);
  static const struct {
    const char* host;
    int port;
    const char* to_host;
    int to_port;
    const char* message;
  } bad[] = {
      {NULL, 1, "h", 1, "host is NULL"},  {"h", 1, NULL, 1, "to_host is NULL"},
      {"", 1, "h", 1, "host is empty"},   {"h", 1, "", 1, "host is empty"},
      {"h", 0, "h", 1, "port 0"},         {"h", 1, "h", 0, "port 0"},
      {"h", 65536, "h", 1, "port 65536"}, {"h", 1, "h", -1, "port -1"},
      {"h h", 1, "h", 1, "character"},    {"h", 1, "[::1]", 1, "character"},
  };
  for (size_t i = 0; i < COUNT_OF(bad); ++i) {
    assert_int_equal(rc_options_add_mapped_address(*state, bad[i].host, bad[i].port, bad[i].to_host,
                                                   bad[i].to_port, &error),
                     RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, bad[i].message);
  }
  assert_int_equal(rc_options_add_mapped_address(NULL, "h", 1, "h", 1, &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "options is NULL");
}

static int no_credentials(const char* host, int port, rc_credentials* credentials, void* data) {
  (void)host;
  (void)port;
  (void)credentials;
  (void)data;
  return RC_ERR_CALLBACK;
}

static int no_address(const char* host, int port, rc_address* address, void* data) {
  (void)host;
  (void)port;
  (void)address;
  (void)data;
  return RC_ERR_CALLBACK;
}

static void no_log(int level, const char* message, void* data) {
  (void)level;
  (void)message;
  (void)data;
}

static void no_hook(const rc_attempt* attempt, void* data) {
  (void)attempt;
  (void)data;
}

static void functions_are_set_and_taken_back(void** state) {
  rc_error* error = NULL;
  int data = 0;
  for (rc_options* options = *state;; options = NULL) {
    const int code = options == NULL ? RC_ERR_INVALID_ARGUMENT : RC_OK;
    const int codes[] = {
        rc_options_set_credentials(options, no_credentials, &data, NULL),
        rc_options_set_credentials(options, NULL, NULL, NULL),
        rc_options_set_address_map(options, no_address, &data, NULL),
        rc_options_set_address_map(options, NULL, &data, NULL),
        rc_options_set_attempt_hook(options, no_hook, NULL, NULL),
        rc_options_set_attempt_hook(options, NULL, NULL, NULL),
        rc_options_set_log(options, RC_LOG_ERROR, no_log, &data, NULL),
        rc_options_set_log(options, RC_LOG_DEBUG, NULL, NULL, NULL),
    };
    for (size_t i = 0; i < COUNT_OF(codes); ++i) assert_int_equal(codes[i], code);
    if (options == NULL) break;
  }
  const int bad[] = {0, RC_LOG_DEBUG + 1, -1, INT_MAX};
  for (size_t i = 0; i < COUNT_OF(bad); ++i) {
    assert_int_equal(rc_options_set_log(*state, bad[i], no_log, NULL, &error), RC_ERR_INVALID_ARGUMENT);
    assert_invalid(error, "RC_LOG_");
  }
}

static void what_functions_are_given_takes_null(void** state) {
  (void)state;
  rc_error* error = NULL;
  assert_int_equal(rc_credentials_set(NULL, "user", "password", &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "credentials is NULL");
  assert_int_equal(rc_address_set(NULL, "h", 1, &error), RC_ERR_INVALID_ARGUMENT);
  assert_invalid(error, "address is NULL");
  assert_null(rc_attempt_host(NULL));
  assert_int_equal(rc_attempt_port(NULL), 0);
  assert_null(rc_attempt_command(NULL));
  assert_int_equal(rc_attempt_duration_us(NULL), 0);
  assert_int_equal(rc_attempt_number(NULL), 0);
  assert_int_equal(rc_attempt_code(NULL), RC_OK);
  assert_null(rc_attempt_server_code(NULL));
  assert_int_equal(rc_attempt_outcome(NULL), RC_OUTCOME_NOT_SENT);
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
      cmocka_unit_test(routes_have_their_ranges),
      WITH_OPTIONS(null_options_and_texts_are_refused),
      WITH_OPTIONS(texts_may_be_empty),
      WITH_OPTIONS(names_that_servers_refuse_are_refused),
      WITH_OPTIONS(ways_to_read_are_taken_and_nothing_else),
      WITH_OPTIONS(versions_of_the_protocol_are_2_and_3),
      WITH_OPTIONS(settings_of_tls_are_checked),
      WITH_OPTIONS(certificates_are_given_both_or_not_at_all),
      WITH_OPTIONS(mapped_addresses_are_addresses),
      WITH_OPTIONS(functions_are_set_and_taken_back),
      WITH_OPTIONS(what_functions_are_given_takes_null),
      WITH_OPTIONS(opening_without_a_node_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
