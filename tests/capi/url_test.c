// What rc_options_from_url takes and refuses; tests/unit/capi/url_test.cpp looks at what it makes of it.
#include <strings.h>

#include "capi/capi_test.h"

// A library that was built without TLS refuses what asks for it.
static int is_of_tls(const char* url) {
  return url != NULL && (strstr(url, "tls_") != NULL || strncasecmp(url, "rediss", 6) == 0);
}
static int tls_is_offered(void) {
  rc_options* options = rc_options_new();
  const int code = rc_options_set_tls(options, 1, NULL);
  rc_options_free(options);
  return code == RC_OK;
}

static void good_urls_are_taken(void** state) {
  (void)state;
  static const char* const good[] = {
      "redis://127.0.0.1:7000",
      "redis://localhost",
      "REDIS://localhost",
      "redis://localhost/",
      "redis://localhost/0",
      "redis://localhost/3",
      "redis://localhost/2147483647?timeout_ms=1",
      "valkey://localhost:7000/1",
      "VALKEYS://a,b/2",
      "redis://localhost:7000/0?timeout_ms=100",
      "redis://localhost?timeout_ms=100",
      "redis://localhost?",
      "redis://a:1,b:2,c",
      "redis://[::1]:7000",
      "redis://[::1]",
      "redis://[::1]:7000,127.0.0.1:7001",
      "redis://[fe80::1%25eth0]:7000",
      "redis://user:password@localhost",
      "redis://user@localhost",
      "redis://:password@localhost",
      "redis://user:@localhost",
      "redis://@localhost",
      "redis://u%40h:p%3Aw%2F%3f%23%25@localhost",
      "redis://u:p@w@localhost",
      "redis://u:a:b@localhost",
      "redis://h?connect_timeout_ms=1&max_redirects=0&watch_retries=0&name=my%2Dcluster&timeout_ms=1",
      "redis://h?name=",
      "redis://h:65535",
      "rediss://h",
      "RedisS://u:p@a:1,b:2/0?timeout_ms=1",
      "rediss://h?tls_verify=0",
      "redis://h?tls_verify=1",
      "redis://h?tls_ca_file=/etc/ssl/my%20ca.pem&tls_ca_dir=/etc/ssl/certs",
      "redis://h?tls_certificate_file=my.crt&tls_key_file=my.key",
      "redis://h?tls_key_file=my.key&timeout_ms=1&tls_certificate_file=my.crt",
      "redis://h?tls_server_name=redis.example.com&tls_min_version=1.2",
      "redis://h?tls_min_version=1.3",
      "redis://h?tls_key_password=open%20sesame",
      "redis://h?mapped_address=10.0.0.1:7000=127.0.0.1:7000&mapped_address=10.0.0.2:7000=127.0.0.1:7001",
      "redis://h?read_from=primary",
      "redis://h?read_from=prefer_replica",
      "redis://h?read_from=replica",
      "redis://h?read_from=round_robin",
      "redis://h?read_from=lowest_latency",
      "redis://h?read_from=same_zone&zone=eu-central-1a",
      "redis://h?zone=",
      "redis://h?protocol=2",
  };
  for (size_t i = 0; i < COUNT_OF(good); ++i) {
    if (is_of_tls(good[i]) && !tls_is_offered()) continue;
    rc_error* error = NULL;
    rc_options* options = rc_options_from_url(good[i], &error);
    if (options == NULL) print_error("%s\n", good[i]);
    assert_no_error(error);
    assert_non_null(options);
    rc_options_free(options);
  }
}

