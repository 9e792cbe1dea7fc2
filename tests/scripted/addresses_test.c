// G6: nodes that have other addresses than before, and addresses of every kind.
#include "scripted/by_name.h"

static void assert_host(rc_cluster* cluster, size_t i, const char* host, int port) {
  rc_info* info = rc_cluster_info(cluster, NULL);
  assert_true(i < rc_info_node_count(info));
  assert_string_equal(rc_info_node_host(info, i), host);
  assert_int_equal(rc_info_node_port(info, i), port);
  rc_info_free(info);
}

// ---- kinds of endpoints ----

static void names_in_the_map_are_looked_up(void** state) {
  (void)state;
  fake_name_resolves("a.test", "127.0.0.1");
  fake_name_resolves("b.test", "127.0.0.2");
  const char* const script =
      "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-5999 a.test=a 6000-16383 b.test=b\n"
      "ALWAYS EXPECT GET * -> BULK from ${port}\n";
  scripted_net* net = scripted_net_start("a", script, "b@127.0.0.2", script, NULL);
  rc_cluster* cluster = open_by_name(net, "a.test", "a");
  char text[32];
  snprintf(text, sizeof text, "from %d", scripted_net_port(net, "a"));
  assert_answer(cluster, "GET bar", text);
  snprintf(text, sizeof text, "from %d", scripted_net_port(net, "b"));
  assert_answer(cluster, "GET foo", text);
  assert_host(cluster, 0, "a.test", scripted_net_port(net, "a"));
  assert_host(cluster, 1, "b.test", scripted_net_port(net, "b"));
  finish(cluster, net);
}

#define AT_IPV6_B "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-5999 ::1=a 6000-16383 ::1=b\n"

