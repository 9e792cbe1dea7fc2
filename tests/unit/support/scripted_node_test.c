// Scripted nodes speak as scripted, and tell when the client does not.
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "any_cmocka.h"
#include "scripted_node.h"
#include "test_wait.h"

static redisContext* connect_to(const scripted_net* net, const char* name) {
  const struct timeval timeout = {5, 0};
  redisContext* client = redisConnectWithTimeout("127.0.0.1", scripted_net_port(net, name), timeout);
  assert_non_null(client);
  assert_int_equal(client->err, 0);
  redisSetTimeout(client, timeout);
  return client;
}

static void assert_reply(redisContext* client, const char* command, const char* expected) {
  redisReply* reply = redisCommand(client, command);
  assert_non_null(reply);
  assert_string_equal(reply->str, expected);
  freeReplyObject(reply);
}

static void assert_error(scripted_net* net, const char* expected) {
  const char* error = scripted_net_finish(net);
  assert_non_null(error);
  assert_string_equal(error, expected);
  scripted_net_free(net);
}

static void replies_come_as_scripted(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "# a comment\n"
                                         "EXPECT GET k\n"
                                         "SEND $5\\r\\nva\\x6cue\\r\\n\n"
                                         "EXPECT SET k * ...\n"
                                         "REPLY +OK\n"
                                         "EXPECT ECHO \"a b\"\n"
                                         "BULK a\\r\\n\\\"b\\\"\n",
                                         NULL);
  redisContext* client = connect_to(net, "a");
  assert_reply(client, "get k", "value");
  assert_reply(client, "SET k v EX 10", "OK");
  redisReply* reply = redisCommand(client, "ECHO %s", "a b");
  assert_non_null(reply);
  assert_string_equal(reply->str, "a\r\n\"b\"");
  freeReplyObject(reply);
  redisFree(client);
  assert_true(scripted_net_passed(net));
}

static void ports_of_other_nodes_are_filled_in(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "EXPECT GET k\n"
                                         "REPLY -MOVED 12182 127.0.0.1:${port:b}\n"
                                         "EXPECT GET k\n"
                                         "REPLY +${port}\n",
                                         "b", "", NULL);
  char expected[64];
  redisContext* client = connect_to(net, "a");
  snprintf(expected, sizeof expected, "MOVED 12182 %s", scripted_net_address(net, "b"));
  assert_reply(client, "GET k", expected);
  snprintf(expected, sizeof expected, "%d", scripted_net_port(net, "a"));
  assert_reply(client, "GET k", expected);
  redisFree(client);
  assert_true(scripted_net_passed(net));
}

static void slots_makes_a_cluster_slots_reply(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-99 a,b 100 b\n", "b", "", NULL);
  redisContext* client = connect_to(net, "a");
  redisReply* reply = redisCommand(client, "CLUSTER SLOTS");
  assert_non_null(reply);
  assert_int_equal(reply->elements, 2);
  const redisReply* first = reply->element[0];
  assert_int_equal(first->elements, 4);
  assert_int_equal(first->element[0]->integer, 0);
  assert_int_equal(first->element[1]->integer, 99);
  assert_string_equal(first->element[3]->element[0]->str, "127.0.0.1");
  assert_int_equal(first->element[3]->element[1]->integer, scripted_net_port(net, "b"));
  assert_int_equal(first->element[3]->element[2]->len, 40);
  assert_int_equal(reply->element[1]->element[1]->integer, 100);
  freeReplyObject(reply);
  redisFree(client);
  assert_true(scripted_net_passed(net));
}

static void a_node_can_have_another_address_and_the_port_of_another(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", "EXPECT GET k\nREPLY +a\n", "b@127.0.0.2=a",
                         "EXPECT GET k\nREPLY +b\nEXPECT CLUSTER SLOTS\nSLOTS 0-1 ::1=b\n", NULL);
  assert_int_equal(scripted_net_port(net, "a"), scripted_net_port(net, "b"));
  char expected[64];
  snprintf(expected, sizeof expected, "127.0.0.2:%d", scripted_net_port(net, "b"));
  assert_string_equal(scripted_net_address(net, "b"), expected);
  redisContext* first = connect_to(net, "a");
  assert_reply(first, "GET k", "a");
  redisFree(first);
  redisContext* second = redisConnect("127.0.0.2", scripted_net_port(net, "b"));
  assert_reply(second, "GET k", "b");
  redisReply* reply = redisCommand(second, "CLUSTER SLOTS");
  assert_non_null(reply);
  assert_string_equal(reply->element[0]->element[2]->element[0]->str, "::1");
  freeReplyObject(reply);
  redisFree(second);
  assert_true(scripted_net_passed(net));
}

