// G2: redirects stay inside of a command's call.
#include <sys/socket.h>
#include <unistd.h>

#include "scripted/scenario.h"

static void moved_is_followed_and_learned(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a",
                         OPENED_WITH_ALL_AT_A
                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-12181 a 12182 b 12183-16383 a\n"
                         "EXPECT GET foo\n" MOVED_TO_B
                         "EXPECT GET bar\n"
                         "BULK here\n",
                         "b",
                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-12181 a 12182 b 12183-16383 a\n"
                         "EXPECT GET foo\n"
                         "BULK one\n"
                         "EXPECT GET foo\n"
                         "BULK two\n",
                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_answer(cluster, "GET foo", "one");
  assert_answer(cluster, "GET foo", "two");
  assert_answer(cluster, "GET bar", "here");
  assert_int_equal(counter(cluster, "moved"), 1);
  assert_int_equal(counter(cluster, "ask"), 0);
  assert_int_equal(counter(cluster, "waits"), 0);
  finish(cluster, net);
}

static void ask_sends_asking_and_leaves_the_map_alone(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A_FOR_GOOD "EXPECT GET foo\n" ASK_B
                                                           "EXPECT GET foo\n"
                                                           "BULK home\n",
                                         "b",
                                         "ALWAYS EXPECT CLUSTER SLOTS ->\n"
                                         "EXPECT ASKING\n"
                                         "REPLY +OK\n"
                                         "EXPECT_SAME GET foo\n"
                                         "BULK away\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_answer(cluster, "GET foo", "away");
  assert_answer(cluster, "GET foo", "home");
  assert_int_equal(counter(cluster, "ask"), 1);
  assert_int_equal(counter(cluster, "moved"), 0);
  finish(cluster, net);
}

static void ask_after_moved_is_followed(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT SET foo 1\n" MOVED_TO_B, "b",
                                         ALL_AT_B
                                         "EXPECT SET foo 1\n"
                                         "REPLY -ASK 12182 127.0.0.1:${port:c}\n",
                                         "c",
                                         "EXPECT ASKING\n"
                                         "REPLY +OK\n"
                                         "EXPECT_SAME SET foo 1\n"
                                         "REPLY +OK\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_answer(cluster, "SET foo 1", "OK");
  finish(cluster, net);
}

static void a_redirect_without_a_host_means_the_one_that_was_asked(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT GET foo\n"
                                         "REPLY -ASK 12182 :${port:b}\n"
                                         "EXPECT GET foo\n"
                                         "REPLY -MOVED 12182 :${port:b}\n",
                                         "b",
                                         ALL_AT_B
                                         "EXPECT ASKING\n"
                                         "REPLY +OK\n"
                                         "EXPECT_SAME GET foo\n"
                                         "BULK asked\n"
                                         "EXPECT GET foo\n"
                                         "BULK moved\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_answer(cluster, "GET foo", "asked");
  assert_answer(cluster, "GET foo", "moved");
  finish(cluster, net);
}

static void a_redirect_to_an_ipv6_address_is_followed(void** state) {
  (void)state;
  const int fd = socket(AF_INET6, SOCK_STREAM, 0);
  if (fd < 0) skip();
  close(fd);
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT GET foo\n"
                                         "REPLY -MOVED 12182 ::ffff:127.0.0.1:${port:b}\n",
                                         "b", ALL_AT_B "EXPECT GET foo\nBULK v\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_answer(cluster, "GET foo", "v");
  finish(cluster, net);
}

static void a_redirect_to_a_host_name_is_followed(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT GET foo\n"
                                         "REPLY -MOVED 12182 localhost:${port:b}\n",
                                         "b", ALL_AT_B "EXPECT GET foo\nBULK v\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_answer(cluster, "GET foo", "v");
  finish(cluster, net);
}

