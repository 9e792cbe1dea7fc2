// G2: answers that ask for patience are waited out, inside of the call.
#include "scripted/scenario.h"

static const struct {
  const char* line;
  int code;  // at the deadline
} answers[] = {
    {"TRYAGAIN Multiple keys request during rehashing of slot", RC_ERR_TIMEOUT},
    {"CLUSTERDOWN The cluster is down", RC_ERR_CLUSTER_DOWN},
    {"LOADING Redis is loading the dataset in memory", RC_ERR_TIMEOUT},
    {"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", RC_ERR_TIMEOUT},
    {"READONLY You can't write against a read only replica.", RC_ERR_TIMEOUT},
    {"UNBLOCKED force unblock from blocking operation, instance state changed (master, replica?)",
     RC_ERR_TIMEOUT},
};

static void answers_that_ask_for_patience_are_waited_out(void** state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(answers); i++) {
    char script[512];
    snprintf(script, sizeof script,
             ALL_AT_A
             "REPEAT 3\n"
             "EXPECT SET foo 1\n"
             "REPLY -%s\n"
             "END\n"
             "EXPECT SET foo 1\n"
             "REPLY +OK\n",
             answers[i].line);
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 10000);
    assert_answer(cluster, "SET foo 1", "OK");
    assert_int_equal(counter(cluster, "waits"), 3);
    assert_int_equal(counter(cluster, "moved") + counter(cluster, "ask") + counter(cluster, "unknown"), 0);
    finish(cluster, net);
  }
}

static void at_the_deadline_the_last_answer_is_told(void** state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(answers); i++) {
    char script[512];
    snprintf(script, sizeof script,
             ALL_AT_A
             "ALWAYS EXPECT SET foo * REPLY -%s\n"
             "ALWAYS EXPECT GET bar -> BULK v\n",
             answers[i].line);
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 10000);
    rc_error* error = NULL;
    for (int tries = 0; error == NULL || (was_on_its_way(error) && tries < 10); tries++) {
      rc_error_free(error);
      error = NULL;
      const long long start = test_now_ms();
      assert_null(run(cluster, "SET foo s3cret", 150, &error));
      assert_in_range(test_now_ms() - start, 149, 150 + MARGIN_MS);
      assert_int_equal(counter(cluster, "timeouts"), tries + 1);
      assert_int_equal(counter(cluster, "unknown"), tries + (was_on_its_way(error) ? 1 : 0));
      // It was tried again, and with pauses between.
      assert_in_range(scripted_net_count(net, "a", "SET"), 2 * (tries + 1), 100 * (tries + 1));
    }
    assert_error(error, answers[i].code, RC_OUTCOME_REFUSED, "SET", "12182", scripted_net_address(net, "a"),
                 answers[i].line);
    rc_error_free(error);
    assert_answer(cluster, "GET bar", "v");
    finish(cluster, net);
  }
}

static void waiting_starts_the_count_of_redirects_again(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "REPEAT 6\n"
                                         "EXPECT SUNION {foo}1 {foo}2\n" ASK_B
                                         "END\n"
                                         "EXPECT SUNION {foo}1 {foo}2\n"
                                         "SEND *2\\r\\n$-1\\r\\n$1\\r\\nv\\r\\n\n",
                                         "b",
                                         "REPEAT 6\n"
                                         "EXPECT ASKING\n"
                                         "REPLY +OK\n"
                                         "EXPECT_SAME SUNION {foo}1 {foo}2\n"
                                         "REPLY -TRYAGAIN Multiple keys request during rehashing of slot\n"
                                         "END\n",
                                         NULL);
  rc_options* options = options_for(net, "a", 10000);
  assert_int_equal(rc_options_set_max_redirects(options, 1, NULL), RC_OK);
  rc_cluster* cluster = open_with(options);
  rc_error* error = NULL;
  rc_reply* reply = run(cluster, "SUNION {foo}1 {foo}2", 0, &error);
  assert_no_error(error);
  assert_element(reply, 1, "v");
  rc_reply_free(reply);
  assert_int_equal(counter(cluster, "ask"), 6);
  assert_int_equal(counter(cluster, "waits"), 6);
  finish(cluster, net);
}

// What else than a new map could help where the node no longer is the slot's?
static void a_waiting_call_goes_to_the_new_owner_once_a_node_tells_it(void** state) {
  (void)state;
  const char* const lines[] = {"READONLY You can't write against a read only replica.",
                               "CLUSTERDOWN The cluster is down", "MASTERDOWN Link with MASTER is down"};
  for (size_t i = 0; i < COUNT_OF(lines); i++) {
    char script[512];
    snprintf(script, sizeof script,
             "EXPECT CLUSTER SLOTS\n"
             "SLOTS 0-16383 a,b\n" ALL_AT_B "ALWAYS EXPECT SET foo 1 REPLY -%s\n",
             lines[i]);
    scripted_net* net = scripted_net_start("a", script, "b", ALL_AT_B "EXPECT SET foo 1\nREPLY +OK\n", NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    assert_answer(cluster, "SET foo 1", "OK");
    finish(cluster, net);
  }
}

static void a_slot_without_an_owner_is_waited_for(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "EXPECT CLUSTER SLOTS\n"
                                         "SLOTS 0-100 a\n" ALL_AT_A
                                         "EXPECT SET foo 1\n"
                                         "REPLY +OK\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  assert_int_equal(slots_covered(cluster), 101);
  assert_answer(cluster, "SET foo 1", "OK");
  finish(cluster, net);
}

static void a_slot_that_stays_without_an_owner_is_a_cluster_that_is_down(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-100 a\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  assert_fails(cluster, "SET foo s3cret", 200, RC_ERR_CLUSTER_DOWN, RC_OUTCOME_REFUSED, "SET", "12182",
               "redis-cli --cluster fix");
  assert_int_equal(scripted_net_count(net, "a", "SET"), 0);
  finish(cluster, net);
}

// Its owner has told no address. Every node knows the slot, and the one that has it serves it.
static void a_slot_whose_owner_has_no_address_is_asked_of_any_node(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-100 a\n"
                                         "EXPECT SET foo 1\nREPLY -MOVED 12182 127.0.0.1:${port:b}\n",
                                         "b",
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-100 a\nEXPECT SET foo "
                                         "1\nREPLY +OK\nEXPECT SET foo 2\nREPLY +OK\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 30000);
  assert_answer(cluster, "SET foo 1", "OK");
  assert_answer(cluster, "SET foo 2", "OK");
  finish(cluster, net);
}

static void a_slot_that_no_node_serves_is_waited_for(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a",
                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-100 a\n"
                         "REPEAT 3\nEXPECT SET foo 1\nREPLY -CLUSTERDOWN Hash slot not served\nEND\n"
                         "EXPECT SET foo 1\nREPLY +OK\n",
                         NULL);
  rc_cluster* cluster = open_at(net, "a", 30000);
  assert_answer(cluster, "SET foo 1", "OK");
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_that_ask_for_patience_are_waited_out),
      cmocka_unit_test(at_the_deadline_the_last_answer_is_told),
      cmocka_unit_test(waiting_starts_the_count_of_redirects_again),
      cmocka_unit_test(a_waiting_call_goes_to_the_new_owner_once_a_node_tells_it),
      cmocka_unit_test(a_slot_without_an_owner_is_waited_for),
      cmocka_unit_test(a_slot_that_stays_without_an_owner_is_a_cluster_that_is_down),
      cmocka_unit_test(a_slot_whose_owner_has_no_address_is_asked_of_any_node),
      cmocka_unit_test(a_slot_that_no_node_serves_is_waited_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