static void bad_urls_are_refused_at_the_bad_character(void** state) {
  (void)state;
  static const struct {
    const char* url;
    const char* message;
  } bad[] = {
      {NULL, "url is NULL"},
      {"", "redis://"},
      {"localhost:7000", "redis://"},
      {"redis:localhost", "redis://"},
      {"redis:/localhost", "redis://"},
      {"http://localhost", "redis://"},
      {"://localhost", "redis://"},
      {" redis://localhost", "redis://"},
      {"redis://", "character 9: a node is missing"},
      {"redis:///0", "character 9: a node is missing"},
      {"redis://?timeout_ms=1", "character 9: a node is missing"},
      {"redis://user:password@", "character 23: a node is missing"},
      {"redis://a,,b", "character 11: a node is missing"},
      {"redis://a:1,", "character 13: a node is missing"},
      {"redis://,a", "character 9: a node is missing"},
      {"redis://:7000", "character 9: a node's host is missing"},
      {"redis://a:1,:2", "character 13: a node's host is missing"},
      {"redis://h:", "character 11: a port"},
      {"redis://h:0", "character 11: a port"},
      {"redis://h:65536", "character 11: a port"},
      {"redis://h:-1", "character 11: a port"},
      {"redis://h:+1", "character 11: a port"},
      {"redis://h:70x0", "character 11: a port"},
      {"redis://h:99999999999", "character 11: a port"},
      {"redis://[::1]:", "character 15: a port"},
      {"redis://::1:7000", "character 9: more than one \":\""},
      {"redis://[::1:7000", "character 9: \"[\" without \"]\""},
      {"redis://[::1]7000", "character 14: after \"]\""},
      {"redis://[name]:1", "character 9: only an IPv6"},
      {"redis://[]:1", "character 9: only an IPv6"},
      {"redis://a]:1", "character 9: "},
      {"redis://h h:1", "character 10: a space"},
      {"redis://h\n", "character 10: a space"},
      {"redis://h\x7f", "character 10: a space"},
      {"redis://h#x", "character 10: \"#\""},
      {"redis://u:p#w@h", "character 12: \"#\""},
      {"redis://u:p/w@h", "character 14: \"@\""},
      {"redis://u:p?w@h", "character 14: \"@\""},
      {"redis://%:p@h", "character 9: \"%\""},
      {"redis://u:p%4@h", "character 12: \"%\""},
      {"redis://u:p%4g@h", "character 12: \"%\""},
      {"redis://u:p%00w@h", "character 12: %00"},
      {"redis://h%", "character 10: \"%\""},
      {"redis://a%20b", "character 9: a node's host"},
      {"redis://u:p@a,u:p@b", "character 14: user and password stand once"},
      {"redis://h?mapped_address=a:1", "character 26: an address leads to another"},
      {"redis://h?mapped_address==b:1", "character 26: an address leads to another"},
      {"redis://h?mapped_address=a:1=b:x", "character 30: address"},
      {"redis://h?mapped_address=a%2:1=b:1", "character 27: \"%\""},
      {"redis://h/x", "character 10: a path"},
      {"redis://h/-1", "character 10: a path"},
      {"redis://h/+1", "character 10: a path"},
      {"redis://h/1.0", "character 10: a path"},
      {"redis://h/%31", "character 10: a path"},
      {"redis://h/2147483648", "character 10: a path"},
      {"redis://h//", "character 10: a path"},
      {"redis://h/1/2", "character 10: a path"},
      {"valkeyss://h", "valkeys://"},
      {"valkey:h", "valkeys://"},
      {"redis://h/00", "character 10: a path"},
      {"redis://h/0/", "character 10: a path"},
      {"redis://h?timeout_ms", "character 11: a parameter is written"},
      {"redis://h?&timeout_ms=1", "character 11: a parameter is written"},
      {"redis://h?timeout_ms=1&&name=x", "character 24: a parameter is written"},
      {"redis://h?=1", "character 11: an unknown parameter"},
      {"redis://h?timeout=1", "character 11: an unknown parameter"},
      {"redis://h?name=x&password=y", "character 18: an unknown parameter"},
      {"redis://h?Timeout_ms=1", "character 11: an unknown parameter"},
      {"redis://h?timeout_ms=1&timeout_ms=2", "character 24: the parameter timeout_ms is given twice"},
      {"redis://h?timeout_ms=", "character 22: the value of timeout_ms"},
      {"redis://h?timeout_ms=1s", "character 22: the value of timeout_ms"},
      {"redis://h?timeout_ms=1.5", "character 22: the value of timeout_ms"},
      {"redis://h?timeout_ms=99999999999", "character 22: the value of timeout_ms"},
      {"redis://h?timeout_ms=0", "character 22: "},
      {"redis://h?timeout_ms=-5", "character 22: "},
      {"redis://h?connect_timeout_ms=0", "character 30: "},
      {"redis://h?max_redirects=-1", "character 25: "},
      {"redis://h?watch_retries=-1", "character 25: "},
      {"redis://h?name=%zz", "character 16: \"%\""},
      {"redis://h?name=a%20b", "character 16: a handle's name"},
      {"redisss://h", "redis://"},
      {"rediss:/h", "rediss://"},
      {"rediss//h", "rediss://"},
      {"rediss://", "character 10: a node is missing"},
      {"rediss://u:p@", "character 14: a node is missing"},
      {"rediss://h:0", "character 12: a port"},
      {"rediss://h/x", "character 11: a path"},
      {"rediss://h?x=1", "character 12: an unknown parameter: use "},
      {"redis://h?tls_verify=", "character 22: the value of tls_verify must be one of: 0, 1"},
      {"redis://h?tls_verify=2", "character 22: the value of tls_verify"},
      {"redis://h?tls_verify=no", "character 22: the value of tls_verify"},
      {"redis://h?tls_verify=00", "character 22: the value of tls_verify"},
      {"redis://h?tls_verify=1&tls_verify=0", "character 24: the parameter tls_verify is given twice"},
      {"redis://h?tls=1", "character 11: an unknown parameter"},
      {"redis://h?tls_ca_file=", "character 23: "},
      {"redis://h?tls_ca_file=%2", "character 23: \"%\""},
      {"redis://h?tls_ca_file=a%00b", "character 24: %00"},
      {"redis://h?tls_ca_file", "character 11: a parameter is written"},
      {"redis://h?tls_ca_dir=", "character 22: "},
      {"redis://h?tls_certificate_file=my.crt", "character 32: tls_certificate_file and tls_key_file"},
      {"redis://h?tls_key_file=my.key", "character 24: tls_certificate_file and tls_key_file"},
      {"redis://h?tls_certificate_file=&tls_key_file=my.key", "character 32: "},
      {"redis://h?tls_certificate_file=my.crt&tls_key_file=", "character 52: "},
      {"redis://h?tls_certificate_file=a%2&tls_key_file=b", "character 33: \"%\""},
      {"redis://h?tls_key_file=a&tls_certificate_file=b&tls_key_file=c",
       "character 49: the parameter tls_key_file"},
      {"redis://h?tls_server_name=", "character 27: "},
      {"redis://h?tls_server_name=a%20b", "character 27: "},
      {"redis://h?tls_server_name=a/b", "character 27: "},
      {"redis://h?tls_min_version=", "character 27: the value of tls_min_version must be one of: 1.2, 1.3"},
      {"redis://h?tls_min_version=1.1", "character 27: the value of tls_min_version"},
      {"redis://h?tls_min_version=1.4", "character 27: the value of tls_min_version"},
      {"redis://h?tls_min_version=13", "character 27: the value of tls_min_version"},
      {"redis://h?tls_min_version=TLSv1.3", "character 27: the value of tls_min_version"},
      {"redis://h?read_from=",
       "character 21: the value of read_from must be one of: primary, prefer_replica"},
      {"redis://h?read_from=replicas", "character 21: the value of read_from"},
      {"redis://h?read_from=Replica", "character 21: the value of read_from"},
      {"redis://h?read_from=1", "character 21: the value of read_from"},
      {"redis://h?zone=%", "character 16: \"%\""},
      {"redis://h?protocol=", "character 20: the value of protocol"},
      {"redis://h?protocol=1", "character 20: "},
      {"redis://h?protocol=4", "character 20: "},
      {"redis://h?protocol=resp3", "character 20: the value of protocol"},
  };
  for (size_t i = 0; i < COUNT_OF(bad); ++i) {
    if (is_of_tls(bad[i].url) && !tls_is_offered()) continue;
    rc_error* error = NULL;
    rc_options* options = rc_options_from_url(bad[i].url, &error);
    if (options != NULL) print_error("taken: %s\n", bad[i].url);
    assert_null(options);
    assert_invalid(error, bad[i].message);
  }
}

