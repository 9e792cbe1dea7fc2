// G2 and G3 in pipelines: each command has its own fate, its reply its own place.
#include "scripted/scenario.h"

static void only_refused_commands_go_again_and_replies_keep_their_places(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT SET bar 1\n"
                                         "REPLY +OK\n"
                                         "EXPECT GET foo\n" MOVED_TO_B
                                         "EXPECT INCR bar\n"
                                         "REPLY :2\n"
                                         "EXPECT STRLEN foo\n" MOVED_TO_B
                                         "EXPECT GET bar\n"
                                         "BULK 2\n",
                                         "b",
                                         ALL_AT_B
                                         "EXPECT GET foo\n"
                                         "BULK v\n"
                                         "EXPECT STRLEN foo\n"
                                         "REPLY :1\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply =
      pipeline(cluster, COMMANDS("SET bar 1", "GET foo", "INCR bar", "STRLEN foo", "GET bar"), 0, &error);
  assert_no_error(error);
  assert_int_equal(rc_reply_length(reply), 5);
  assert_element(reply, 0, "OK");
  assert_element(reply, 1, "v");
  assert_element(reply, 2, "2");
  assert_element(reply, 3, "1");
  assert_element(reply, 4, "2");
  rc_reply_free(reply);
  finish(cluster, net);
}

static void asking_goes_before_each_asked_command(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A_FOR_GOOD "EXPECT APPEND foo 1\n" ASK_B
                                                           "EXPECT GET bar\n"
                                                           "BULK here\n"
                                                           "EXPECT APPEND foo 2\n" ASK_B
                                                           "EXPECT GET foo\n"
                                                           "BULK home\n",
                                         "b",
                                         "ALWAYS EXPECT CLUSTER SLOTS ->\n"
                                         "EXPECT ASKING\n"
                                         "REPLY +OK\n"
                                         "EXPECT_SAME APPEND foo 1\n"
                                         "REPLY :1\n"
                                         "EXPECT_SAME ASKING\n"
                                         "REPLY +OK\n"
                                         "EXPECT_SAME APPEND foo 2\n"
                                         "REPLY :2\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("APPEND foo 1", "GET bar", "APPEND foo 2"), 0, &error);
  assert_no_error(error);
  assert_element(reply, 0, "1");
  assert_element(reply, 1, "here");
  assert_element(reply, 2, "2");
  rc_reply_free(reply);
  assert_answer(cluster, "GET foo", "home");
  finish(cluster, net);
}

static void answers_that_ask_for_patience_are_waited_out(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT SET foo 1\n"
                                         "REPLY -CLUSTERDOWN The cluster is down\n"
                                         "EXPECT SET bar 1\n"
                                         "REPLY +OK\n"
                                         "EXPECT SET foo 1\n"
                                         "REPLY -LOADING Redis is loading the dataset in memory\n"
                                         "EXPECT SET foo 1\n"
                                         "REPLY +OK\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("SET foo 1", "SET bar 1"), 0, &error);
  assert_no_error(error);
  assert_element(reply, 0, "OK");
  assert_element(reply, 1, "OK");
  rc_reply_free(reply);
  assert_int_equal(counter(cluster, "waits"), 2);
  finish(cluster, net);
}

