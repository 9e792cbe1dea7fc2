// G6: what replaces the map of slots, and what does not.
#include <pthread.h>

#include "scripted/scenario.h"

#define NODE(host, port) "*2\\r\\n" host ":" port "\\r\\n"
#define RANGE(first, last, node) "*3\\r\\n:" first "\\r\\n:" last "\\r\\n" node
#define ALL(node) "*1\\r\\n" RANGE("0", "16383", node)
#define LOOPBACK "$9\\r\\n127.0.0.1\\r\\n"
#define PORT_B "${port:b}"

// Opens with all slots at a; then CLUSTER SLOTS is answered by `line`.
static rc_cluster* open_then(scripted_net** net, const char* line) {
  char script[1024];
  snprintf(script, sizeof script,
           OPENED_WITH_ALL_AT_A
           "ALWAYS EXPECT CLUSTER SLOTS -> %s\n"
           "ALWAYS EXPECT GET * -> BULK from a\n",
           line);
  *net = scripted_net_start("a", script, "b", ALL_AT_B "ALWAYS EXPECT GET * -> BULK from b\n", NULL);
  return open_at(*net, "a", 5000);
}

static void a_partial_view_changes_only_what_it_tells(void** state) {
  (void)state;
  scripted_net* net;
  rc_cluster* cluster = open_then(&net, "SLOTS 0-5061 b");
  assert_int_equal(rc_cluster_refresh(cluster, NULL), RC_OK);
  assert_int_equal(slots_covered(cluster), 16384);
  assert_answer(cluster, "GET bar", "from b");
  assert_answer(cluster, "GET foo", "from a");
  finish(cluster, net);
}

static void of_two_entries_for_a_slot_the_first_holds(void** state) {
  (void)state;
  scripted_net* net;
  rc_cluster* cluster = open_then(&net, "SLOTS 0-12181 a 5061-16383 b 12182-16383 a");
  assert_int_equal(rc_cluster_refresh(cluster, NULL), RC_OK);
  assert_int_equal(slots_covered(cluster), 16384);
  assert_answer(cluster, "GET bar", "from a");
  assert_answer(cluster, "GET foo", "from b");
  finish(cluster, net);
}

static void an_empty_view_changes_nothing(void** state) {
  (void)state;
  scripted_net* net;
  rc_cluster* cluster = open_then(&net, "SEND *0\\r\\n");
  rc_error* error = NULL;
  assert_int_equal(rc_cluster_refresh(cluster, &error), RC_ERR_CLUSTER_DOWN);
  assert_error(error, RC_ERR_CLUSTER_DOWN, RC_OUTCOME_REFUSED, scripted_net_address(net, "a"),
               "redis-cli --cluster fix");
  rc_error_free(error);
  assert_int_equal(slots_covered(cluster), 16384);
  assert_answer(cluster, "GET foo", "from a");
  finish(cluster, net);
}

static void a_malformed_view_changes_nothing(void** state) {
  (void)state;
  const char* const lines[] = {
      "SEND +OK\\r\\n",
      "SEND :1\\r\\n",
      "SEND $-1\\r\\n",
      "SEND *-1\\r\\n",
      "SEND $5\\r\\nhello\\r\\n",
      "SEND *1\\r\\n:0\\r\\n",
      "SEND *1\\r\\n*0\\r\\n",
      "SEND *1\\r\\n*2\\r\\n:0\\r\\n:16383\\r\\n",
      "SEND *3\\r\\n:0\\r\\n:16383\\r\\n" NODE(LOOPBACK, PORT_B),
      "SEND *1\\r\\n" RANGE("5", "3", NODE(LOOPBACK, PORT_B)),
      "SEND *1\\r\\n" RANGE("-1", "3", NODE(LOOPBACK, PORT_B)),
      "SEND *1\\r\\n" RANGE("0", "16384", NODE(LOOPBACK, PORT_B)),
      "SEND *1\\r\\n" RANGE("0", "9223372036854775807", NODE(LOOPBACK, PORT_B)),
      "SEND *1\\r\\n*3\\r\\n$1\\r\\n0\\r\\n$5\\r\\n16383\\r\\n" NODE(LOOPBACK, PORT_B),
      "SEND " ALL("*0\\r\\n"),
      "SEND " ALL("*1\\r\\n" LOOPBACK),
      "SEND " ALL("$9\\r\\n127.0.0.1\\r\\n"),
      "SEND " ALL(NODE(LOOPBACK, "0")),
      "SEND " ALL(NODE(LOOPBACK, "65536")),
      "SEND " ALL(NODE(LOOPBACK, "-1")),
      "SEND " ALL("*2\\r\\n" LOOPBACK "$4\\r\\n7000\\r\\n"),
      "SEND " ALL(NODE("$3\\r\\na b\\r\\n", PORT_B)),
      "SEND " ALL(NODE("$1\\r\\n?\\r\\n", PORT_B)),
  };
  for (size_t i = 0; i < COUNT_OF(lines); i++) {
    scripted_net* net;
    rc_cluster* cluster = open_then(&net, lines[i]);
    rc_error* error = NULL;
    if (rc_cluster_refresh(cluster, &error) != RC_ERR_PROTOCOL) print_error("after %s:\n", lines[i]);
    assert_error(error, RC_ERR_PROTOCOL, RC_OUTCOME_REFUSED, scripted_net_address(net, "a"), "CLUSTER SLOTS",
                 "check what listens there");
    rc_error_free(error);
    assert_int_equal(slots_covered(cluster), 16384);
    assert_answer(cluster, "GET foo", "from a");
    finish(cluster, net);
  }
}

