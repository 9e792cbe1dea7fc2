// rc_explain on a real cluster: what it tells is what then happens.
#include "capi/cluster_fixture.h"

static rc_explanation* explain(size_t argc, const char* const* argv, const size_t* lengths) {
  rc_error* error = NULL;
  rc_explanation* explanation = rc_explain(shared.cluster, argc, argv, lengths, &error);
  assert_no_error(error);
  assert_non_null(explanation);
  return explanation;
}

static void assert_holds(const rc_explanation* it, const char* words) {
  if (strstr(rc_explanation_text(it), words) == NULL)
    fail_msg("\"%s\" does not hold \"%s\"", rc_explanation_text(it), words);
}

static void a_read_and_a_write_are_explained(void** state) {
  (void)state;
  rc_explanation* it = explain(WORDS("get", "foo"));
  assert_int_equal(rc_explanation_key_count(it), 1);
  size_t length = 0;
  assert_string_equal(rc_explanation_key(it, 0, &length), "foo");
  assert_int_equal(length, 3);
  assert_int_equal(rc_explanation_slot(it), 12182);
  const int owner = test_cluster_primary_of(shared.servers, 12182);
  assert_string_equal(rc_explanation_host(it), test_node_host(shared.servers, owner));
  assert_int_equal(rc_explanation_port(it), test_node_port(shared.servers, owner));
  assert_int_equal(rc_explanation_is_read_only(it), 1);
  assert_int_equal(rc_explanation_may_block(it), 0);
  assert_holds(it, "GET: 1 key, slot 12182");
  rc_explanation_free(it);

  it = explain(WORDS("SET", "foo", "s3cret"));
  assert_int_equal(rc_explanation_is_read_only(it), 0);
  assert_null(strstr(rc_explanation_text(it), "s3cret"));
  rc_explanation_free(it);
  assert_missing("foo");  // it was not sent
}

static void keys_may_hold_any_byte(void** state) {
  (void)state;
  const char* argv[] = {"GET", "a\0b"};
  const size_t lengths[] = {3, 3};
  rc_explanation* it = explain(2, argv, lengths);
  size_t length = 0;
  assert_memory_equal(rc_explanation_key(it, 0, &length), "a\0b", 4);
  assert_int_equal(length, 3);
  rc_explanation_free(it);
  const char* empty[] = {"GET", NULL};
  const size_t none[] = {3, 0};
  it = explain(2, empty, none);
  assert_int_equal(rc_explanation_slot(it), 0);
  assert_string_equal(rc_explanation_key(it, 0, NULL), "");
  rc_explanation_free(it);
}

static void several_keys_are_told_in_order(void** state) {
  (void)state;
  rc_explanation* it = explain(WORDS("EVAL", "return 1", "2", "{t}a", "{t}b", "s3cret"));
  assert_int_equal(rc_explanation_key_count(it), 2);
  assert_string_equal(rc_explanation_key(it, 0, NULL), "{t}a");
  assert_string_equal(rc_explanation_key(it, 1, NULL), "{t}b");
  assert_int_equal(rc_explanation_slot(it), rc_key_slot("t", 1));
  rc_explanation_free(it);
  it = explain(WORDS("SORT", "{t}a", "BY", "nosort", "STORE", "{t}b"));
  assert_int_equal(rc_explanation_key_count(it), 2);
  assert_string_equal(rc_explanation_key(it, 1, NULL), "{t}b");
  rc_explanation_free(it);
  it = explain(WORDS("MIGRATE", "127.0.0.1", "1", "", "0", "100", "KEYS", "{t}a", "{t}b", "{t}c"));
  assert_int_equal(rc_explanation_key_count(it), 3);
  assert_string_equal(rc_explanation_key(it, 2, NULL), "{t}c");
  rc_explanation_free(it);
}

static void keys_in_several_slots_are_refused(void** state) {
  (void)state;
  rc_explanation* it = explain(WORDS("MSETNX", "a", "1", "b", "2"));
  assert_int_equal(rc_explanation_key_count(it), 2);
  assert_int_equal(rc_explanation_slot(it), -1);
  assert_null(rc_explanation_host(it));
  assert_int_equal(rc_explanation_port(it), 0);
  assert_holds(it, "refused before it is sent: MSETNX: its keys are in several slots");
  rc_explanation_free(it);
  it = explain(WORDS("SUBSCRIBE", "channel"));
  assert_null(rc_explanation_host(it));
  assert_holds(it, "refused before it is sent: SUBSCRIBE");
  rc_explanation_free(it);
}

static void what_the_servers_do_not_know_is_told(void** state) {
  (void)state;
  rc_explanation* it = explain(WORDS("NO.SUCH", "foo"));
  assert_int_equal(rc_explanation_key_count(it), 0);
  assert_int_equal(rc_explanation_slot(it), -1);
  assert_holds(it, "not known to the servers");
  rc_explanation_free(it);
}

