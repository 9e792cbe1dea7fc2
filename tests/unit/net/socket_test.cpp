#include "net/socket.h"

#include <cerrno>

#include "unit/connection/peer.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static Endpoint endpoint_of(const Address& address) {
  auto lookup = NameLookup::start(address);
  return lookup.value()->take().value().front();
}

static void wait_for(const Socket& socket, short events) {
  pollfd event{socket.fd(), events, 0};
  assert_int_equal(poll(&event, 1, 60000), 1);
}

static Socket connect_to(const Address& address) {
  int failure = -1;
  Socket socket = Socket::connect(endpoint_of(address), failure);
  assert_int_equal(failure, 0);
  assert_true(static_cast<bool>(socket));
  wait_for(socket, POLLOUT);
  assert_int_equal(socket.take_failure(), 0);
  return socket;
}

static void bytes_go_both_ways(void**) {
  Peer peer;
  Socket socket = connect_to(peer.address());
  PeerConnection connection = peer.accept_only();
  assert_int_equal(socket.send("ping", 4).bytes, 4);
  assert_text(connection.read(4), "ping");
  connection.send("pong");
  wait_for(socket, POLLIN);
  char bytes[16];
  const Transfer peeked = socket.peek(bytes);
  assert_int_equal(peeked.bytes, 1);
  const Transfer received = socket.receive(bytes, sizeof bytes);
  assert_text(std::string_view(bytes, received.bytes), "pong");
  assert_false(received.closed);
}

static void nothing_to_read_is_no_reason_to_wait(void**) {
  Peer peer;
  Socket socket = connect_to(peer.address());
  char byte = 0;
  assert_true(socket.receive(&byte, 1).would_block);
  assert_true(socket.peek(&byte).would_block);
}

static void a_full_socket_is_no_reason_to_wait(void**) {
  Peer peer(4096);
  Socket socket = connect_to(peer.address());
  const std::string bytes(1 << 20, 'x');
  Transfer sent;
  for (int i = 0; i < 1000 && !sent.would_block; ++i) sent = socket.send(bytes.data(), bytes.size());
  assert_true(sent.would_block);
  assert_int_equal(sent.bytes, 0);
  assert_int_equal(sent.failure, 0);
}

static void the_peers_end_is_seen(void**) {
  Peer peer;
  Socket socket = connect_to(peer.address());
  peer.accept_only().close();
  wait_for(socket, POLLIN);
  char byte = 0;
  assert_true(socket.peek(&byte).closed);
  const Transfer received = socket.receive(&byte, 1);
  assert_true(received.closed);
  assert_int_equal(received.failure, 0);
}

static void a_reset_is_a_failure(void**) {
  Peer peer;
  Socket socket = connect_to(peer.address());
  peer.accept_only().reset();
  wait_for(socket, POLLIN);
  char byte = 0;
  assert_int_equal(socket.receive(&byte, 1).failure, ECONNRESET);
}

static void sending_to_nobody_raises_no_signal(void**) {
  Peer peer;
  Socket socket = connect_to(peer.address());
  peer.accept_only().reset();
  wait_for(socket, POLLIN);
  assert_true(socket.send("x", 1).failure != 0);
  assert_int_equal(socket.send("x", 1).failure, EPIPE);
}

static void a_refused_connection_is_told(void**) {
  Peer peer;
  const Address address = peer.address();
  peer.stop_listening();
  int failure = 0;
  Socket socket = Socket::connect(endpoint_of(address), failure);
  if (failure == 0) {
    wait_for(socket, POLLOUT);
    failure = socket.take_failure();
  }
  assert_int_equal(failure, ECONNREFUSED);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(bytes_go_both_ways),
      cmocka_unit_test(nothing_to_read_is_no_reason_to_wait),
      cmocka_unit_test(a_full_socket_is_no_reason_to_wait),
      cmocka_unit_test(the_peers_end_is_seen),
      cmocka_unit_test(a_reset_is_a_failure),
      cmocka_unit_test(sending_to_nobody_raises_no_signal),
      cmocka_unit_test(a_refused_connection_is_told),
  };
  return cmocka_run_group_tests_name("socket", tests, nullptr, nullptr);
}
