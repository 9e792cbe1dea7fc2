// Reading from replicas, with nodes that do what real ones do rarely.
#include "scripted/scenario.h"

// A shard: the primary a, with the replicas b and c. Connections that read begin with READONLY.
#define SHARD "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a,b,c\nALWAYS EXPECT READONLY -> REPLY +OK\n"
#define ANSWERS(value) "ALWAYS EXPECT GET * -> BULK " value "\n"

static rc_cluster* open_reading(const scripted_net* net, int from, int timeout_ms) {
  rc_options* options = options_for(net, "a", timeout_ms);
  assert_int_equal(rc_options_set_read_from(options, from, NULL), RC_OK);
  return open_with(options);
}

static rc_reply* read_from(rc_cluster* cluster, int from, const char* line, rc_error** error) {
  const char* argv[MAX_WORDS];
  size_t lengths[MAX_WORDS];
  const size_t argc = split(line, argv, lengths);
  rc_call_options* options = rc_call_options_new();
  assert_int_equal(rc_call_options_set_read_from(options, from, NULL), RC_OK);
  rc_reply* reply = rc_command_with(cluster, options, argc, argv, lengths, error);
  rc_call_options_free(options);
  return reply;
}

// Who answers with its name, of so many reads.
typedef struct shares {
  int a, b, c;
} shares;

static shares count_reads(rc_cluster* cluster, int reads) {
  shares counts = {0, 0, 0};
  for (int i = 0; i < reads; i++) {
    rc_error* error = NULL;
    rc_reply* reply = run(cluster, "GET foo", 0, &error);
    assert_no_error(error);
    const char name = rc_reply_string(reply, NULL)[0];
    counts.a += name == 'a';
    counts.b += name == 'b';
    counts.c += name == 'c';
    rc_reply_free(reply);
  }
  return counts;
}

static scripted_net* start_shard(void) {
  return scripted_net_start("a", SHARD ANSWERS("a") "ALWAYS EXPECT SET ... -> REPLY +OK\n", "b",
                            SHARD ANSWERS("b"), "c", SHARD ANSWERS("c"), NULL);
}

static void each_mode_reads_where_it_says(void** state) {
  (void)state;
  static const struct {
    int from, a, b, c;
  } table[] = {{RC_READ_PRIMARY, 60, 0, 0},
               {RC_READ_PREFER_REPLICA, 0, 30, 30},
               {RC_READ_REPLICA, 0, 30, 30},
               {RC_READ_ROUND_ROBIN, 20, 20, 20}};
  for (size_t i = 0; i < COUNT_OF(table); i++) {
    scripted_net* net = start_shard();
    rc_cluster* cluster = open_reading(net, table[i].from, 5000);
    const shares counts = count_reads(cluster, 60);
    assert_int_equal(counts.a, table[i].a);
    assert_int_equal(counts.b, table[i].b);
    assert_int_equal(counts.c, table[i].c);
    for (int j = 0; j < 10; j++) assert_answer(cluster, "SET foo 1", "OK");
    assert_int_equal(scripted_net_count(net, "a", "SET"), 10);
    assert_int_equal(scripted_net_count(net, "a", "READONLY"), 0);
    finish(cluster, net);
  }
}

static void a_call_may_read_elsewhere_than_its_handle(void** state) {
  (void)state;
  scripted_net* net = start_shard();
  rc_cluster* cluster = open_reading(net, RC_READ_REPLICA, 5000);
  rc_error* error = NULL;
  for (int i = 0; i < 4; i++) {
    rc_reply* reply = read_from(cluster, RC_READ_PRIMARY, "GET foo", &error);
    assert_no_error(error);
    assert_text(reply, "a");
    rc_reply_free(reply);
  }
  rc_cluster_free(cluster);
  cluster = open_at(net, "a", 5000);
  rc_reply* reply = read_from(cluster, RC_READ_REPLICA, "GET foo", &error);
  assert_no_error(error);
  assert_string_not_equal(rc_reply_string(reply, NULL), "a");
  rc_reply_free(reply);
  assert_answer(cluster, "GET foo", "a");
  finish(cluster, net);
}

// READONLY goes before the first command, on this connection and on that which replaces it.
static void each_connection_to_a_replica_asks_to_read(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a,b\n", "b",
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a,b\n"
                                         "EXPECT READONLY\nREPLY +OK\n"
                                         "EXPECT_SAME GET foo\nBULK one\nCLOSE\n"
                                         "EXPECT READONLY\nREPLY +OK\n"
                                         "EXPECT_SAME GET foo\nBULK two\n",
                                         NULL);
  rc_cluster* cluster = open_reading(net, RC_READ_REPLICA, 5000);
  assert_answer(cluster, "GET foo", "one");
  long_enough_to_be_idle();
  assert_answer(cluster, "GET foo", "two");
  finish(cluster, net);
}