static void commands_that_block_and_commands_without_keys(void** state) {
  (void)state;
  rc_explanation* it = explain(WORDS("BLPOP", "foo", "0"));
  assert_int_equal(rc_explanation_may_block(it), 1);
  assert_holds(it, "a connection of its own");
  rc_explanation_free(it);
  it = explain(WORDS("TIME"));
  assert_int_equal(rc_explanation_key_count(it), 0);
  assert_int_equal(rc_explanation_slot(it), -1);
  assert_non_null(rc_explanation_host(it));  // such as
  assert_holds(it, "any primary");
  rc_explanation_free(it);
}

// The node that is told is the one that then counts the command.
static void a_read_goes_to_the_replica_that_is_told(void** state) {
  (void)state;
  rc_call_options* options = rc_call_options_new();
  assert_int_equal(rc_call_options_set_read_from(options, RC_READ_REPLICA, NULL), RC_OK);
  const int owner = test_cluster_primary_of(shared.servers, 12182);
  const int replica = test_cluster_replica_of(shared.servers, owner);
  const char* argv[] = {"GET", "foo"};
  rc_error* error = NULL;
  rc_explanation* it = rc_explain_with(shared.cluster, options, 2, argv, NULL, &error);
  assert_no_error(error);
  assert_int_equal(rc_explanation_port(it), test_node_port(shared.servers, replica));
  assert_holds(it, "goes to a replica, now ");
  rc_explanation_free(it);
  rc_call_options_free(options);
}

static void a_slot_that_moves_is_explained_anew(void** state) {
  (void)state;
  rc_reply_free(ok("SET", "foo", "1"));
  const int from = test_cluster_primary_of(shared.servers, 12182);
  const int to = from == 0 ? 1 : 0;
  assert_true(test_cluster_move_slot(shared.servers, 12182, to));
  assert_value("foo", "1");
  rc_explanation* it = explain(WORDS("GET", "foo"));
  assert_int_equal(rc_explanation_port(it), test_node_port(shared.servers, to));
  rc_explanation_free(it);
}

static void wrong_arguments_are_refused(void** state) {
  (void)state;
  const char* get[] = {"GET", "foo"};
  const char* hole[] = {"GET", NULL};
  const size_t bad[] = {3, 3};
  rc_error* error = NULL;
  assert_null(rc_explain(NULL, 2, get, NULL, &error));
  assert_invalid(error, "cluster is NULL");
  assert_null(rc_explain(shared.cluster, 0, get, NULL, &error));
  assert_invalid(error, "");
  assert_null(rc_explain(shared.cluster, 2, NULL, NULL, &error));
  assert_invalid(error, "");
  assert_null(rc_explain(shared.cluster, 2, hole, NULL, &error));
  assert_invalid(error, "");
  assert_null(rc_explain(shared.cluster, 2, hole, bad, &error));
  assert_invalid(error, "");
  assert_null(rc_explain(NULL, 2, get, NULL, NULL));
}

static void accessors_take_null_and_any_index(void** state) {
  (void)state;
  size_t length = 7;
  assert_null(rc_explanation_text(NULL));
  assert_int_equal(rc_explanation_key_count(NULL), 0);
  assert_null(rc_explanation_key(NULL, 0, &length));
  assert_int_equal(length, 0);
  assert_int_equal(rc_explanation_slot(NULL), -1);
  assert_null(rc_explanation_host(NULL));
  assert_int_equal(rc_explanation_port(NULL), 0);
  assert_int_equal(rc_explanation_is_read_only(NULL), 0);
  assert_int_equal(rc_explanation_may_block(NULL), 0);
  rc_explanation_free(NULL);
  rc_explanation* it = explain(WORDS("GET", "foo"));
  assert_null(rc_explanation_key(it, 1, NULL));
  assert_null(rc_explanation_key(it, SIZE_MAX, &length));
  rc_explanation_free(it);
}

static void a_closed_cluster_explains_nothing(void** state) {
  (void)state;
  rc_cluster_close(shared.cluster);
  rc_error* error = NULL;
  const char* get[] = {"GET", "foo"};
  assert_null(rc_explain(shared.cluster, 2, get, NULL, &error));
  assert_failure(error, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "closed");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_CLUSTER(a_read_and_a_write_are_explained),
      WITH_CLUSTER(keys_may_hold_any_byte),
      WITH_CLUSTER(several_keys_are_told_in_order),
      WITH_CLUSTER(keys_in_several_slots_are_refused),
      WITH_CLUSTER(what_the_servers_do_not_know_is_told),
      WITH_CLUSTER(commands_that_block_and_commands_without_keys),
      WITH_CLUSTER(a_read_goes_to_the_replica_that_is_told),
      WITH_CLUSTER(a_slot_that_moves_is_explained_anew),
      WITH_CLUSTER(wrong_arguments_are_refused),
      WITH_CLUSTER(accessors_take_null_and_any_index),
      WITH_CLUSTER(a_closed_cluster_explains_nothing),
  };
  return RUN_WITH_SERVERS(tests);
}