static void the_valid_entries_of_a_malformed_view_count(void** state) {
  (void)state;
  scripted_net* net;
  rc_cluster* cluster = open_then(&net, "SEND *3\\r\\n" RANGE("0", "99999", NODE(LOOPBACK, PORT_B))
                                            RANGE("5061", "5061", NODE(LOOPBACK, PORT_B))
                                                RANGE("12182", "12182", NODE("$1\\r\\n?\\r\\n", PORT_B)));
  assert_int_equal(rc_cluster_refresh(cluster, NULL), RC_OK);
  assert_int_equal(slots_covered(cluster), 16384);
  assert_answer(cluster, "GET bar", "from b");
  assert_answer(cluster, "GET foo", "from a");
  finish(cluster, net);
}

static void an_endpoint_may_be_nil_or_empty_or_a_name_or_ipv6(void** state) {
  (void)state;
  const char* const hosts[] = {
      "SEND " ALL(NODE("$-1\\r\\n", PORT_B)),
      "SEND " ALL(NODE("$0\\r\\n\\r\\n", PORT_B)),
      "SEND " ALL(NODE("$9\\r\\nlocalhost\\r\\n", PORT_B)),
      "SEND " ALL(NODE("$16\\r\\n::ffff:127.0.0.1\\r\\n", PORT_B)),
  };
  for (size_t i = 0; i < COUNT_OF(hosts); i++) {
    scripted_net* net;
    rc_cluster* cluster = open_then(&net, hosts[i]);
    assert_int_equal(rc_cluster_refresh(cluster, NULL), RC_OK);
    assert_answer(cluster, "GET foo", "from b");
    finish(cluster, net);
  }
}

static void a_replica_without_a_known_endpoint_is_left_out(void** state) {
  (void)state;
  scripted_net* net;
  rc_cluster* cluster = open_then(&net, "SEND *1\\r\\n*5\\r\\n:0\\r\\n:16383\\r\\n" NODE(LOOPBACK, PORT_B)
                                            NODE("$1\\r\\n?\\r\\n", "7000") NODE(LOOPBACK, "${port:a}"));
  assert_int_equal(rc_cluster_refresh(cluster, NULL), RC_OK);
  rc_info* info = rc_cluster_info(cluster, NULL);
  assert_int_equal(rc_info_node_count(info), 2);
  assert_int_equal(rc_info_node_port(info, 0), scripted_net_port(net, "b"));
  assert_int_equal(rc_info_node_is_primary(info, 0), 1);
  assert_int_equal(rc_info_node_slot_count(info, 0), 16384);
  assert_int_equal(rc_info_node_is_primary(info, 1), 0);
  rc_info_free(info);
  finish(cluster, net);
}

static void* refresh(void* cluster) {
  rc_cluster_refresh(cluster, NULL);
  return NULL;
}

// A MOVED to b is learned while a view that still names a is on its way; then the view comes.
static rc_cluster* learn_a_moved_during_a_refresh(scripted_net** net) {
  // GET bar makes the script go on with another connection than that of CLUSTER SLOTS, which sleeps.
  *net = scripted_net_start("a",
                            OPENED_WITH_ALL_AT_A
                            "EXPECT GET bar\n"
                            "BULK here\n"
                            "ALWAYS EXPECT CLUSTER SLOTS -> SLEEP 200 ; SLOTS 0-16383 a\n"
                            "EXPECT GET foo\n" MOVED_TO_B,
                            "b",
                            "ALWAYS EXPECT CLUSTER SLOTS ->\n"
                            "ALWAYS EXPECT GET foo -> BULK from b\n",
                            NULL);
  rc_cluster* cluster = open_at(*net, "a", 30000);
  assert_answer(cluster, "GET bar", "here");
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, refresh, cluster), 0);
  const int asked = TEST_WAIT(scripted_net_count(*net, "a", "CLUSTER SLOTS") == 2, 10000);
  rc_reply* reply = run(cluster, "GET foo", 0, NULL);
  pthread_join(thread, NULL);
  assert_true(asked);
  assert_text(reply, "from b");
  rc_reply_free(reply);
  return cluster;
}