static void a_node_can_have_an_ipv6_address(void** state) {
  (void)state;
  if (!scripted_net_has_ipv6()) skip();
  scripted_net* net = scripted_net_start("a@::1", "EXPECT GET k\nREPLY +v\n", NULL);
  char expected[64];
  snprintf(expected, sizeof expected, "[::1]:%d", scripted_net_port(net, "a"));
  assert_string_equal(scripted_net_address(net, "a"), expected);
  redisContext* client = redisConnect("::1", scripted_net_port(net, "a"));
  assert_reply(client, "GET k", "v");
  redisFree(client);
  assert_true(scripted_net_passed(net));
}

static void a_mismatch_is_reported_and_closes_the_connection(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "EXPECT GET k\nREPLY +OK\n", NULL);
  redisContext* client = connect_to(net, "a");
  assert_null(redisCommand(client, "SET k v"));
  redisFree(client);
  assert_error(net, "node a: line 1: expected GET k, got SET k v");
}

static void an_extra_command_is_reported(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "EXPECT GET k\nREPLY +OK\n", NULL);
  redisContext* client = connect_to(net, "a");
  assert_reply(client, "GET k", "OK");
  assert_null(redisCommand(client, "GET k"));
  redisFree(client);
  assert_error(net, "node a: expected nothing more, got GET k");
}

static void an_unfinished_script_is_reported(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "EXPECT GET k\n", NULL);
  assert_error(net, "node a: script not finished: line 1: still waiting for EXPECT GET k");
}

static void bytes_that_are_no_command_are_reported(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "EXPECT GET k\n", NULL);
  redisContext* client = connect_to(net, "a");
  assert_int_equal(write(client->fd, "GET k\r\n", 7), 7);
  assert_true(TEST_WAIT(scripted_net_done(net, "a"), 5000));
  redisFree(client);
  assert_error(net, "node a: the client sent 'GET k\\x0d\\x0a' where '*' should be");
}

static void a_script_with_a_mistake_does_not_start(void** state) {
  (void)state;
  assert_null(scripted_net_start("a", "EXPCT GET k\n", NULL));
  assert_null(scripted_net_start("a", "REPLY +OK\n", NULL));
  assert_null(scripted_net_start("a", "EXPECT GET k\nREPLY +${port:b}\n", NULL));
  assert_null(scripted_net_start("a", "REPEAT 2\nEXPECT GET k\n", NULL));
  assert_null(scripted_net_start("a", "EXPECT GET k\nSEND \\q\n", NULL));
}

static void standing_answers_take_no_step_and_can_be_replaced(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "ALWAYS EXPECT PING SEND +one\\r\\n\n"
                                         "ALWAYS EXPECT GET * -> SLEEP 1 ; REPLY +rule\n"
                                         "EXPECT GET k\n"
                                         "REPLY +script\n"
                                         "ALWAYS EXPECT PING REPLY +two\n",
                                         NULL);
  redisContext* client = connect_to(net, "a");
  assert_reply(client, "PING", "one");
  assert_reply(client, "GET j", "rule");
  assert_reply(client, "PING", "one");
  assert_reply(client, "GET k", "script");
  assert_reply(client, "PING", "two");
  assert_reply(client, "GET k", "rule");
  assert_int_equal(scripted_net_count(net, "a", "PING"), 3);
  assert_int_equal(scripted_net_count(net, "a", "GET k"), 2);
  assert_int_equal(scripted_net_count(net, "a", "get"), 3);
  redisFree(client);
  assert_true(scripted_net_passed(net));
}

static void repeat_writes_a_block_out(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", "REPEAT 3\nEXPECT GET k\nREPLY +again\nEND\nEXPECT GET k\nREPLY +last\n", NULL);
  redisContext* client = connect_to(net, "a");
  for (int i = 0; i < 3; i++) assert_reply(client, "GET k", "again");
  assert_reply(client, "GET k", "last");
  redisFree(client);
  assert_true(scripted_net_passed(net));
}

static void several_connections_share_the_script(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "ACCEPT\n"
                                         "EXPECT GET 1\n"
                                         "REPLY +first\n"
                                         "ACCEPT\n"
                                         "EXPECT_SAME GET 2\n"
                                         "REPLY +second\n"
                                         "EXPECT GET 3\n"
                                         "REPLY +third\n",
                                         NULL);
  redisContext* one = connect_to(net, "a");
  assert_reply(one, "GET 1", "first");
  redisContext* two = connect_to(net, "a");
  assert_reply(two, "GET 2", "second");
  assert_reply(one, "GET 3", "third");
  assert_int_equal(scripted_net_connections(net, "a"), 2);
  redisFree(one);
  redisFree(two);
  assert_true(scripted_net_passed(net));
}