static void a_replica_that_refuses_or_is_lost_is_passed_over(void** state) {
  (void)state;
  static const char* const ends[] = {
      "EXPECT GET foo\nCLOSE\n",
      "EXPECT GET foo\nRST\n",
      "EXPECT GET foo\nREPLY -MASTERDOWN Link with MASTER is down\n",
      "EXPECT GET foo\nREPLY -LOADING the dataset\n",
      "EXPECT GET foo\nREPLY -CLUSTERDOWN x\n",
  };
  for (size_t i = 0; i < COUNT_OF(ends); i++) {
    char script[300];
    snprintf(script, sizeof script, "%s%s", SHARD, ends[i]);
    scripted_net* net =
        scripted_net_start("a", SHARD ANSWERS("a"), "b", script, "c", SHARD ANSWERS("c"), NULL);
    rc_cluster* cluster = open_reading(net, RC_READ_PREFER_REPLICA, 5000);
    const shares counts = count_reads(cluster, 20);  // less than a second, for which it is avoided
    assert_int_equal(counts.a, 0);
    assert_int_equal(counts.c, 20);
    finish(cluster, net);
  }
}

static void a_replica_where_nobody_listens_is_passed_over(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", SHARD ANSWERS("a"), "b", "REFUSE\n", "c", "REFUSE\n", NULL);
  rc_cluster* cluster = open_reading(net, RC_READ_PREFER_REPLICA, 5000);
  assert_int_equal(count_reads(cluster, 20).a, 20);
  rc_cluster_free(cluster);
  cluster = open_reading(net, RC_READ_REPLICA, 5000);
  assert_fails(cluster, "GET foo", 300, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "GET (slot 12182)",
               "cannot connect to 127.0.0.1:");
  finish(cluster, net);
}

// Those in flight on it run out of time; the others do not notice.
static void a_replica_that_freezes_costs_one_call_its_time(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", SHARD ANSWERS("a"), "b", SHARD "EXPECT GET foo\nSILENCE\n", "c",
                                         SHARD ANSWERS("c"), NULL);
  rc_cluster* cluster = open_reading(net, RC_READ_REPLICA, 300);
  int failed = 0;
  for (int i = 0; i < 20; i++) {
    rc_error* error = NULL;
    rc_reply* reply = run(cluster, "GET foo", 0, &error);
    if (error != NULL) {
      assert_error(error, RC_ERR_TIMEOUT, RC_OUTCOME_UNKNOWN, "GET (slot 12182)");
      failed++;
    }
    rc_error_free(error);
    rc_reply_free(reply);
  }
  assert_int_equal(failed, 1);
  finish(cluster, net);
}

static void without_a_replica_the_message_says_what_to_do(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A ANSWERS("a") "ALWAYS EXPECT SET ... -> REPLY +OK\n", NULL);
  rc_cluster* cluster = open_reading(net, RC_READ_REPLICA, 5000);
  assert_fails(cluster, "GET foo", 200, RC_ERR_CLUSTER_DOWN, RC_OUTCOME_REFUSED, "GET (slot 12182)",
               "no replica of slot 12182 is known", "RC_READ_PREFER_REPLICA");
  assert_answer(cluster, "SET foo 1", "OK");
  finish(cluster, net);
}

// A user without the right to READONLY.
static void a_refused_readonly_says_what_to_allow(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a,b\n", "b",
      "ALWAYS EXPECT READONLY -> REPLY -NOPERM User app has no permissions to run the 'readonly' command\n",
      NULL);
  rc_cluster* cluster = open_reading(net, RC_READ_REPLICA, 5000);
  assert_fails(cluster, "GET foo", 1000, RC_ERR_AUTH, RC_OUTCOME_NOT_SENT, "READONLY", "+readonly", "NOPERM");
  rc_cluster_free(cluster);
  scripted_net_free(net);
}