static void a_moved_outranks_a_view_that_was_asked_for_before(void** state) {
  (void)state;
  scripted_net* net;
  rc_cluster* cluster = learn_a_moved_during_a_refresh(&net);
  assert_answer(cluster, "GET foo", "from b");
  finish(cluster, net);
}

static int asked_for_the_map(const scripted_net* net) {
  return scripted_net_count(net, "a", "CLUSTER SLOTS") + scripted_net_count(net, "b", "CLUSTER SLOTS");
}

// Where one slot has gone others may have gone too, and the older view cannot tell.
static void a_refresh_follows_a_moved_although_an_older_view_has_come(void** state) {
  (void)state;
  scripted_net* net;
  rc_cluster* cluster = learn_a_moved_during_a_refresh(&net);
  for (int i = 0; i < 1000 && asked_for_the_map(net) < 3; i++) {
    assert_answer(cluster, "GET foo", "from b");
    test_nap();
  }
  assert_int_equal(asked_for_the_map(net), 3);
  finish(cluster, net);
}

static void a_view_that_is_asked_for_later_outranks_a_moved(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A "EXPECT GET foo\n" MOVED_TO_B
                                                  "EXPECT GET foo\n"
                                                  "BULK back at a\n",
                                         "b", ALL_AT_A "EXPECT GET foo\nBULK from b\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_answer(cluster, "GET foo", "from b");
  assert_int_equal(rc_cluster_refresh(cluster, NULL), RC_OK);
  assert_answer(cluster, "GET foo", "back at a");
  finish(cluster, net);
}

static void when_no_known_node_answers_the_seeds_are_asked_again(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("seed",
                                         "EXPECT CLUSTER SLOTS\n"
                                         "SLOTS 0-16383 old\n"
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 new\n",
                                         "old",
                                         "EXPECT GET foo\n"
                                         "REFUSE\n"
                                         "CLOSE\n",
                                         "new",
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 new\n"
                                         "EXPECT GET foo\n"
                                         "BULK found\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "seed", 10000);
  assert_answer(cluster, "GET foo", "found");
  finish(cluster, net);
}

#define FOUR_NODES "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-4095 a 4096-8191 b,replica 8192-16383 c\n"

// Which one is chance: in so many draws each of the four comes up but once in 10^9 runs.
static void every_known_node_is_asked_for_the_map_now_and_then(void** state) {
  (void)state;
  const char* const names[] = {"a", "b", "c", "replica"};
  scripted_net* net = scripted_net_start("seed", FOUR_NODES, "a", FOUR_NODES, "b", FOUR_NODES, "c",
                                         FOUR_NODES, "replica", FOUR_NODES, NULL);
  const int handles = 80;
  for (int i = 0; i < handles; i++) {
    rc_cluster* cluster = open_at(net, "seed", 10000);
    assert_int_equal(rc_cluster_refresh(cluster, NULL), RC_OK);  // the second in a second: not throttled
    rc_cluster_free(cluster);
  }
  int all = 0;
  for (size_t i = 0; i < COUNT_OF(names); i++) {
    const int asked = scripted_net_count(net, names[i], "CLUSTER SLOTS");
    assert_in_range(asked, 1, handles / 2 + handles / 4);
    all += asked;
  }
  // And the seeds for as long as nobody else is known.
  assert_int_equal(all, handles);
  assert_int_equal(scripted_net_count(net, "seed", "CLUSTER SLOTS"), handles);
  assert_true(scripted_net_passed(net));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_partial_view_changes_only_what_it_tells),
      cmocka_unit_test(of_two_entries_for_a_slot_the_first_holds),
      cmocka_unit_test(an_empty_view_changes_nothing),
      cmocka_unit_test(a_malformed_view_changes_nothing),
      cmocka_unit_test(the_valid_entries_of_a_malformed_view_count),
      cmocka_unit_test(an_endpoint_may_be_nil_or_empty_or_a_name_or_ipv6),
      cmocka_unit_test(a_replica_without_a_known_endpoint_is_left_out),
      cmocka_unit_test(a_moved_outranks_a_view_that_was_asked_for_before),
      cmocka_unit_test(a_refresh_follows_a_moved_although_an_older_view_has_come),
      cmocka_unit_test(a_view_that_is_asked_for_later_outranks_a_moved),
      cmocka_unit_test(when_no_known_node_answers_the_seeds_are_asked_again),
      cmocka_unit_test(every_known_node_is_asked_for_the_map_now_and_then),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