static void a_command_on_the_wrong_connection_is_reported(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "EXPECT MULTI\nREPLY +OK\nEXPECT_SAME EXEC\n", NULL);
  redisContext* one = connect_to(net, "a");
  redisContext* two = connect_to(net, "a");
  assert_reply(one, "MULTI", "OK");
  assert_null(redisCommand(two, "EXEC"));
  redisFree(one);
  redisFree(two);
  assert_error(net, "node a: line 3: expected EXEC, got EXEC on another connection");
}

static void a_command_on_the_connection_of_the_step_before_is_reported(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", "EXPECT EXEC\nREPLY +OK\nEXPECT_OTHER GET k\nREPLY +v\nEXPECT_OTHER GET k\n", NULL);
  redisContext* one = connect_to(net, "a");
  redisContext* two = connect_to(net, "a");
  assert_reply(one, "EXEC", "OK");
  assert_reply(two, "GET k", "v");
  assert_null(redisCommand(two, "GET k"));
  redisFree(one);
  redisFree(two);
  assert_error(net, "node a: line 5: expected GET k, got GET k on the same connection");
}

static void a_command_instead_of_a_new_connection_is_reported(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "EXPECT GET 1\nREPLY +OK\nACCEPT\nACCEPT\n", NULL);
  redisContext* client = connect_to(net, "a");
  assert_reply(client, "GET 1", "OK");
  assert_null(redisCommand(client, "GET 2"));
  redisFree(client);
  assert_error(net, "node a: line 4: expected a new connection, got GET 2");
}

static void pipelined_commands_are_taken_one_by_one(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", "EXPECT GET 1\nEXPECT GET 2\nDRIP 2 1 +one\\r\\n+two\\r\\n\n", NULL);
  redisContext* client = connect_to(net, "a");
  redisAppendCommand(client, "GET 1");
  redisAppendCommand(client, "GET 2");
  const char* expected[] = {"one", "two"};
  for (int i = 0; i < 2; i++) {
    redisReply* reply = NULL;
    assert_int_equal(redisGetReply(client, (void**)&reply), REDIS_OK);
    assert_string_equal(reply->str, expected[i]);
    freeReplyObject(reply);
  }
  redisFree(client);
  assert_true(scripted_net_passed(net));
}

static void a_pause_on_one_connection_does_not_hold_standing_answers_on_another(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "ALWAYS EXPECT PING REPLY +PONG\n"
                                         "EXPECT GET k\n"
                                         "SLEEP 60000\n"
                                         "REPLY +late\n",
                                         NULL);
  redisContext* slow = connect_to(net, "a");
  redisContext* fast = connect_to(net, "a");
  redisAppendCommand(slow, "GET k");
  int written = 0;
  while (!written) assert_int_equal(redisBufferWrite(slow, &written), REDIS_OK);
  assert_true(TEST_WAIT(scripted_net_count(net, "a", "GET") == 1, 5000));
  assert_reply(fast, "PING", "PONG");
  assert_false(scripted_net_done(net, "a"));
  redisFree(slow);
  redisFree(fast);
  scripted_net_free(net);
}

static void a_reply_after_a_pause_arrives(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "EXPECT GET k\nSLEEP 50\nREPLY +late\n", NULL);
  redisContext* client = connect_to(net, "a");
  const long long start = test_now_ms();
  assert_reply(client, "GET k", "late");
  assert_true(test_now_ms() - start >= 45);
  redisFree(client);
  assert_true(scripted_net_passed(net));
}

static void close_and_reset_end_the_connection(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "EXPECT GET 1\nREPLY +OK\nCLOSE\nEXPECT GET 2\nRST\n", NULL);
  redisContext* client = connect_to(net, "a");
  assert_reply(client, "GET 1", "OK");
  void* more = NULL;
  assert_int_equal(redisGetReply(client, &more), REDIS_ERR);
  assert_int_equal(client->err, REDIS_ERR_EOF);
  redisFree(client);
  client = connect_to(net, "a");
  assert_null(redisCommand(client, "GET 2"));
  assert_int_equal(client->err, REDIS_ERR_IO);
  redisFree(client);
  assert_true(scripted_net_passed(net));
}