static void a_slot_that_left_the_shard_is_followed(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 a,b\nALWAYS EXPECT CLUSTER SLOTS ->\n", "b",
      "ALWAYS EXPECT READONLY -> REPLY +OK\nALWAYS EXPECT CLUSTER SLOTS ->\n"
      "EXPECT GET foo\nREPLY -MOVED 12182 127.0.0.1:${port:d}\n"
      "EXPECT GET bar\nBULK here\n",
      "d", "ALWAYS EXPECT CLUSTER SLOTS ->\nEXPECT GET foo\nBULK there\nEXPECT GET foo\nBULK again\n", NULL);
  rc_cluster* cluster = open_reading(net, RC_READ_PREFER_REPLICA, 5000);
  assert_answer(cluster, "GET foo", "there");
  assert_answer(cluster, "GET foo", "again");
  assert_answer(cluster, "GET bar", "here");
  assert_int_equal(counter(cluster, "moved"), 1);
  finish(cluster, net);
}

static void only_commands_that_read_and_have_keys_go_to_replicas(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         SHARD
                                         "ALWAYS EXPECT SET ... -> REPLY +OK\n"
                                         "ALWAYS EXPECT TIME -> REPLY :7\n"
                                         "ALWAYS EXPECT EVAL ... -> REPLY :8\n"
                                         "ALWAYS EXPECT MULTI -> REPLY +OK\n"
                                         "ALWAYS EXPECT GET * -> REPLY +QUEUED\n"
                                         "ALWAYS EXPECT EXEC -> SEND *1\\r\\n$1\\r\\na\\r\\n\n",
                                         "b", SHARD "ALWAYS EXPECT EVAL_RO ... -> REPLY :9\n", "c",
                                         SHARD "ALWAYS EXPECT EVAL_RO ... -> REPLY :9\n", NULL);
  rc_cluster* cluster = open_reading(net, RC_READ_REPLICA, 5000);
  assert_answer(cluster, "SET foo 1", "OK");
  assert_answer(cluster, "TIME", "7");
  assert_answer(cluster, "EVAL s 1 foo", "8");
  assert_answer(cluster, "EVAL_RO s 1 foo", "9");
  rc_error* error = NULL;
  rc_reply* reply = transaction(cluster, COMMANDS("GET foo"), 0, &error);
  assert_no_error(error);
  assert_element(reply, 0, "a");
  rc_reply_free(reply);
  finish(cluster, net);
}

// A replica's cursor means nothing to another node, and a replica does not know its primary's scripts.
static void what_differs_from_node_to_node_is_read_from_the_primary(void** state) {
  (void)state;
  static const char* const lines[] = {"HSCAN foo 0",        "SSCAN foo 7",     "ZSCAN foo 7",
                                      "EVALSHA_RO s 1 foo", "OBJECT FREQ foo", "TOUCH foo"};
  scripted_net* net =
      scripted_net_start("a",
                         SHARD
                         "ALWAYS EXPECT HSCAN foo * -> REPLY :1\nALWAYS EXPECT SSCAN foo * -> REPLY :1\n"
                         "ALWAYS EXPECT ZSCAN foo * -> REPLY :1\nALWAYS EXPECT EVALSHA_RO ... -> REPLY :1\n"
                         "ALWAYS EXPECT OBJECT ... -> REPLY :1\nALWAYS EXPECT TOUCH foo -> REPLY :1\n",
                         "b", SHARD ANSWERS("b"), "c", SHARD ANSWERS("b"), NULL);
  for (int from = RC_READ_PREFER_REPLICA; from <= RC_READ_LOWEST_LATENCY; from++) {
    rc_cluster* cluster = open_reading(net, from, 5000);
    rc_commands* commands = rc_commands_new();
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
      assert_answer(cluster, lines[i], "1");
      add(commands, lines[i]);
    }
    if (from <= RC_READ_REPLICA) add(commands, "GET foo");
    const size_t count = rc_commands_count(commands);
    rc_error* error = NULL;
    rc_reply* reply = pipeline(cluster, commands, 0, &error);
    assert_no_error(error);
    for (size_t i = 0; i < count; i++) assert_element(reply, i, i < sizeof lines / sizeof *lines ? "1" : "b");
    rc_reply_free(reply);
    const char* const hscan[] = {"HSCAN", "foo", "0"};
    rc_explanation* told = rc_explain(cluster, 3, hscan, NULL, &error);
    assert_non_null(strstr(rc_explanation_text(told), "goes to the primary"));
    rc_explanation_free(told);
    rc_cluster_free(cluster);
  }
  assert_true(scripted_net_passed(net));
}

