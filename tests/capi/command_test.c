// One command against a real cluster.
#include <stdlib.h>

#include "capi/cluster_fixture.h"

static void replies_have_the_types_of_redis(void** state) {
  (void)state;
  size_t length = 0;
  rc_reply* reply = ok("SET", "key", "value");
  assert_int_equal(rc_reply_type(reply), RC_REPLY_STATUS);
  assert_string(reply, "OK");
  assert_int_equal(rc_reply_length(reply), 2);
  rc_reply_free(reply);

  reply = ok("GET", "key");
  assert_int_equal(rc_reply_type(reply), RC_REPLY_STRING);
  assert_string(reply, "value");
  assert_int_equal(rc_reply_integer(reply), 0);
  assert_true(rc_reply_double(reply) == 0.0);
  assert_null(rc_reply_element(reply, 0));
  assert_null(rc_reply_error(reply));
  rc_reply_free(reply);

  reply = ok("GET", "no such key");
  assert_int_equal(rc_reply_type(reply), RC_REPLY_NIL);
  assert_null(rc_reply_string(reply, &length));
  assert_int_equal(length, 0);
  assert_int_equal(rc_reply_length(reply), 0);
  rc_reply_free(reply);

  reply = ok("INCRBY", "number", "-9223372036854775808");
  assert_int_equal(rc_reply_type(reply), RC_REPLY_INTEGER);
  assert_true(rc_reply_integer(reply) == INT64_MIN);
  assert_null(rc_reply_string(reply, NULL));
  rc_reply_free(reply);

  rc_reply_free(ok("RPUSH", "list", "a", "b"));
  reply = ok("LRANGE", "list", "0", "-1");
  assert_int_equal(rc_reply_type(reply), RC_REPLY_ARRAY);
  assert_int_equal(rc_reply_length(reply), 2);
  assert_string(rc_reply_element(reply, 0), "a");
  assert_string(rc_reply_element(reply, 1), "b");
  assert_null(rc_reply_element(reply, 2));
  assert_null(rc_reply_element(reply, SIZE_MAX));
  assert_null(rc_reply_string(reply, NULL));
  rc_reply_free(reply);

  reply = ok("LRANGE", "no such list", "0", "-1");
  assert_int_equal(rc_reply_type(reply), RC_REPLY_ARRAY);
  assert_int_equal(rc_reply_length(reply), 0);
  rc_reply_free(reply);
}

static void arrays_nest(void** state) {
  (void)state;
  rc_reply* reply = ok("EVAL", "return {1, {'two', {3, false}}}", "1", "key");
  assert_int_equal(rc_reply_integer(rc_reply_element(reply, 0)), 1);
  const rc_reply* inner = rc_reply_element(reply, 1);
  assert_int_equal(rc_reply_length(inner), 2);
  assert_string(rc_reply_element(inner, 0), "two");
  const rc_reply* innermost = rc_reply_element(inner, 1);
  assert_int_equal(rc_reply_integer(rc_reply_element(innermost, 0)), 3);
  assert_int_equal(rc_reply_type(rc_reply_element(innermost, 1)), RC_REPLY_NIL);
  rc_reply_free(reply);
}

static void an_error_inside_an_array_is_an_element(void** state) {
  (void)state;
  rc_reply* reply = ok("EVAL", "return {1, redis.error_reply('MINE it is')}", "1", "key");
  const rc_reply* element = rc_reply_element(reply, 1);
  assert_int_equal(rc_reply_type(element), RC_REPLY_ERROR);
  const rc_error* error = rc_reply_error(element);
  assert_int_equal(rc_error_code(error), RC_ERR_SERVER);
  assert_string_equal(rc_error_server_code(error), "MINE");
  assert_string(element, rc_error_message(error));
  assert_int_equal(rc_reply_length(element), strlen(rc_error_message(error)));
  rc_reply_free(reply);
}

static void bytes_go_through_unchanged(void** state) {
  (void)state;
  char value[256];
  for (size_t i = 0; i < sizeof value; ++i) value[i] = (char)i;
  const char* const set[] = {"SET", "k\0\r\n", value};
  const size_t set_lengths[] = {3, 4, sizeof value};
  const char* const get[] = {"GET", "k\0\r\n"};
  rc_error* error = NULL;
  rc_reply_free(rc_command(shared.cluster, 3, set, set_lengths, &error));
  assert_no_error(error);
  rc_reply* reply = rc_command(shared.cluster, 2, get, set_lengths, &error);
  assert_no_error(error);
  size_t length = 0;
  const char* got = rc_reply_string(reply, &length);
  assert_int_equal(length, sizeof value);
  assert_memory_equal(got, value, sizeof value);
  assert_int_equal(got[length], '\0');
  rc_reply_free(reply);
  assert_missing("k");
}