// Wherever the mistake is, and whatever the password was taken for.
static void no_message_shows_a_password(void** state) {
  (void)state;
  static const char* const urls[] = {
      "redis://user:sesame@",
      "redis://user:sesame",
      "redis://:sesame",
      "redis://user:sesame@h:x",
      "redis://user:sesame@h:1,",
      "redis://user:se/sesame@h",
      "redis://user:se?sesame@h",
      "redis://user:se?sesame=1@h",
      "redis://user:1?sesame=1",
      "redis://user:se#sesame@h",
      "redis://user:sesame%@h",
      "redis://user:sesame%00@h",
      "redis://user:sesame @h",
      "redis://user:sesame\x01@h",
      "user:sesame@h",
      "rediss://user:sesame@h/x",
      "http://user:sesame@h",
      "redis:user:sesame@h",
      "redis://user:sesame@h/-1",
      "redis://user:sesame@h?x=y",
      "redis://user:sesame@h?timeout_ms=x",
      "redis://user:sesame@h?name=%0",
      "redis://h?password=sesame",
      "redis://h?sesame",
      "redis://h?timeout_ms=sesame",
      "redis://user:sesame@[h",
      "redis://user:sesame@h:1:2",
      "redis://h/sesame",
      "redis://u:a,b:sesame@h:x",
      "sesame://user@h",
      "rediss://user:sesame@",
      "rediss://user:sesame@h:x",
      "rediss://sesame:1@h?x=1",
      "rediss://user:sesame@h?tls_verify=sesame",
      "rediss://user:sesame@h?tls_min_version=sesame",
      "rediss://h?tls_key_file=sesame",
      "rediss://h?tls_key_password=sesame%",
      "rediss://user:sesame@h?tls_server_name=sesame%20",
      "redis://h?read_from=sesame",
      "redis://h?protocol=sesame",
      "redis://h?sesame=1&sesame=2",
      "redis://h?credentials=sesame&credentials=sesame",
  };
  for (size_t i = 0; i < COUNT_OF(urls); ++i) {
    rc_error* error = NULL;
    rc_options* options = rc_options_from_url(urls[i], &error);
    if (options != NULL) print_error("taken: %s\n", urls[i]);
    assert_null(options);
    assert_non_null(error);
    if (strstr(rc_error_message(error), "sesame") != NULL) fail_msg("%s", rc_error_message(error));
    rc_error_free(error);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_urls_are_taken),
      cmocka_unit_test(bad_urls_are_refused_at_the_bad_character),
      cmocka_unit_test(no_message_shows_a_password),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