static void each_redirect_has_its_own_failure(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT SET foo s3cret\n"
                                         "REPLY -MOVED 12182 127.0.0.1\n"
                                         "EXPECT SET bar 1\n"
                                         "REPLY +OK\n"
                                         "ALWAYS EXPECT SET * s3cret " MOVED_TO_B,
                                         "b",
                                         ALL_AT_A
                                         "ALWAYS EXPECT SET * s3cret "
                                         "REPLY -MOVED 12182 127.0.0.1:${port:c}\n",
                                         "c",
                                         ALL_AT_A
                                         "ALWAYS EXPECT SET * s3cret "
                                         "REPLY -MOVED 12182 127.0.0.1:1\n",
                                         NULL);
  rc_options* options = options_for(net, "a", 5000);
  assert_int_equal(rc_options_set_max_redirects(options, 2, NULL), RC_OK);
  rc_cluster* cluster = open_with(options);
  rc_error* error = NULL;
  rc_reply* reply =
      pipeline(cluster, COMMANDS("SET foo s3cret", "SET bar 1", "SET {foo}2 s3cret"), 0, &error);
  assert_no_error(error);
  assert_element_error(reply, 0, RC_ERR_PROTOCOL, RC_OUTCOME_REFUSED, "SET", scripted_net_address(net, "a"));
  assert_element(reply, 1, "OK");
  assert_element_error(reply, 2, RC_ERR_TOO_MANY_REDIRECTS, RC_OUTCOME_REFUSED, "SET", "max_redirects");
  rc_reply_free(reply);
  for (const char* node = "abc"; *node != '\0'; node++) {
    const char name[] = {*node, '\0'};
    assert_int_equal(scripted_net_count(net, name, "SET {foo}2"), 1);
  }
  finish(cluster, net);
}

static void at_the_deadline_only_what_waits_is_refused(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "ALWAYS EXPECT SET foo s3cret REPLY -TRYAGAIN not yet\n"
                                         "ALWAYS EXPECT SET {foo}2 s3cret REPLY -CLUSTERDOWN down\n"
                                         "ALWAYS EXPECT SET bar 1 REPLY +OK\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply = NULL;
  for (int tries = 0; reply == NULL || (was_on_its_way(element_error(reply, 2)) && tries < 10); tries++) {
    rc_reply_free(reply);
    reply = pipeline(cluster, COMMANDS("SET foo s3cret", "SET bar 1", "SET {foo}2 s3cret"), 150, &error);
    assert_no_error(error);
  }
  assert_element_error(reply, 0, RC_ERR_TIMEOUT, RC_OUTCOME_REFUSED, "SET", scripted_net_address(net, "a"),
                       "TRYAGAIN not yet");
  assert_element(reply, 1, "OK");
  assert_element_error(reply, 2, RC_ERR_CLUSTER_DOWN, RC_OUTCOME_REFUSED, "SET",
                       scripted_net_address(net, "a"), "CLUSTERDOWN down");
  rc_reply_free(reply);
  finish(cluster, net);
}

static void a_connection_lost_in_the_middle_leaves_each_command_its_outcome(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT SET {foo}1 s3cret\n"
                                         "REPLY +OK\n"
                                         "EXPECT SET {foo}2 s3cret\n"
                                         "CLOSE\n"
                                         "EXPECT GET {foo}3\n"
                                         "BULK v\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply =
      pipeline(cluster, COMMANDS("SET {foo}1 s3cret", "SET {foo}2 s3cret", "GET {foo}3", "SET {foo}4 s3cret"),
               0, &error);
  assert_no_error(error);
  assert_element(reply, 0, "OK");
  assert_element_error(reply, 1, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "SET", scripted_net_address(net, "a"));
  assert_element(reply, 2, "v");
  assert_element_error(reply, 3, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "SET", scripted_net_address(net, "a"));
  rc_reply_free(reply);
  assert_int_equal(counter(cluster, "unknown"), 3);
  finish(cluster, net);
}