static void empty_and_null_arguments_are_empty_strings(void** state) {
  (void)state;
  const char* const set[] = {"SET", "key", NULL};
  const size_t lengths[] = {3, 3, 0};
  rc_error* error = NULL;
  rc_reply_free(rc_command(shared.cluster, 3, set, lengths, &error));
  assert_no_error(error);
  assert_value("key", "");
  rc_reply_free(ok("SET", "", "of the empty key"));
  assert_value("", "of the empty key");
}

static void large_values_go_through(void** state) {
  (void)state;
  const size_t size = 8 * 1024 * 1024;
  char* value = malloc(size);
  assert_non_null(value);
  memset(value, 'x', size);
  const char* const set[] = {"SET", "key", value};
  const size_t lengths[] = {3, 3, size};
  rc_error* error = NULL;
  rc_reply_free(rc_command(shared.cluster, 3, set, lengths, &error));
  assert_no_error(error);
  rc_reply* reply = ok("GET", "key");
  assert_int_equal(rc_reply_length(reply), size);
  assert_memory_equal(rc_reply_string(reply, NULL), value, size);
  rc_reply_free(reply);
  free(value);
}

static void keys_of_all_slots_reach_their_nodes(void** state) {
  (void)state;
  char key[32], value[32];
  for (int i = 0; i < 300; ++i) {
    snprintf(key, sizeof key, "key:%d", i);
    snprintf(value, sizeof value, "value:%d", i);
    rc_reply_free(ok("SET", key, value));
  }
  for (int i = 0; i < 300; ++i) {
    snprintf(key, sizeof key, "key:%d", i);
    snprintf(value, sizeof value, "value:%d", i);
    assert_value(key, value);
  }
}

static void formats_build_commands(void** state) {
  (void)state;
  rc_error* error = NULL;
  rc_reply_free(
      rc_commandf(shared.cluster, &error, "SET user:%d:%s %b", 7, "full name", "a\0b c", (size_t)5));
  assert_no_error(error);
  rc_reply* reply = rc_commandf(shared.cluster, &error, "STRLEN user:%lld:%s", 7LL, "full name");
  assert_no_error(error);
  assert_int_equal(rc_reply_integer(reply), 5);
  rc_reply_free(reply);
  reply = rc_commandf(shared.cluster, &error, "ECHO %.17g", 0.1);
  assert_no_error(error);
  assert_string(reply, "0.10000000000000001");
  rc_reply_free(reply);
}

static void bad_formats_are_refused(void** state) {
  (void)state;
  static const struct {
    const char* format;
    const char* message;
  } bad[] = {
      {NULL, "format is NULL"},   {"", "no arguments"},      {" ", "no arguments"},
      {"GET %", "character 5"},   {"GET %y", "character 5"}, {"GET key%", "character 8"},
      {"GET %5s", "character 5"},
  };
  for (size_t i = 0; i < COUNT_OF(bad); ++i) {
    rc_error* error = NULL;
    assert_null(rc_commandf(shared.cluster, &error, bad[i].format, 1, 2));
    assert_invalid(error, bad[i].message);
  }
  rc_error* error = NULL;
  assert_null(rc_commandf(shared.cluster, &error, "%s key", ""));
  assert_invalid(error, "argv[0] is empty");
}

static void bad_arguments_are_refused(void** state) {
  (void)state;
  static const char* const words[] = {"GET", "key"};
  static const char* const hole[] = {"GET", NULL};
  static const size_t lengths[] = {3, 3};
  static const size_t nameless[] = {0, 3};
  static const size_t absurd[] = {3, SIZE_MAX};
  static const struct {
    size_t argc;
    const char* const* argv;
    const size_t* lengths;
    const char* message;
  } bad[] = {
      {0, words, lengths, "argc is 0"},         {2, NULL, lengths, "argv is NULL"},
      {2, hole, lengths, "argv[1] is NULL"},    {2, hole, NULL, "argv[1] is NULL"},
      {2, words, nameless, "argv[0] is empty"}, {1048577, words, lengths, "argc is 1048577"},
      {2, words, absurd, "argv_len[1] is"},
  };
  for (size_t i = 0; i < COUNT_OF(bad); ++i) {
    rc_error* error = NULL;
    assert_null(rc_command(shared.cluster, bad[i].argc, bad[i].argv, bad[i].lengths, &error));
    assert_invalid(error, bad[i].message);
    assert_null(rc_command_with(shared.cluster, NULL, bad[i].argc, bad[i].argv, bad[i].lengths, &error));
    assert_invalid(error, bad[i].message);
  }
}

static void an_error_of_the_server_tells_its_code_and_that_it_was_executed(void** state) {
  (void)state;
  rc_reply_free(ok("SET", "key", "text"));
  rc_error* error = NULL;
  assert_null(rc_command(shared.cluster, WORDS("LPUSH", "key", "x"), &error));
  assert_string_equal(rc_error_server_code(error), "WRONGTYPE");
  assert_failure(error, RC_ERR_SERVER, RC_OUTCOME_EXECUTED, "WRONGTYPE");
  assert_null(rc_command(shared.cluster, WORDS("INCR", "key"), &error));
  assert_string_equal(rc_error_server_code(error), "ERR");
  assert_failure(error, RC_ERR_SERVER, RC_OUTCOME_EXECUTED, "not an integer");
}