static void half_a_close_sends_no_more_and_reads_on(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "EXPECT GET 1\nREPLY +OK\nHALFCLOSE\nEXPECT GET 2\n", NULL);
  redisContext* client = connect_to(net, "a");
  assert_reply(client, "GET 1", "OK");
  assert_null(redisCommand(client, "GET 2"));
  assert_int_equal(client->err, REDIS_ERR_EOF);
  assert_true(TEST_WAIT(scripted_net_count(net, "a", "GET 2") == 1, 5000));
  redisFree(client);
  assert_true(scripted_net_passed(net));
}

static int readable(redisContext* client, int timeout_ms) {
  struct pollfd fd = {client->fd, POLLIN, 0};
  return poll(&fd, 1, timeout_ms);
}

static void silence_holds_one_connection_and_not_the_next(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "ALWAYS EXPECT PING REPLY +PONG\n"
                                         "EXPECT GET 1\n"
                                         "SILENCE\n"
                                         "EXPECT GET 2\n"
                                         "REPLY +OK\n",
                                         NULL);
  redisContext* mute = connect_to(net, "a");
  redisAppendCommand(mute, "GET 1");
  redisAppendCommand(mute, "PING");
  int written = 0;
  while (!written) assert_int_equal(redisBufferWrite(mute, &written), REDIS_OK);
  redisContext* client = connect_to(net, "a");
  assert_true(TEST_WAIT(scripted_net_count(net, "a", "GET 1") == 1, 5000));
  assert_reply(client, "GET 2", "OK");
  assert_int_equal(readable(mute, 50), 0);
  redisFree(mute);
  redisFree(client);
  assert_true(scripted_net_passed(net));
}

static int is_refused(const scripted_net* net, const char* name) {
  redisContext* client = redisConnect("127.0.0.1", scripted_net_port(net, name));
  const int refused = client->err != 0;
  redisFree(client);
  return refused;
}

static void a_refusing_node_can_listen_again(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "EXPECT PING\n"
                                         "REPLY +refusing\n"
                                         "REFUSE\n"
                                         "EXPECT PING\n"
                                         "LISTEN\n"
                                         "REPLY +listening\n",
                                         NULL);
  redisContext* client = connect_to(net, "a");
  assert_reply(client, "PING", "refusing");
  assert_true(TEST_WAIT(is_refused(net, "a"), 5000));
  assert_reply(client, "PING", "listening");
  assert_false(is_refused(net, "a"));
  redisFree(client);
  assert_true(scripted_net_passed(net));
}

static void a_black_hole_lets_connects_hang(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "BLACKHOLE\n", NULL);
  assert_true(TEST_WAIT(scripted_net_done(net, "a"), 5000));
  redisContext* client = redisConnectNonBlock("127.0.0.1", scripted_net_port(net, "a"));
  struct pollfd fd = {client->fd, POLLOUT, 0};
  assert_int_equal(poll(&fd, 1, 100), 0);
  redisFree(client);
  assert_true(scripted_net_passed(net));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(replies_come_as_scripted),
      cmocka_unit_test(ports_of_other_nodes_are_filled_in),
      cmocka_unit_test(slots_makes_a_cluster_slots_reply),
      cmocka_unit_test(a_node_can_have_another_address_and_the_port_of_another),
      cmocka_unit_test(a_node_can_have_an_ipv6_address),
      cmocka_unit_test(a_mismatch_is_reported_and_closes_the_connection),
      cmocka_unit_test(an_extra_command_is_reported),
      cmocka_unit_test(an_unfinished_script_is_reported),
      cmocka_unit_test(bytes_that_are_no_command_are_reported),
      cmocka_unit_test(a_script_with_a_mistake_does_not_start),
      cmocka_unit_test(standing_answers_take_no_step_and_can_be_replaced),
      cmocka_unit_test(repeat_writes_a_block_out),
      cmocka_unit_test(several_connections_share_the_script),
      cmocka_unit_test(a_command_on_the_wrong_connection_is_reported),
      cmocka_unit_test(a_command_on_the_connection_of_the_step_before_is_reported),
      cmocka_unit_test(a_command_instead_of_a_new_connection_is_reported),
      cmocka_unit_test(pipelined_commands_are_taken_one_by_one),
      cmocka_unit_test(a_pause_on_one_connection_does_not_hold_standing_answers_on_another),
      cmocka_unit_test(a_reply_after_a_pause_arrives),
      cmocka_unit_test(close_and_reset_end_the_connection),
      cmocka_unit_test(half_a_close_sends_no_more_and_reads_on),
      cmocka_unit_test(silence_holds_one_connection_and_not_the_next),
      cmocka_unit_test(a_refusing_node_can_listen_again),
      cmocka_unit_test(a_black_hole_lets_connects_hang),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