// Reads may run twice, writes may not: of one pipeline the ones go again and the others do not.
static void after_a_loss_reads_go_again_and_writes_do_not(void** state) {
  (void)state;
  const char* const ends[] = {"CLOSE", "RST", "SEND $1\nRST"};
  for (size_t i = 0; i < COUNT_OF(ends); i++) {
    char script[512];
    snprintf(script, sizeof script,
             "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-5999 a 6000-16383 b\n"
             "EXPECT GET {foo}1\n%s\n"
             "EXPECT GET {foo}1\n"
             "BULK 1\n"
             "EXPECT MGET {foo}3 {foo}4\n"
             "SEND *2\\r\\n$1\\r\\n3\\r\\n$-1\\r\\n\n",
             ends[i]);
    scripted_net* net = scripted_net_start("a",
                                           "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-5999 a 6000-16383 b\n"
                                           "EXPECT SET bar 1\n"
                                           "REPLY +OK\n",
                                           "b", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    rc_error* error = NULL;
    rc_reply* reply = pipeline(
        cluster, COMMANDS("GET {foo}1", "INCR {foo}2", "SET bar 1", "MGET {foo}3 {foo}4", "DEL {foo}5"), 0,
        &error);
    assert_no_error(error);
    assert_element(reply, 0, "1");
    assert_element_error(reply, 1, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "INCR", scripted_net_address(net, "b"));
    assert_element(reply, 2, "OK");
    assert_element(rc_reply_element(reply, 3), 0, "3");
    assert_element_error(reply, 4, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "DEL", scripted_net_address(net, "b"));
    rc_reply_free(reply);
    assert_int_equal(counter(cluster, "unknown"), 4);
    assert_int_equal(counter(cluster, "retries"), 2);
    finish(cluster, net);
  }
}

static void a_dead_node_fails_only_its_own_commands(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-9999 a 10000-16383 b\n"
                                         "EXPECT SET bar 1\n"
                                         "REPLY +OK\n",
                                         "b", "REFUSE\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  await_script(net, "b");
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("SET foo s3cret", "SET bar 1"), 200, &error);
  assert_no_error(error);
  assert_element_error(reply, 0, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "SET", scripted_net_address(net, "b"));
  assert_element(reply, 1, "OK");
  rc_reply_free(reply);
  finish(cluster, net);
}

static void a_pipeline_of_which_nothing_could_be_tried_fails_whole(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", OPENED_WITH_ALL_AT_A "REFUSE\nALWAYS EXPECT CLUSTER SLOTS -> CLOSE\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  await_script(net, "a");
  rc_error* error = NULL;
  assert_null(pipeline(cluster, COMMANDS("SET foo s3cret", "SET bar s3cret"), 200, &error));
  assert_error(error, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "pipeline", scripted_net_address(net, "a"));
  rc_error_free(error);
  finish(cluster, net);
}

static void an_idempotent_pipeline_is_sent_again(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT SET foo 1\n"
                                         "CLOSE\n"
                                         "EXPECT SET foo 1\n"
                                         "REPLY +OK\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_call_options* options = call_options(0, 1);
  rc_commands* commands = COMMANDS("SET foo 1");
  rc_error* error = NULL;
  rc_reply* reply = rc_pipeline_with(cluster, options, commands, &error);
  assert_no_error(error);
  assert_element(reply, 0, "OK");
  rc_reply_free(reply);
  rc_commands_free(commands);
  rc_call_options_free(options);
  finish(cluster, net);
}

static void an_error_that_a_command_ran_into_stays_in_its_place(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT INCR foo\n"
                                         "REPLY -ERR value is not an integer or out of range\n"
                                         "EXPECT GET foo\n"
                                         "BULK v\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("INCR foo", "GET foo"), 0, &error);
  assert_no_error(error);
  assert_element_error(reply, 0, RC_ERR_SERVER, RC_OUTCOME_EXECUTED, "INCR", scripted_net_address(net, "a"),
                       "not an integer");
  assert_element(reply, 1, "v");
  rc_reply_free(reply);
  finish(cluster, net);
}

// The first has to wait, the second could go on at once: it goes behind the first all the same.
static void what_goes_again_does_not_overtake_an_earlier_one_of_its_slot(void** state) {
  (void)state;
  static const char* const waits[] = {"-TRYAGAIN not yet", "-LOADING Redis is loading the dataset in memory",
                                      "-CLUSTERDOWN The cluster is down"};
  for (size_t i = 0; i < COUNT_OF(waits); i++) {
    char script[512];
    snprintf(script, sizeof script,
             ALL_AT_A_FOR_GOOD
             "EXPECT APPEND {foo}1 x\nREPLY %s\n"
             "EXPECT APPEND {foo}1 y\n" MOVED_TO_B,
             waits[i]);
    scripted_net* net = scripted_net_start("a", script, "b",
                                           "ALWAYS EXPECT CLUSTER SLOTS ->\n"
                                           "EXPECT APPEND {foo}1 x\nREPLY :1\n"
                                           "EXPECT APPEND {foo}1 y\nREPLY :2\n",
                                           NULL);
    rc_cluster* cluster = open_at(net, "a", 10000);
    rc_error* error = NULL;
    rc_reply* reply = pipeline(cluster, COMMANDS("APPEND {foo}1 x", "APPEND {foo}1 y"), 0, &error);
    assert_no_error(error);
    assert_element(reply, 0, "1");
    assert_element(reply, 1, "2");
    rc_reply_free(reply);
    finish(cluster, net);
  }
}

