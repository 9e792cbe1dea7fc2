// G6: MOVED to the same name means that the name leads to another node by now.
#include "scripted/by_name.h"
#include "scripted/call.h"

#define SAME_NAME "REPLY -MOVED 12182 n.test:${port}\n"
#define OLD_OPENED "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 n.test=old\nALWAYS EXPECT CLUSTER SLOTS ->\n"
#define NEW_MAP "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 n.test=new\n"

static rc_cluster* open_old(const scripted_net* net) {
  fake_name_resolves("n.test", "127.0.0.1");
  rc_cluster* cluster = open_by_name(net, "n.test", "old");
  fake_name_resolves("n.test", "127.0.0.2");
  return cluster;
}

static void a_command_that_is_moved_to_the_same_name_reaches_the_new_node(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("old", OLD_OPENED "EXPECT GET bar\nBULK old\nEXPECT SET foo 1\n" SAME_NAME,
                         "new@127.0.0.2=old", NEW_MAP "EXPECT SET foo 1\nREPLY +OK\n", NULL);
  fake_name_resolves("n.test", "127.0.0.1");
  rc_cluster* cluster = open_by_name(net, "n.test", "old");
  assert_answer(cluster, "GET bar", "old");
  fake_name_resolves("n.test", "127.0.0.2");
  assert_answer(cluster, "SET foo 1", "OK");
  assert_int_equal(counter(cluster, "moved"), 1);
  finish(cluster, net);
}

// The old connection is alive, and another's reply is due on it.
static void a_command_that_is_moved_to_the_same_name_over_a_busy_connection_reaches_the_new_node(
    void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("old",
                                         OLD_OPENED
                                         "EXPECT GET bar\n"
                                         "BULK old\n"
                                         "ALWAYS EXPECT GET slow -> SLEEP 400 ; BULK old\n"
                                         "EXPECT SET foo 1\n"
                                         "SLEEP 100\n" SAME_NAME,
                                         "new@127.0.0.2=old",
                                         NEW_MAP
                                         "ALWAYS EXPECT GET bar -> BULK new\n"
                                         "EXPECT SET foo 1\n"
                                         "REPLY +OK\n",
                                         NULL);
  fake_name_resolves("n.test", "127.0.0.1");
  rc_cluster* cluster = open_by_name(net, "n.test", "old");
  assert_answer(cluster, "GET bar", "old");
  call set = {.cluster = cluster, .line = "SET foo 1"};
  call slow = {.cluster = cluster, .line = "GET slow"};
  begin(&slow);
  int asked = TEST_WAIT(scripted_net_count(net, "old", "GET slow") == 1, 5000);
  begin(&set);
  asked = asked && TEST_WAIT(scripted_net_count(net, "old", "SET") == 1, 5000);
  fake_name_resolves("n.test", "127.0.0.2");
  await_end(&set);
  await_end(&slow);
  assert_true(asked);
  assert_no_error(set.error);
  assert_text(set.reply, "OK");
  // Nobody else's call suffers.
  assert_no_error(slow.error);
  assert_text(slow.reply, "old");
  rc_reply_free(set.reply);
  rc_reply_free(slow.reply);
  // And the next one does not come by the old node any more.
  assert_answer(cluster, "GET bar", "new");
  assert_int_equal(counter(cluster, "moved"), 1);
  assert_int_equal(counter(cluster, "unknown"), 0);
  finish(cluster, net);
}

static void a_blocking_command_that_is_moved_to_the_same_name_reaches_the_new_node(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("old", OLD_OPENED "EXPECT BLPOP foo 1\n" SAME_NAME, "new@127.0.0.2=old",
                         NEW_MAP "EXPECT BLPOP foo 1\nSEND *2\\r\\n$3\\r\\nfoo\\r\\n$1\\r\\nv\\r\\n\n", NULL);
  rc_cluster* cluster = open_old(net);
  rc_error* error = NULL;
  rc_reply* reply = run(cluster, "BLPOP foo 1", 5000, &error);
  assert_no_error(error);
  assert_element(reply, 1, "v");
  rc_reply_free(reply);
  finish(cluster, net);
}

static int set_foo(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  (void)watch;
  (void)user_data;
  add(to_execute, "SET foo 1");
  return RC_WATCH_EXECUTE;
}

static void a_watch_that_is_moved_to_the_same_name_reaches_the_new_node(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("old", OLD_OPENED "EXPECT WATCH foo\n" SAME_NAME, "new@127.0.0.2=old",
                         NEW_MAP
                         "EXPECT WATCH foo\n"
                         "REPLY +OK\n"
                         "EXPECT MULTI\n"
                         "REPLY +OK\n"
                         "EXPECT SET foo 1\n"
                         "REPLY +QUEUED\n"
                         "EXPECT EXEC\n"
                         "SEND *1\\r\\n+OK\\r\\n\n",
                         NULL);
  rc_cluster* cluster = open_old(net);
  const char* const keys[] = {"foo"};
  rc_call_options* options = call_options(5000, 0);
  rc_error* error = NULL;
  rc_reply* reply = rc_watch_transaction_with(cluster, options, 1, keys, NULL, set_foo, NULL, &error);
  rc_call_options_free(options);
  assert_no_error(error);
  assert_element(reply, 0, "OK");
  rc_reply_free(reply);
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(a_command_that_is_moved_to_the_same_name_reaches_the_new_node, forget_names),
      cmocka_unit_test_teardown(
          a_command_that_is_moved_to_the_same_name_over_a_busy_connection_reaches_the_new_node, forget_names),
      cmocka_unit_test_teardown(a_blocking_command_that_is_moved_to_the_same_name_reaches_the_new_node,
                                forget_names),
      cmocka_unit_test_teardown(a_watch_that_is_moved_to_the_same_name_reaches_the_new_node, forget_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
