// Pipelines and transactions against a real cluster.
#include "capi/cluster_fixture.h"

static rc_commands* list;

static int open_with_list(void** state) {
  if (open_fresh(state) != 0) return 1;
  list = rc_commands_new();
  return list == NULL;
}

static int close_with_list(void** state) {
  rc_commands_free(list);
  return close_again(state);
}

#define queue(...) assert_int_equal(rc_commands_add(list, WORDS(__VA_ARGS__), NULL), RC_OK)

static rc_reply* pipeline(void) {
  rc_error* error = NULL;
  rc_reply* reply = rc_pipeline(shared.cluster, list, &error);
  assert_no_error(error);
  assert_int_equal(rc_reply_type(reply), RC_REPLY_ARRAY);
  assert_int_equal(rc_reply_length(reply), rc_commands_count(list));
  return reply;
}

static rc_reply* transaction(void) {
  rc_error* error = NULL;
  rc_reply* reply = rc_transaction(shared.cluster, list, &error);
  assert_no_error(error);
  assert_int_equal(rc_reply_type(reply), RC_REPLY_ARRAY);
  assert_int_equal(rc_reply_length(reply), rc_commands_count(list));
  return reply;
}

static void replies_of_many_nodes_come_in_the_order_of_the_list(void** state) {
  (void)state;
  char key[32];
  for (int i = 0; i < 1000; ++i) {
    snprintf(key, sizeof key, "key:%d", i % 500);
    queue("INCRBY", key, i < 500 ? "1000" : "1");
  }
  rc_reply* reply = pipeline();
  for (int i = 0; i < 1000; ++i) {
    assert_int_equal(rc_reply_integer(rc_reply_element(reply, (size_t)i)), i < 500 ? 1000 : 1001);
  }
  rc_reply_free(reply);
}

static void a_failed_command_is_an_element_and_the_others_run(void** state) {
  (void)state;
  queue("SET", "text", "value");
  queue("INCR", "text");
  queue("NOSUCHCOMMAND", "text");
  queue("GET", "text");
  rc_reply* reply = pipeline();
  assert_string(rc_reply_element(reply, 0), "OK");
  const rc_error* executed = rc_reply_error(rc_reply_element(reply, 1));
  assert_int_equal(rc_error_code(executed), RC_ERR_SERVER);
  assert_string_equal(rc_error_server_code(executed), "ERR");
  assert_int_equal(rc_error_outcome(executed), RC_OUTCOME_EXECUTED);
  const rc_error* refused = rc_reply_error(rc_reply_element(reply, 2));
  assert_int_equal(rc_error_code(refused), RC_ERR_SERVER);
  assert_int_equal(rc_error_outcome(refused), RC_OUTCOME_REFUSED);
  assert_string(rc_reply_element(reply, 3), "value");
  assert_null(rc_reply_error(rc_reply_element(reply, 3)));
  rc_reply_free(reply);
}

static void an_empty_pipeline_gives_an_empty_array(void** state) {
  (void)state;
  rc_reply* reply = pipeline();
  assert_null(rc_reply_element(reply, 0));
  rc_reply_free(reply);
}

static void a_pipeline_with_a_cross_slot_command_sends_nothing(void** state) {
  (void)state;
  queue("SET", "key", "value");
  queue("MSETNX", "foo", "1", "bar", "2");
  rc_error* error = NULL;
  assert_null(rc_pipeline(shared.cluster, list, &error));
  assert_failure(error, RC_ERR_CROSS_SLOT, RC_OUTCOME_NOT_SENT, "hash tag");
  assert_missing("key");
}

static void a_list_may_be_run_again_and_filled_anew(void** state) {
  (void)state;
  queue("INCR", "number");
  rc_reply_free(pipeline());
  rc_reply_free(pipeline());
  rc_reply_free(transaction());
  assert_value("number", "3");
  rc_commands_clear(list);
  queue("GET", "number");
  rc_reply* reply = pipeline();
  assert_string(rc_reply_element(reply, 0), "3");
  rc_reply_free(reply);
}

// INCR foo, INCR bar, while the node that has foo says nothing; the reply, after at least the timeout.
static rc_reply* pipeline_with_a_frozen_node(int timeout_ms) {
  rc_call_options* options = rc_call_options_new();
  rc_call_options_set_timeout_ms(options, timeout_ms, NULL);
  const int node = test_cluster_primary_of(shared.servers, rc_key_slot("foo", 3));
  assert_int_not_equal(node, test_cluster_primary_of(shared.servers, rc_key_slot("bar", 3)));
  queue("INCR", "foo");
  queue("INCR", "bar");
  assert_true(test_node_stop(shared.servers, node));
  rc_error* error = NULL;
  const long long start = test_now_ms();
  rc_reply* reply = rc_pipeline_with(shared.cluster, options, list, &error);
  const long long took = test_now_ms() - start;
  assert_true(test_node_continue(shared.servers, node));
  assert_no_error(error);
  assert_in_range(took, timeout_ms - 10, 4000);  // before the cluster's own 5000
  rc_call_options_free(options);
  const rc_error* failed = rc_reply_error(rc_reply_element(reply, 0));
  assert_int_equal(rc_error_code(failed), RC_ERR_TIMEOUT);
  return reply;
}