static void a_redirect_to_an_unknown_host_asks_for_the_map(void** state) {
  (void)state;
  static const char* const scripts[] = {
      OPENED_WITH_ALL_AT_A ALL_AT_B "ALWAYS EXPECT GET foo REPLY -MOVED 12182 ?:${port:b}\n",
      // So say servers that have found another node in the place of the owner.
      OPENED_WITH_ALL_AT_A ALL_AT_B "ALWAYS EXPECT GET foo REPLY -MOVED 12182 :0\n",
  };
  for (size_t i = 0; i < COUNT_OF(scripts); i++) {
    scripted_net* net = scripted_net_start("a", scripts[i], "b", ALL_AT_B "EXPECT GET foo\nBULK v\n", NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    assert_answer(cluster, "GET foo", "v");
    finish(cluster, net);
  }
}

#define MOVED_TO(node) "REPLY -MOVED 12182 127.0.0.1:${port:" node "}\n"
#define ASK_TO(node) "REPLY -ASK 12182 127.0.0.1:${port:" node "}\n"

#define MUTE "ALWAYS EXPECT CLUSTER SLOTS ->\n"

static void a_walk_over_ever_new_nodes_ends_after_max_redirects(void** state) {
  (void)state;
  const int limits[] = {0, 1, 3};
  for (size_t i = 0; i < COUNT_OF(limits); i++) {
    scripted_net* net = scripted_net_start("a", ALL_AT_A_FOR_GOOD "ALWAYS EXPECT SET foo * " MOVED_TO("b"),
                                           "b", MUTE "ALWAYS EXPECT SET foo * " MOVED_TO("c"), "c",
                                           MUTE "ALWAYS EXPECT SET foo * " MOVED_TO("d"), "d",
                                           MUTE "ALWAYS EXPECT SET foo * " MOVED_TO("e"), "e", MUTE, NULL);
    rc_options* options = options_for(net, "a", 5000);
    assert_int_equal(rc_options_set_max_redirects(options, limits[i], NULL), RC_OK);
    rc_cluster* cluster = open_with(options);
    const char* const names[] = {"a", "b", "c", "d"};
    const char* last = scripted_net_address(net, names[limits[i]]);
    assert_fails(cluster, "SET foo s3cret", 0, RC_ERR_TOO_MANY_REDIRECTS, RC_OUTCOME_REFUSED, "SET", last,
                 "max_redirects");
    int sent = 0;
    for (size_t n = 0; n < COUNT_OF(names); n++) sent += (int)scripted_net_count(net, names[n], "SET");
    assert_int_equal(sent, limits[i] + 1);
    finish(cluster, net);
  }
}

// One node may know of a change before the other does, whichever way.
static void nodes_that_disagree_for_a_while_are_waited_for(void** state) {
  (void)state;
  const struct {
    const char *a, *b, *c;
  } table[] = {
      {"REPEAT 4\nEXPECT SET foo 1\n" MOVED_TO("b") "END\nEXPECT SET foo 1\nREPLY +OK\n",
       "REPEAT 4\nEXPECT SET foo 1\n" MOVED_TO("a") "END\n", ""},
      {"REPEAT 4\nEXPECT SET foo 1\n" MOVED_TO("b") "END\n",
       "REPEAT 4\nEXPECT SET foo 1\n" MOVED_TO("c") "END\nEXPECT SET foo 1\nREPLY +OK\n",
       "REPEAT 3\nEXPECT SET foo 1\n" MOVED_TO("a") "END\nEXPECT SET foo 1\n" MOVED_TO("b")},
      {"REPEAT 4\nEXPECT SET foo 1\n" ASK_TO("b") "END\nEXPECT SET foo 1\nREPLY +OK\n",
       "REPEAT 4\nEXPECT ASKING\nREPLY +OK\nEXPECT_SAME SET foo 1\n" MOVED_TO("a") "END\n", ""},
  };
  for (size_t i = 0; i < COUNT_OF(table); i++) {
    char a[1024], b[1024], c[1024];
    snprintf(a, sizeof a, ALL_AT_A_FOR_GOOD "%s", table[i].a);
    snprintf(b, sizeof b, "ALWAYS EXPECT CLUSTER SLOTS ->\n%s", table[i].b);
    snprintf(c, sizeof c, "ALWAYS EXPECT CLUSTER SLOTS ->\n%s", table[i].c);
    scripted_net* net = scripted_net_start("a", a, "b", b, "c", c, NULL);
    rc_options* options = options_for(net, "a", 10000);
    assert_int_equal(rc_options_set_max_redirects(options, 2, NULL), RC_OK);
    rc_cluster* cluster = open_with(options);
    assert_answer(cluster, "SET foo 1", "OK");
    await_script(net, "b");
    finish(cluster, net);
  }
}

static void nodes_that_disagree_to_the_end_are_not_pestered(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A_FOR_GOOD "ALWAYS EXPECT SET foo * " MOVED_TO("b"), "b",
                         "ALWAYS EXPECT CLUSTER SLOTS ->\nALWAYS EXPECT SET foo * " MOVED_TO("a"), NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  assert_fails(cluster, "SET foo s3cret", 400, RC_ERR_TIMEOUT, RC_OUTCOME_REFUSED, "SET", "12182",
               "disagree");
  assert_in_range(scripted_net_count(net, "a", "SET") + scripted_net_count(net, "b", "SET"), 3, 150);
  finish(cluster, net);
}

static void a_pipeline_and_a_transaction_wait_for_them_too(void** state) {
  (void)state;
  const char* const exec =
      "EXPECT MULTI\nREPLY +OK\nEXPECT SET foo 1\nREPLY +QUEUED\nEXPECT EXEC\nSEND *1\\r\\n+OK\\r\\n\n";
  const char* const refused_by_a = "EXPECT MULTI\nREPLY +OK\nEXPECT SET foo 1\n" MOVED_TO(
      "b") "EXPECT EXEC\nREPLY -EXECABORT Transaction discarded because of previous errors.\n";
  const char* const refused_by_b = "EXPECT MULTI\nREPLY +OK\nEXPECT SET foo 1\n" MOVED_TO(
      "a") "EXPECT EXEC\nREPLY -EXECABORT Transaction discarded because of previous errors.\n";
  char a[2048], b[2048];
  snprintf(a, sizeof a,
           ALL_AT_A_FOR_GOOD "REPEAT 3\nEXPECT SET foo 1\n" MOVED_TO("b") "END\nEXPECT SET foo 1\nREPLY +OK\n"
           "EXPECT SET foo 2\nREPLY +OK\nREPEAT 3\n%sEND\n%s", refused_by_a, exec);
  snprintf(b, sizeof b,
           "ALWAYS EXPECT CLUSTER SLOTS ->\nREPEAT 3\nEXPECT SET foo 1\n" MOVED_TO("a") "END\n"
           "EXPECT SET foo 2\n" MOVED_TO("a") "REPEAT 3\n%sEND\n", refused_by_b);
  scripted_net* net = scripted_net_start("a", a, "b", b, NULL);
  rc_options* options = options_for(net, "a", 10000);
  assert_int_equal(rc_options_set_max_redirects(options, 1, NULL), RC_OK);
  rc_cluster* cluster = open_with(options);
  rc_error* error = NULL;
  rc_commands* commands = rc_commands_new();
  add(commands, "SET foo 1");
  rc_reply* reply = rc_pipeline(cluster, commands, &error);
  assert_no_error(error);
  assert_null(rc_reply_error(rc_reply_element(reply, 0)));
  rc_reply_free(reply);
  assert_answer(cluster, "SET foo 2", "OK");  // the map says b or a, and then a
  reply = rc_transaction(cluster, commands, &error);
  assert_no_error(error);
  rc_reply_free(reply);
  rc_commands_free(commands);
  finish(cluster, net);
}

static void a_redirect_for_another_slot_is_a_protocol_error(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "ALWAYS EXPECT SET foo * REPLY -MOVED 5 127.0.0.1:${port:b}\n", "b", "", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_fails(cluster, "SET foo s3cret", 0, RC_ERR_PROTOCOL, RC_OUTCOME_REFUSED, "SET", "another slot");
  finish(cluster, net);
}

static void a_redirect_that_cannot_be_read_is_a_protocol_error(void** state) {
  (void)state;
  const char* const lines[] = {"MOVED",
                               "MOVED 12182",
                               "MOVED x 127.0.0.1:7000",
                               "MOVED -1 127.0.0.1:7000",
                               "MOVED 16384 127.0.0.1:7000",
                               "MOVED 12182 127.0.0.1",
                               "MOVED 12182 127.0.0.1:",
                               "MOVED 12182 127.0.0.1:0",
                               "MOVED 12182 127.0.0.1:65536",
                               "MOVED 12182 127.0.0.1:70x",
                               "MOVED 12182 127.0.0.1:7000 127.0.0.2:7000",
                               "ASK",
                               "ASK 12182",
                               "ASK 12182 127.0.0.1:99999"};
  for (size_t i = 0; i < COUNT_OF(lines); i++) {
    char script[512];
    snprintf(script, sizeof script, ALL_AT_A "EXPECT SET foo s3cret\nREPLY -%s\nEXPECT GET foo\nBULK v\n",
             lines[i]);
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 5000);
    assert_fails(cluster, "SET foo s3cret", 0, RC_ERR_PROTOCOL, RC_OUTCOME_REFUSED, "SET",
                 scripted_net_address(net, "a"), lines[i]);
    assert_answer(cluster, "GET foo", "v");
    finish(cluster, net);
  }
}

