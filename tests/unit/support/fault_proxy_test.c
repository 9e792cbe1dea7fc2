// The fault proxy does to a connection what it is told, and nothing else.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "any_cmocka.h"
#include "fault_proxy.h"
#include "scripted_node.h"
#include "test_wait.h"

#define GET "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
#define SET "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n"
#define PING "*1\r\n$4\r\nPING\r\n"
#define REPLCONF "*2\r\n$8\r\nREPLCONF\r\n$2\r\nip\r\n"
#define VALUE "*2\r\n$5\r\nvalue\r\n:1\r\n"
#define PATIENCE_MS 5000

static scripted_net* node;
static fault_proxy* proxy;
static int node_port;

static int start(void** state) {
  (void)state;
  node = scripted_net_start("node",
                            "ALWAYS EXPECT GET k -> SEND *2\\r\\n$5\\r\\nvalue\\r\\n:1\\r\\n\n"
                            "ALWAYS EXPECT SET k * -> REPLY +OK\n"
                            "ALWAYS EXPECT REPLCONF ... -> REPLY +OK\n",
                            NULL);
  proxy = fault_proxy_start();
  if (node == NULL || proxy == NULL) return -1;
  node_port = scripted_net_port(node, "node");
  return fault_proxy_add(node_port, proxy) == 0;
}

static int stop(void** state) {
  (void)state;
  fault_proxy_stop(proxy);
  scripted_net_free(node);
  return 0;
}

static int try_connect(void) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)fault_proxy_port(proxy, node_port)),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, (struct sockaddr*)&address, sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

static int client(void) {
  const int fd = try_connect();
  assert_true(fd >= 0);
  return fd;
}