static void what_the_server_does_not_know_is_refused_by_it(void** state) {
  (void)state;
  rc_error* error = NULL;
  assert_null(rc_command(shared.cluster, WORDS("NOSUCHCOMMAND", "key"), &error));
  assert_failure(error, RC_ERR_SERVER, RC_OUTCOME_REFUSED, "unknown command");
  assert_null(rc_command(shared.cluster, WORDS("GET", "key", "key"), &error));
  assert_failure(error, RC_ERR_SERVER, RC_OUTCOME_REFUSED, "wrong number of arguments");
  assert_null(rc_command(shared.cluster, WORDS("OBJECT", "NOSUCHWORD", "key"), &error));
  assert_failure(error, RC_ERR_SERVER, RC_OUTCOME_REFUSED, "");
}

static void keys_of_several_slots_are_refused_before_anything_is_sent(void** state) {
  (void)state;
  rc_error* error = NULL;
  assert_null(rc_command(shared.cluster, WORDS("MSETNX", "foo", "1", "bar", "2"), &error));
  assert_failure(error, RC_ERR_CROSS_SLOT, RC_OUTCOME_NOT_SENT, "hash tag");
  assert_missing("foo");
  assert_missing("bar");
  rc_reply_free(ok("MSET", "{tag}foo", "1", "{tag}bar", "2"));
  assert_value("{tag}bar", "2");
}

static void commands_that_change_a_connection_are_refused(void** state) {
  (void)state;
  static const char* const words[] = {"MULTI", "WATCH", "SUBSCRIBE", "AUTH", "HELLO", "SELECT", "QUIT"};
  for (size_t i = 0; i < COUNT_OF(words); ++i) {
    rc_error* error = NULL;
    assert_null(rc_command(shared.cluster, WORDS(words[i], "0"), &error));
    assert_failure(error, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "connection");
  }
  rc_reply_free(ok("SET", "key", "value"));
}

static void a_call_ends_at_its_own_timeout(void** state) {
  (void)state;
  rc_call_options* options = rc_call_options_new();
  assert_int_equal(rc_call_options_set_timeout_ms(options, 100, NULL), RC_OK);
  rc_error* error = NULL;
  const long long start = test_now_ms();
  assert_null(rc_command_with(shared.cluster, options, WORDS("BLPOP", "empty list", "0"), &error));
  assert_in_range(test_now_ms() - start, 90, 4000);  // before the cluster's own 5000
  assert_failure(error, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "BLPOP");
  rc_call_options_free(options);
  rc_reply_free(ok("SET", "key", "value"));
  assert_value("key", "value");
  assert_true(counter("timeouts") >= 1);
}

static void call_options_serve_many_calls_and_null_ones_change_nothing(void** state) {
  (void)state;
  rc_call_options* options = rc_call_options_new();
  rc_call_options_set_timeout_ms(options, 3000, NULL);
  rc_call_options_set_idempotent(options, 1, NULL);
  for (int i = 0; i < 3; ++i) {
    rc_error* error = NULL;
    rc_reply* reply =
        rc_command_with(shared.cluster, i == 2 ? NULL : options, WORDS("INCR", "number"), &error);
    assert_no_error(error);
    assert_int_equal(rc_reply_integer(reply), i + 1);
    rc_reply_free(reply);
  }
  rc_call_options_free(options);
}

static void replies_outlive_their_cluster(void** state) {
  (void)state;
  rc_reply* reply = ok("ECHO", "still here");
  rc_cluster_free(shared.cluster);
  shared.cluster = NULL;
  assert_string(reply, "still here");
  rc_reply_free(reply);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_CLUSTER(replies_have_the_types_of_redis),
      WITH_CLUSTER(arrays_nest),
      WITH_CLUSTER(an_error_inside_an_array_is_an_element),
      WITH_CLUSTER(bytes_go_through_unchanged),
      WITH_CLUSTER(empty_and_null_arguments_are_empty_strings),
      WITH_CLUSTER(large_values_go_through),
      WITH_CLUSTER(keys_of_all_slots_reach_their_nodes),
      WITH_CLUSTER(formats_build_commands),
      WITH_CLUSTER(bad_formats_are_refused),
      WITH_CLUSTER(bad_arguments_are_refused),
      WITH_CLUSTER(an_error_of_the_server_tells_its_code_and_that_it_was_executed),
      WITH_CLUSTER(what_the_server_does_not_know_is_refused_by_it),
      WITH_CLUSTER(keys_of_several_slots_are_refused_before_anything_is_sent),
      WITH_CLUSTER(commands_that_change_a_connection_are_refused),
      WITH_CLUSTER(a_call_ends_at_its_own_timeout),
      WITH_CLUSTER(call_options_serve_many_calls_and_null_ones_change_nothing),
      WITH_CLUSTER(replies_outlive_their_cluster),
  };
  return RUN_WITH_SERVERS(tests);
}