static int asked_for_the_map(const scripted_net* net) {
  return scripted_net_count(net, "a", "CLUSTER SLOTS") + scripted_net_count(net, "b", "CLUSTER SLOTS");
}

static void the_refresh_after_a_moved_delays_no_call(void** state) {
  (void)state;
  // Nobody answers CLUSTER SLOTS any more.
  scripted_net* net = scripted_net_start("a",
                                         OPENED_WITH_ALL_AT_A
                                         "ALWAYS EXPECT CLUSTER SLOTS ->\n"
                                         "EXPECT GET foo\n" MOVED_TO_B "ALWAYS EXPECT GET bar -> BULK here\n",
                                         "b",
                                         "ALWAYS EXPECT CLUSTER SLOTS ->\n"
                                         "ALWAYS EXPECT GET foo -> BULK there\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 60000);
  const long long start = test_now_ms();
  for (int i = 0; i < 20 || (asked_for_the_map(net) < 2 && test_now_ms() < start + 5000); i++) {
    assert_answer(cluster, "GET foo", "there");
    assert_answer(cluster, "GET bar", "here");
  }
  assert_true(asked_for_the_map(net) >= 2);
  assert_true(test_now_ms() - start < 5000);  // a view is waited for as long as the call may take: a minute
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(moved_is_followed_and_learned),
      cmocka_unit_test(ask_sends_asking_and_leaves_the_map_alone),
      cmocka_unit_test(ask_after_moved_is_followed),
      cmocka_unit_test(a_redirect_without_a_host_means_the_one_that_was_asked),
      cmocka_unit_test(a_redirect_to_an_ipv6_address_is_followed),
      cmocka_unit_test(a_redirect_to_a_host_name_is_followed),
      cmocka_unit_test(a_redirect_to_an_unknown_host_asks_for_the_map),
      cmocka_unit_test(a_walk_over_ever_new_nodes_ends_after_max_redirects),
      cmocka_unit_test(nodes_that_disagree_for_a_while_are_waited_for),
      cmocka_unit_test(nodes_that_disagree_to_the_end_are_not_pestered),
      cmocka_unit_test(a_pipeline_and_a_transaction_wait_for_them_too),
      cmocka_unit_test(a_redirect_for_another_slot_is_a_protocol_error),
      cmocka_unit_test(a_redirect_that_cannot_be_read_is_a_protocol_error),
      cmocka_unit_test(the_refresh_after_a_moved_delays_no_call),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