static void note_command(const rc_attempt* attempt, void* user_data) {
  strcat(user_data, rc_attempt_code(attempt) == RC_OK ? "+" : "-");
  strcat(user_data, rc_attempt_command(attempt));
}

// Where it goes elsewhere than the first, it waits until that has its reply.
static void what_goes_again_elsewhere_waits_for_an_earlier_one_of_its_slot(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A_FOR_GOOD
                                         "EXPECT MGET {foo}1 {foo}2\nREPLY -TRYAGAIN not yet\n"
                                         "EXPECT APPEND {foo}1 y\n" ASK_B
                                         "EXPECT MGET {foo}1 {foo}2\nREPLY -TRYAGAIN not yet\n"
                                         "EXPECT MGET {foo}1 {foo}2\nSEND *2\\r\\n$1\\r\\n1\\r\\n$-1\\r\\n\n",
                                         "b",
                                         "ALWAYS EXPECT CLUSTER SLOTS ->\n"
                                         "EXPECT ASKING\nREPLY +OK\n"
                                         "EXPECT APPEND {foo}1 y\nREPLY :2\n",
                                         NULL);
  char told[256] = "";
  rc_options* options = options_for(net, "a", 10000);
  assert_int_equal(rc_options_set_attempt_hook(options, note_command, told, NULL), RC_OK);
  rc_cluster* cluster = open_with(options);
  told[0] = '\0';
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("MGET {foo}1 {foo}2", "APPEND {foo}1 y"), 0, &error);
  assert_no_error(error);
  assert_element(rc_reply_element(reply, 0), 0, "1");
  assert_element(reply, 1, "2");
  assert_string_equal(told, "-MGET-APPEND-MGET+MGET+APPEND");
  rc_reply_free(reply);
  finish(cluster, net);
}

#define THREE_NODES "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-5999 a 6000-14999 b 15000-16383 c\n"

static void a_redirect_is_followed_while_another_node_is_frozen(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         THREE_NODES
                                         "ALWAYS EXPECT GET baz -> BULK z\n"
                                         "EXPECT GET bar\nREPLY -MOVED 5061 127.0.0.1:${port:c}\n",
                                         "b", THREE_NODES "ALWAYS EXPECT GET foo ->\n", "c",
                                         THREE_NODES
                                         "EXPECT GET bar\nBULK v\n"
                                         "ALWAYS EXPECT GET key -> BULK k\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 1000);
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("GET foo", "GET bar", "GET baz", "GET foo"), 0, &error);
  assert_no_error(error);
  assert_element_error(reply, 0, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "GET", scripted_net_address(net, "b"));
  assert_element(reply, 1, "v");
  assert_element(reply, 2, "z");
  assert_element_error(reply, 3, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "GET", scripted_net_address(net, "b"));
  rc_reply_free(reply);
  finish(cluster, net);
}

static void a_slot_without_an_owner_keeps_nobody_waiting(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-9999 a\n"
                                         "ALWAYS EXPECT GET foo -> REPLY -CLUSTERDOWN Hash slot not served\n"
                                         "EXPECT GET bar\nREPLY -TRYAGAIN not yet\n"
                                         "EXPECT GET bar\nREPLY -TRYAGAIN not yet\n"
                                         "EXPECT GET bar\nBULK v\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 3000);
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("GET foo", "GET bar", "GET foo"), 0, &error);
  assert_no_error(error);
  assert_int_equal(rc_error_code(element_error(reply, 0)), RC_ERR_CLUSTER_DOWN);
  assert_element(reply, 1, "v");
  assert_int_equal(rc_error_code(element_error(reply, 2)), RC_ERR_CLUSTER_DOWN);
  rc_reply_free(reply);
  finish(cluster, net);
}