static void a_pipeline_reads_from_replicas_and_writes_to_the_primary(void** state) {
  (void)state;
  scripted_net* net = start_shard();
  rc_cluster* cluster = open_reading(net, RC_READ_REPLICA, 5000);
  rc_error* error = NULL;
  for (int i = 0; i < 4; i++) {
    rc_reply* reply =
        pipeline(cluster, COMMANDS("SET foo 1", "GET foo", "SET bar 1", "GET bar", "GET baz"), 0, &error);
    assert_no_error(error);
    assert_element(reply, 0, "OK");
    assert_element(reply, 2, "OK");
    for (size_t get = 1; get < 5; get += get == 1 ? 2 : 1) {
      const char* name = rc_reply_string(rc_reply_element(reply, get), NULL);
      assert_true(strcmp(name, "b") == 0 || strcmp(name, "c") == 0);
    }
    rc_reply_free(reply);
  }
  assert_int_equal(scripted_net_count(net, "a", "GET"), 0);
  assert_int_equal(scripted_net_count(net, "a", "SET"), 8);
  finish(cluster, net);
}

static void a_pipeline_passes_over_a_replica_that_fails(void** state) {
  (void)state;
  static const char* const ends[] = {
      "EXPECT GET foo\nCLOSE\n", "EXPECT GET foo\nREPLY -MASTERDOWN x\nEXPECT GET bar\nREPLY -MASTERDOWN x\n",
      "EXPECT GET foo\nBULK c\nCLOSE\n"};
  for (size_t i = 0; i < COUNT_OF(ends); i++) {
    char script[300];
    snprintf(script, sizeof script, "%s%s", SHARD, ends[i]);
    scripted_net* net =
        scripted_net_start("a", SHARD ANSWERS("a"), "b", script, "c", SHARD ANSWERS("c"), NULL);
    rc_cluster* cluster = open_reading(net, RC_READ_REPLICA, 5000);
    rc_error* error = NULL;
    for (int j = 0; j < 4; j++) {
      rc_reply* reply = pipeline(cluster, COMMANDS("GET foo", "GET bar"), 0, &error);
      assert_no_error(error);
      assert_element(reply, 0, "c");
      assert_element(reply, 1, "c");
      rc_reply_free(reply);
    }
    finish(cluster, net);
  }
}

// A write in the same pipeline that goes to the node which is read from too keeps its own patience.
static void a_write_beside_reads_of_its_primary_waits_as_writes_do(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "ALWAYS EXPECT GET * -> BULK a\n"
                                         "ALWAYS EXPECT SET ... -> REPLY -CLUSTERDOWN x\n",
                                         NULL);
  rc_cluster* cluster = open_reading(net, RC_READ_ROUND_ROBIN, 5000);
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("GET foo", "SET foo 1"), 300, &error);
  assert_no_error(error);
  assert_element(reply, 0, "a");
  if (!was_on_its_way(element_error(reply, 1)))
    assert_element_error(reply, 1, RC_ERR_CLUSTER_DOWN, RC_OUTCOME_REFUSED, "CLUSTERDOWN x");
  assert_true(scripted_net_count(net, "a", "SET") < 200);
  rc_reply_free(reply);
  finish(cluster, net);
}

static void the_quickest_is_read_from(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", SHARD "ALWAYS EXPECT GET * -> SLEEP 20 ; BULK a\n", "b",
                         SHARD "ALWAYS EXPECT GET * -> SLEEP 20 ; BULK b\n", "c", SHARD ANSWERS("c"), NULL);
  rc_cluster* cluster = open_reading(net, RC_READ_LOWEST_LATENCY, 5000);
  count_reads(cluster, 6);  // each is measured
  const shares counts = count_reads(cluster, 200);
  assert_true(counts.c > 170);
  finish(cluster, net);
}

// How long a command waits in the server says nothing of the way there.
static void a_command_that_blocks_does_not_make_its_node_a_slow_one(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", SHARD "ALWAYS EXPECT GET * -> SLEEP 5 ; BULK a\n", "b",
                         SHARD "ALWAYS EXPECT GET * -> SLEEP 5 ; BULK b\n", "c",
                         SHARD ANSWERS("c") "ALWAYS EXPECT XREAD ... -> SLEEP 300 ; REPLY *-1\n", NULL);
  rc_cluster* cluster = open_reading(net, RC_READ_LOWEST_LATENCY, 5000);
  count_reads(cluster, 20);
  while (scripted_net_count(net, "c", "XREAD") == 0) {
    rc_error* error = NULL;
    rc_reply_free(run(cluster, "XREAD BLOCK 300 STREAMS foo 0", 400, &error));
    rc_error_free(error);  // of another node, which does not know it
    if (scripted_net_count(net, "a", "XREAD") + scripted_net_count(net, "b", "XREAD") > 0) skip();
  }
  assert_true(count_reads(cluster, 100).c > 80);
  finish(cluster, net);
}