static void a_pipeline_ends_at_its_own_timeout_with_what_it_has(void** state) {
  (void)state;
  rc_reply_free(ok("GET", "foo"));
  rc_reply_free(ok("GET", "bar"));
  rc_reply* reply = pipeline_with_a_frozen_node(200);
  assert_int_equal(rc_error_outcome(rc_reply_error(rc_reply_element(reply, 0))), RC_OUTCOME_UNKNOWN);
  assert_int_equal(rc_reply_integer(rc_reply_element(reply, 1)), 1);
  rc_reply_free(reply);
}

// Also where no connection is open yet to the nodes behind it.
static void a_frozen_node_costs_a_pipeline_only_its_own_commands(void** state) {
  (void)state;
  rc_reply* reply = pipeline_with_a_frozen_node(500);
  assert_no_error(rc_reply_error(rc_reply_element(reply, 1)));
  assert_int_equal(rc_reply_integer(rc_reply_element(reply, 1)), 1);
  rc_reply_free(reply);
}

static void a_transaction_runs_as_a_unit(void** state) {
  (void)state;
  queue("SET", "{user:1}:name", "Ada");
  queue("INCR", "{user:1}:logins");
  queue("GET", "{user:1}:name");
  rc_reply* reply = transaction();
  assert_string(rc_reply_element(reply, 0), "OK");
  assert_int_equal(rc_reply_integer(rc_reply_element(reply, 1)), 1);
  assert_string(rc_reply_element(reply, 2), "Ada");
  rc_reply_free(reply);
  assert_value("{user:1}:logins", "1");
}

static void a_command_that_fails_in_exec_is_an_element(void** state) {
  (void)state;
  queue("SET", "{t}text", "value");
  queue("INCR", "{t}text");
  queue("INCR", "{t}number");
  rc_reply* reply = transaction();
  const rc_error* failed = rc_reply_error(rc_reply_element(reply, 1));
  assert_int_equal(rc_error_code(failed), RC_ERR_SERVER);
  assert_int_equal(rc_error_outcome(failed), RC_OUTCOME_EXECUTED);
  assert_int_equal(rc_reply_integer(rc_reply_element(reply, 2)), 1);
  rc_reply_free(reply);
}

static void a_command_refused_while_queueing_ends_the_transaction(void** state) {
  (void)state;
  queue("SET", "{t}key", "value");
  queue("GET", "{t}key", "{t}key", "{t}key");
  rc_error* error = NULL;
  assert_null(rc_transaction(shared.cluster, list, &error));
  assert_failure(error, RC_ERR_SERVER, RC_OUTCOME_REFUSED, "wrong number of arguments");
  assert_missing("{t}key");
  rc_commands_clear(list);
  queue("SET", "{t}key", "value");
  queue("NOSUCHCOMMAND", "{t}key");
  assert_null(rc_transaction(shared.cluster, list, &error));
  assert_failure(error, RC_ERR_SERVER, RC_OUTCOME_REFUSED, "unknown command");
  assert_missing("{t}key");
}

static void an_empty_transaction_is_an_error(void** state) {
  (void)state;
  rc_error* error = NULL;
  assert_null(rc_transaction(shared.cluster, list, &error));
  assert_failure(error, RC_ERR_EMPTY, RC_OUTCOME_NOT_SENT, "");
}

static void a_transaction_over_several_slots_sends_nothing(void** state) {
  (void)state;
  queue("SET", "foo", "1");
  queue("SET", "bar", "2");
  rc_error* error = NULL;
  assert_null(rc_transaction(shared.cluster, list, &error));
  assert_failure(error, RC_ERR_CROSS_SLOT, RC_OUTCOME_NOT_SENT, "hash tag");
  assert_missing("foo");
  assert_missing("bar");
}

static void null_lists_are_refused(void** state) {
  (void)state;
  rc_error* error = NULL;
  assert_null(rc_pipeline(shared.cluster, NULL, &error));
  assert_invalid(error, "commands is NULL");
  assert_null(rc_transaction(shared.cluster, NULL, &error));
  assert_invalid(error, "commands is NULL");
  assert_null(rc_pipeline_with(shared.cluster, NULL, NULL, &error));
  assert_invalid(error, "commands is NULL");
  assert_null(rc_transaction_with(shared.cluster, NULL, NULL, &error));
  assert_invalid(error, "commands is NULL");
}

#define WITH_LIST(test) cmocka_unit_test_setup_teardown(test, open_with_list, close_with_list)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_LIST(replies_of_many_nodes_come_in_the_order_of_the_list),
      WITH_LIST(a_failed_command_is_an_element_and_the_others_run),
      WITH_LIST(an_empty_pipeline_gives_an_empty_array),
      WITH_LIST(a_pipeline_with_a_cross_slot_command_sends_nothing),
      WITH_LIST(a_list_may_be_run_again_and_filled_anew),
      WITH_LIST(a_pipeline_ends_at_its_own_timeout_with_what_it_has),
      WITH_LIST(a_frozen_node_costs_a_pipeline_only_its_own_commands),
      WITH_LIST(a_transaction_runs_as_a_unit),
      WITH_LIST(a_command_that_fails_in_exec_is_an_element),
      WITH_LIST(a_command_refused_while_queueing_ends_the_transaction),
      WITH_LIST(an_empty_transaction_is_an_error),
      WITH_LIST(a_transaction_over_several_slots_sends_nothing),
      WITH_LIST(null_lists_are_refused),
  };
  return RUN_WITH_SERVERS(tests);
}