static void ipv6_endpoints_are_reached(void** state) {
  (void)state;
  if (!scripted_net_has_ipv6()) skip();
  scripted_net* net = scripted_net_start(
      "a@::1",
      AT_IPV6_B
      "EXPECT GET bar\n"
      "BULK from a\n"
      "EXPECT GET bar\n"
      "REPLY -MOVED 5061 ::1:${port:b}\n",
      "b@::1", AT_IPV6_B "EXPECT GET foo\nBULK from b\nEXPECT GET bar\nBULK moved\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_answer(cluster, "GET bar", "from a");
  assert_answer(cluster, "GET foo", "from b");
  assert_answer(cluster, "GET bar", "moved");
  assert_host(cluster, 0, "::1", scripted_net_port(net, "a"));
  finish(cluster, net);
}

// "" as a host, and nil, and none at all in a redirect, stand for the one that was asked.
static void an_endpoint_without_a_host_is_that_of_the_node_asked(void** state) {
  (void)state;
  const char* const nodes[][2] = {{"a@127.0.0.2", "b@127.0.0.2"}, {"a@::1", "b@::1"}};
  const char* const hosts[] = {"127.0.0.2", "::1"};
  for (size_t i = 0; i < COUNT_OF(nodes); i++) {
    if (i == 1 && !scripted_net_has_ipv6()) continue;
    const char* const nil_host =
        "ALWAYS EXPECT CLUSTER SLOTS -> SEND "
        "*1\\r\\n*3\\r\\n:0\\r\\n:16383\\r\\n*2\\r\\n$-1\\r\\n:${port:b}\\r\\n\n"
        "EXPECT GET foo\n"
        "BULK here\n"
        "EXPECT GET foo\n"
        "REPLY -MOVED 12182 :${port:a}\n";
    scripted_net* net = scripted_net_start(nodes[i][0],
                                           "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 =b\nALWAYS EXPECT CLUSTER "
                                           "SLOTS ->\nEXPECT GET foo\nBULK there\n",
                                           nodes[i][1], nil_host, NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    assert_answer(cluster, "GET foo", "here");
    assert_int_equal(rc_cluster_refresh(cluster, NULL), RC_OK);
    assert_host(cluster, 0, hosts[i], scripted_net_port(net, "b"));
    assert_answer(cluster, "GET foo", "there");
    finish(cluster, net);
  }
}

// ---- other addresses than before ----

// Every connection of node `old` ends after its first GET foo, and nobody gets another.
#define GONE_AFTER_ONE_GET(slots) \
  "EXPECT CLUSTER SLOTS\n" slots  \
  "EXPECT GET foo\n"              \
  "BULK old\n"                    \
  "REFUSE\n"                      \
  "CLOSE\n"                       \
  "ALWAYS EXPECT CLUSTER SLOTS -> CLOSE\n"

static void a_cluster_whose_every_address_changed_is_found_again(void** state) {
  (void)state;
  // Nodes that tell their addresses, and nodes that tell the name they were asked by.
  const char* const old_slots[] = {GONE_AFTER_ONE_GET("SLOTS 0-16383 old\n"),
                                   GONE_AFTER_ONE_GET("SLOTS 0-16383 seed.test=old\n")};
  const char* const new_slots[] = {"SLOTS 0-16383 127.0.0.2=new", "SLOTS 0-16383 seed.test=new"};
  for (size_t i = 0; i < COUNT_OF(old_slots); i++) {
    fake_name_resolves("seed.test", "127.0.0.1");
    char script[256];
    snprintf(script, sizeof script, "ALWAYS EXPECT CLUSTER SLOTS -> %s\nALWAYS EXPECT SET foo * REPLY +OK\n",
             new_slots[i]);
    scripted_net* net = scripted_net_start("old", old_slots[i], "new@127.0.0.2=old", script, NULL);
    rc_cluster* cluster = open_by_name(net, "seed.test", "old");
    assert_answer(cluster, "GET foo", "old");
    await_script(net, "old");
    long_enough_to_be_idle();
    // The write has not been sent to anybody: it may wait until the nodes are found again.
    fake_name_resolves("seed.test", "127.0.0.2");
    assert_answer(cluster, "SET foo 1", "OK");
    finish(cluster, net);
  }
}

// The old nodes are silent, as machines are whose network was taken away.
static void silent_old_nodes_do_not_keep_the_new_ones_from_being_found(void** state) {
  (void)state;
  fake_name_resolves("seed.test", "127.0.0.1");
  scripted_net* net = scripted_net_start("old",
                                         "EXPECT CLUSTER SLOTS\n"
                                         "SLOTS 0-16383 old\n"
                                         "ALWAYS EXPECT ... ->\n",
                                         "new@127.0.0.2=old",
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 127.0.0.2=new\n"
                                         "EXPECT GET foo\n"
                                         "BULK new\n",
                                         NULL);
  rc_cluster* cluster = open_by_name(net, "seed.test", "old");
  fake_name_resolves("seed.test", "127.0.0.2");
  assert_int_equal(rc_cluster_refresh(cluster, NULL), RC_OK);
  assert_answer(cluster, "GET foo", "new");
  assert_host(cluster, 0, "127.0.0.2", scripted_net_port(net, "new"));
  finish(cluster, net);
}

#define DOWN_FOR_A_WHILE(key)              \
  "EXPECT GET " key                        \
  "\n"                                     \
  "BULK before\n"                          \
  "REFUSE\n"                               \
  "CLOSE\n"                                \
  "ALWAYS EXPECT CLUSTER SLOTS -> CLOSE\n" \
  "SLEEP 400\n"

static void a_cluster_that_was_down_altogether_is_found_again_at_the_same_addresses(void** state) {
  (void)state;
  const char* const slots = "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-5999 a 6000-16383 b\n";
  char script_a[512];
  char script_b[512];
  snprintf(script_a, sizeof script_a, "%s" DOWN_FOR_A_WHILE("bar") "LISTEN\n%sEXPECT SET bar 1\nREPLY +OK\n",
           slots, slots);
  snprintf(script_b, sizeof script_b, "%s" DOWN_FOR_A_WHILE("foo") "LISTEN\n%sEXPECT SET foo 1\nREPLY +OK\n",
           slots, slots);
  scripted_net* net = scripted_net_start("a", script_a, "b", script_b, NULL);
  rc_cluster* cluster = open_at(net, "a", 20000);
  assert_answer(cluster, "GET bar", "before");
  assert_answer(cluster, "GET foo", "before");
  long_enough_to_be_idle();
  assert_answer(cluster, "SET foo 1", "OK");
  assert_answer(cluster, "SET bar 1", "OK");
  assert_int_equal(counter(cluster, "unknown"), 0);
  finish(cluster, net);
}

// A cluster that comes back elsewhere, with nodes in other places than before.
static void a_cluster_that_was_down_altogether_is_found_again_at_other_addresses(void** state) {
  (void)state;
  fake_name_resolves("seed.test", "127.0.0.1");
  scripted_net* net = scripted_net_start(
      "old", GONE_AFTER_ONE_GET("SLOTS 0-16383 old\n"), "c@127.0.0.2=old",
      "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-5999 127.0.0.2=c 6000-16383 127.0.0.3=d\n"
      "EXPECT SET bar 1\n"
      "REPLY +OK\n",
      "d@127.0.0.3", "ALWAYS EXPECT CLUSTER SLOTS ->\nEXPECT SET foo 1\nREPLY +OK\n", NULL);
  rc_cluster* cluster = open_by_name(net, "seed.test", "old");
  assert_answer(cluster, "GET foo", "old");
  await_script(net, "old");
  long_enough_to_be_idle();
  assert_fails(cluster, "SET foo 1", 100, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "SET");
  fake_name_resolves("seed.test", "127.0.0.2");
  assert_answer(cluster, "SET foo 1", "OK");
  assert_answer(cluster, "SET bar 1", "OK");
  rc_info* info = rc_cluster_info(cluster, NULL);
  assert_int_equal(rc_info_node_count(info), 2);
  rc_info_free(info);
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(names_in_the_map_are_looked_up, forget_names),
      cmocka_unit_test(ipv6_endpoints_are_reached),
      cmocka_unit_test(an_endpoint_without_a_host_is_that_of_the_node_asked),
      cmocka_unit_test_teardown(a_cluster_whose_every_address_changed_is_found_again, forget_names),
      cmocka_unit_test_teardown(silent_old_nodes_do_not_keep_the_new_ones_from_being_found, forget_names),
      cmocka_unit_test(a_cluster_that_was_down_altogether_is_found_again_at_the_same_addresses),
      cmocka_unit_test_teardown(a_cluster_that_was_down_altogether_is_found_again_at_other_addresses,
                                forget_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