static void a_pipeline_measures_too(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", SHARD ANSWERS("a"), "b", SHARD "ALWAYS EXPECT GET * -> SLEEP 20 ; BULK b\n",
                         "c", SHARD "ALWAYS EXPECT GET * -> SLEEP 20 ; BULK c\n", NULL);
  rc_cluster* cluster = open_reading(net, RC_READ_LOWEST_LATENCY, 5000);
  rc_error* error = NULL;
  for (int i = 0; i < 60; i++) {
    rc_reply_free(pipeline(cluster, COMMANDS("GET foo"), 0, &error));
    assert_no_error(error);
  }
  assert_true(scripted_net_count(net, "a", "GET") > 40);
  finish(cluster, net);
}

static rc_cluster* open_in_zone(const scripted_net* net, const char* zone) {
  rc_options* options = options_for(net, "a", 5000);
  rc_options_set_read_from(options, RC_READ_SAME_ZONE, NULL);
  assert_int_equal(rc_options_set_zone(options, zone, NULL), RC_OK);
  return open_with(options);
}

#define ZONE(name) "ALWAYS EXPECT INFO server -> BULK # Server\\r\\navailability_zone:" name "\\r\\n\n"

static void the_same_zone_is_read_from(void** state) {
  (void)state;
  static const struct {
    const char* zone;
    int a, b, c;
  } table[] = {{"east", 0, 40, 0},   // the replica there
               {"west", 0, 0, 40},   //
               {"north", 40, 0, 0},  // only the primary is there
               {"south", 0, 20, 20},
               {"", 0, 20, 20}};
  for (size_t i = 0; i < COUNT_OF(table); i++) {
    scripted_net* net =
        scripted_net_start("a", SHARD ZONE("north") ANSWERS("a"), "b", SHARD ZONE("east") ANSWERS("b"), "c",
                           SHARD ZONE("west") ANSWERS("c"), NULL);
    rc_cluster* cluster = open_in_zone(net, table[i].zone);
    const shares counts = count_reads(cluster, 40);
    assert_int_equal(counts.a, table[i].a);
    assert_int_equal(counts.b, table[i].b);
    assert_int_equal(counts.c, table[i].c);
    for (size_t node = 0; node < 3; node++) {
      const char name[] = {(char)('a' + node), '\0'};
      assert_int_equal(scripted_net_count(net, name, "INFO"), 1);
    }
    finish(cluster, net);
  }
}

static void a_pipeline_reads_from_the_same_zone(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", SHARD ZONE("north") ANSWERS("a"), "b", SHARD ZONE("east") ANSWERS("b"), "c",
                         SHARD ZONE("west") ANSWERS("c"), NULL);
  rc_cluster* cluster = open_in_zone(net, "west");
  rc_error* error = NULL;
  for (int i = 0; i < 10; i++) {
    rc_reply* reply = pipeline(cluster, COMMANDS("GET foo", "GET bar"), 0, &error);
    assert_no_error(error);
    assert_element(reply, 0, "c");
    assert_element(reply, 1, "c");
    rc_reply_free(reply);
  }
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_mode_reads_where_it_says),
      cmocka_unit_test(a_call_may_read_elsewhere_than_its_handle),
      cmocka_unit_test(each_connection_to_a_replica_asks_to_read),
      cmocka_unit_test(a_replica_that_refuses_or_is_lost_is_passed_over),
      cmocka_unit_test(a_replica_where_nobody_listens_is_passed_over),
      cmocka_unit_test(a_replica_that_freezes_costs_one_call_its_time),
      cmocka_unit_test(without_a_replica_the_message_says_what_to_do),
      cmocka_unit_test(a_refused_readonly_says_what_to_allow),
      cmocka_unit_test(a_slot_that_left_the_shard_is_followed),
      cmocka_unit_test(only_commands_that_read_and_have_keys_go_to_replicas),
      cmocka_unit_test(what_differs_from_node_to_node_is_read_from_the_primary),
      cmocka_unit_test(a_pipeline_reads_from_replicas_and_writes_to_the_primary),
      cmocka_unit_test(a_pipeline_passes_over_a_replica_that_fails),
      cmocka_unit_test(a_write_beside_reads_of_its_primary_waits_as_writes_do),
      cmocka_unit_test(the_quickest_is_read_from),
      cmocka_unit_test(a_command_that_blocks_does_not_make_its_node_a_slow_one),
      cmocka_unit_test(a_pipeline_measures_too),
      cmocka_unit_test(the_same_zone_is_read_from),
      cmocka_unit_test(a_pipeline_reads_from_the_same_zone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