static void say(int fd, const char* text) {
  assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static int readable(int fd, int timeout_ms) {
  struct pollfd wanted = {fd, POLLIN, 0};
  return poll(&wanted, 1, timeout_ms) == 1;
}

static void hear(int fd, const char* text) {
  char bytes[256];
  size_t got = 0;
  while (got < strlen(text)) {
    assert_true(readable(fd, PATIENCE_MS));
    const ssize_t count = recv(fd, bytes + got, strlen(text) - got, 0);
    assert_true(count > 0);
    got += (size_t)count;
  }
  assert_memory_equal(bytes, text, got);
}

// 0 for a polite end, else the errno.
static int hear_end(int fd) {
  char byte;
  assert_true(readable(fd, PATIENCE_MS));
  const ssize_t count = recv(fd, &byte, 1, 0);
  assert_true(count <= 0);
  const int failure = count == 0 ? 0 : errno;
  close(fd);
  return failure;
}

static int seen(const char* command) { return scripted_net_count(node, "node", command); }

static void cue(fault_kind kind, int after, int bytes, int reset) {
  const fault what = {.kind = kind, .after = after, .bytes = bytes, .reset = reset};
  fault_proxy_inject(proxy, node_port, what);
}

static void without_a_cue_all_passes_however_it_is_split(void** state) {
  (void)state;
  const int fd = client();
  for (const char* at = SET GET; *at != '\0'; ++at) {
    const char byte[] = {*at, '\0'};
    say(fd, byte);
  }
  hear(fd, "+OK\r\n" VALUE);
  say(fd, GET SET GET SET);
  hear(fd, VALUE "+OK\r\n" VALUE "+OK\r\n");
  assert_int_equal(fault_proxy_connections(proxy, node_port), 1);
  close(fd);
  assert_true(TEST_WAIT(fault_proxy_connections(proxy, node_port) == 0, PATIENCE_MS));
}

static void the_node_has_executed_what_loses_its_reply(void** state) {
  (void)state;
  const int fd = client();
  cue(FAULT_DROP_REPLY, 1, 0, 0);
  say(fd, GET SET);
  hear(fd, VALUE);
  assert_int_equal(hear_end(fd), 0);
  assert_int_equal(seen("SET"), 1);
  assert_int_equal(fault_proxy_injected(proxy, FAULT_DROP_REPLY), 1);
}

static void a_dropped_request_never_reaches_the_node(void** state) {
  (void)state;
  const int fd = client();
  cue(FAULT_DROP_REQUEST, 1, 0, 0);
  say(fd, GET);
  hear(fd, VALUE);
  say(fd, SET);
  assert_int_equal(hear_end(fd), 0);
  assert_int_equal(seen("GET"), 1);
  assert_int_equal(seen("SET"), 0);
}

static void a_cut_request_is_not_executed(void** state) {
  (void)state;
  const int fd = client();
  cue(FAULT_CUT_REQUEST, 0, 1000, 0);
  say(fd, SET);
  assert_int_equal(hear_end(fd), 0);
  const int next = client();
  say(next, GET);
  hear(next, VALUE);
  close(next);
  assert_int_equal(seen("SET"), 0);
}

static void a_reply_is_cut_where_the_cue_says(void** state) {
  (void)state;
  for (int bytes = 1; bytes < (int)strlen(VALUE); ++bytes) {
    const int fd = client();
    char part[] = VALUE;
    part[bytes] = '\0';
    cue(FAULT_CUT_REPLY, 0, bytes, 0);
    say(fd, GET);
    hear(fd, part);
    assert_int_equal(hear_end(fd), 0);
  }
}

static void a_connection_can_be_reset(void** state) {
  (void)state;
  const int fd = client();
  cue(FAULT_CUT_REPLY, 0, 3, 1);
  say(fd, GET);
  hear(fd, "*2\r");
  assert_int_equal(hear_end(fd), ECONNRESET);
}

static void a_muted_connection_stays_open_and_says_nothing(void** state) {
  (void)state;
  const int fd = client();
  cue(FAULT_MUTE, 0, 0, 0);
  say(fd, GET);
  assert_true(TEST_WAIT(seen("GET") == 1 && fault_proxy_injected(proxy, FAULT_MUTE) == 1, PATIENCE_MS));
  say(fd, SET);
  const int other = client();  // while this one is served
  say(other, GET);
  hear(other, VALUE);
  close(other);
  assert_false(readable(fd, 20));
  assert_int_equal(seen("SET"), 0);
  fault_proxy_heal(proxy);
  assert_int_equal(hear_end(fd), 0);
}

static void a_delay_counts_both_ways(void** state) {
  (void)state;
  const int fd = client();
  fault_proxy_delay(proxy, node_port, 30);
  const long long begin = test_now_ms();
  say(fd, GET);
  hear(fd, VALUE);
  assert_true(test_now_ms() - begin >= 60);
  close(fd);
}

static void a_stall_holds_all_until_it_ends(void** state) {
  (void)state;
  const int fd = client();
  say(fd, GET);
  hear(fd, VALUE);
  fault_proxy_stall(proxy, node_port, 1);
  say(fd, SET);
  assert_false(readable(fd, 20));
  assert_int_equal(seen("SET"), 0);
  fault_proxy_stall(proxy, node_port, 0);
  hear(fd, "+OK\r\n");
  close(fd);
}

static void all_connections_can_be_closed_and_new_ones_refused(void** state) {
  (void)state;
  const int first = client();
  const int second = client();
  say(first, GET);
  say(second, GET);
  hear(first, VALUE);
  hear(second, VALUE);
  fault_proxy_refuse(proxy, node_port, 1);
  fault_proxy_close(proxy, FAULT_ALL_NODES, 1);
  assert_int_equal(hear_end(first), ECONNRESET);
  assert_int_equal(hear_end(second), ECONNRESET);
  assert_int_equal(try_connect(), -1);
  fault_proxy_refuse(proxy, node_port, 0);
  const int third = client();
  say(third, GET);
  hear(third, VALUE);
  close(third);
}

static void a_replicas_connection_is_left_alone(void** state) {
  (void)state;
  const int fd = client();
  say(fd, PING);
  hear(fd, "+PONG\r\n");
  say(fd, REPLCONF);
  hear(fd, "+OK\r\n");
  fault_proxy_random(proxy, node_port, 1, FAULT_CLOSING, 1);
  fault_proxy_stall(proxy, node_port, 1);
  fault_proxy_close(proxy, node_port, 1);
  say(fd, GET);
  hear(fd, VALUE);
  close(fd);
}

static void a_ping_at_the_beginning_takes_no_cue(void** state) {
  (void)state;
  const int fd = client();
  cue(FAULT_DROP_REQUEST, 1, 0, 0);
  cue(FAULT_DROP_REPLY, 1, 0, 0);
  say(fd, PING);
  hear(fd, "+PONG\r\n");
  say(fd, GET);
  hear(fd, VALUE);
  say(fd, GET);
  assert_int_equal(hear_end(fd), 0);
  assert_int_equal(seen("GET"), 1);
}

static void random_faults_are_of_the_wanted_kinds(void** state) {
  (void)state;
  const unsigned kinds = FAULT_BIT(FAULT_DROP_REQUEST) | FAULT_BIT(FAULT_DROP_REPLY);
  fault_proxy_random(proxy, FAULT_ALL_NODES, 4, kinds, 1);
  int answered = 0;
  int closed = 0;
  while (closed < 40) {
    const int fd = client();
    say(fd, GET);
    char byte;
    assert_true(readable(fd, PATIENCE_MS));
    if (recv(fd, &byte, 1, 0) == 1) {
      ++answered;
    } else {
      ++closed;
    }
    close(fd);
  }
  assert_true(answered > 0);
  const long requests = fault_proxy_injected(proxy, FAULT_DROP_REQUEST);
  const long replies = fault_proxy_injected(proxy, FAULT_DROP_REPLY);
  assert_true(requests > 0);
  assert_true(replies > 0);
  assert_int_equal(requests + replies, closed);
  assert_int_equal(seen("GET"), answered + replies);
}

static void no_descriptor_is_left_of_a_connection(void** state) {
  (void)state;
  const int before = fault_proxy_descriptors(proxy);
  int clients[8];
  for (int i = 0; i < 8; ++i) {
    clients[i] = client();
    say(clients[i], GET);
    hear(clients[i], VALUE);
  }
  assert_int_equal(fault_proxy_descriptors(proxy), before + 16);
  for (int i = 0; i < 8; ++i) close(clients[i]);
  assert_true(TEST_WAIT(fault_proxy_descriptors(proxy) == before, PATIENCE_MS));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(without_a_cue_all_passes_however_it_is_split, start, stop),
      cmocka_unit_test_setup_teardown(the_node_has_executed_what_loses_its_reply, start, stop),
      cmocka_unit_test_setup_teardown(a_dropped_request_never_reaches_the_node, start, stop),
      cmocka_unit_test_setup_teardown(a_cut_request_is_not_executed, start, stop),
      cmocka_unit_test_setup_teardown(a_reply_is_cut_where_the_cue_says, start, stop),
      cmocka_unit_test_setup_teardown(a_connection_can_be_reset, start, stop),
      cmocka_unit_test_setup_teardown(a_muted_connection_stays_open_and_says_nothing, start, stop),
      cmocka_unit_test_setup_teardown(a_delay_counts_both_ways, start, stop),
      cmocka_unit_test_setup_teardown(a_stall_holds_all_until_it_ends, start, stop),
      cmocka_unit_test_setup_teardown(all_connections_can_be_closed_and_new_ones_refused, start, stop),
      cmocka_unit_test_setup_teardown(a_replicas_connection_is_left_alone, start, stop),
      cmocka_unit_test_setup_teardown(a_ping_at_the_beginning_takes_no_cue, start, stop),
      cmocka_unit_test_setup_teardown(random_faults_are_of_the_wanted_kinds, start, stop),
      cmocka_unit_test_setup_teardown(no_descriptor_is_left_of_a_connection, start, stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