// Not one more is under way to a node before the first of them are answered.
static void no_more_than_ten_thousand_commands_are_under_way_to_a_node(void** state) {
  (void)state;
  enum { kWindow = 10000 };
  scripted_net* net = scripted_net_start("a", ALL_AT_A "ALWAYS EXPECT GET foo ->\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 3000);
  rc_commands* commands = rc_commands_new();
  for (int i = 0; i < kWindow + 500; i++) add(commands, "GET foo");
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, commands, 0, &error);
  assert_no_error(error);
  assert_element_error(reply, kWindow - 1, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "GET (slot 12182)",
                       scripted_net_address(net, "a"));
  assert_element_error(reply, kWindow, RC_ERR_TIMEOUT, RC_OUTCOME_NOT_SENT, "GET (slot 12182)");
  assert_int_equal(rc_reply_length(reply), kWindow + 500);
  rc_reply_free(reply);
  assert_true(TEST_WAIT(scripted_net_count(net, "a", "GET foo") >= kWindow, 10000));
  assert_int_equal(scripted_net_count(net, "a", "GET foo"), kWindow);
  finish(cluster, net);
}

// However many share what they are told.
static void each_unsent_command_is_told_by_its_own_name_and_slot(void** state) {
  (void)state;
  enum { kWindow = 10000 };
  const char* const lines[] = {"GET foo", "SET foo 1", "GET bar", "OBJECT ENCODING foo", "PING", "GET foo"};
  const char* const told[] = {
      "GET (slot 12182)", "SET (slot 12182)", "GET (slot 5061)", "OBJECT (slot 12182)", "PING:",
      "GET (slot 12182)"};
  scripted_net* net = scripted_net_start("a", ALL_AT_A "ALWAYS EXPECT GET foo ->\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 1500);
  rc_commands* commands = rc_commands_new();
  for (int i = 0; i < kWindow; i++) add(commands, "GET foo");
  for (size_t i = 0; i < 600; i++) add(commands, lines[i % 6]);
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, commands, 0, &error);
  assert_no_error(error);
  for (size_t i = 0; i < 600; i++)
    assert_element_error(reply, kWindow + i, RC_ERR_TIMEOUT, RC_OUTCOME_NOT_SENT, told[i % 6]);
  rc_reply_free(reply);
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_refused_commands_go_again_and_replies_keep_their_places),
      cmocka_unit_test(asking_goes_before_each_asked_command),
      cmocka_unit_test(answers_that_ask_for_patience_are_waited_out),
      cmocka_unit_test(each_redirect_has_its_own_failure),
      cmocka_unit_test(at_the_deadline_only_what_waits_is_refused),
      cmocka_unit_test(a_connection_lost_in_the_middle_leaves_each_command_its_outcome),
      cmocka_unit_test(after_a_loss_reads_go_again_and_writes_do_not),
      cmocka_unit_test(a_dead_node_fails_only_its_own_commands),
      cmocka_unit_test(a_pipeline_of_which_nothing_could_be_tried_fails_whole),
      cmocka_unit_test(an_idempotent_pipeline_is_sent_again),
      cmocka_unit_test(an_error_that_a_command_ran_into_stays_in_its_place),
      cmocka_unit_test(what_goes_again_does_not_overtake_an_earlier_one_of_its_slot),
      cmocka_unit_test(what_goes_again_elsewhere_waits_for_an_earlier_one_of_its_slot),
      cmocka_unit_test(a_redirect_is_followed_while_another_node_is_frozen),
      cmocka_unit_test(a_slot_without_an_owner_keeps_nobody_waiting),
      cmocka_unit_test(no_more_than_ten_thousand_commands_are_under_way_to_a_node),
      cmocka_unit_test(each_unsent_command_is_told_by_its_own_name_and_slot),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
