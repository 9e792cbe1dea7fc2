#include "connection/connector.h"

#include <poll.h>

#include <cstring>

#include "unit/connection/peer.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

// A connection being opened, and the node's end of it in the hands of the test.
struct Opening {
  explicit Opening(Address where, ConnectionSettings how = {})
      : address(std::move(where)), settings(std::move(how)) {}

  Address address;
  ConnectionSettings settings;
  Connector dial{address, settings, Clock::now()};

  // As far as it goes until the node has to act, or it is over.
  Connector::State advance() { return dial.advance(Clock::now()); }
  Connector::State finish() {
    for (;;) {
      const auto state = advance();
      if (state != Connector::State::kPending) return state;
      wait(dial.gives_up_at());
    }
  }
  void drive() {
    assert_enum(advance(), Connector::State::kPending);
    wait(std::min(dial.gives_up_at(), Clock::now() + milliseconds(10)));
  }
  void wait(TimePoint until) {
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
    pollfd event{dial.fd(), dial.events(), 0};
    poll(&event, 1, static_cast<int>(std::max<milliseconds::rep>(left, 0)));
  }
  void reach_peer(const Peer& peer) {
    while (!peer.has_caller()) assert_enum(advance(), Connector::State::kPending);
  }
  ErrorPtr failure() {
    assert_enum(finish(), Connector::State::kFailed);
    return dial.take_error();
  }
};

ConnectionSettings settings(const char* username, const char* password, const char* name) {
  ConnectionSettings settings;
  settings.credentials.username = username;
  settings.credentials.password = password;
  settings.name = name;
  settings.connect_timeout = std::chrono::minutes(10);
  return settings;
}

// How opening ends when the node answers the handshake `commands` like that.
struct Greeting {
  Greeting(ConnectionSettings how, std::vector<const char*> commands, std::string_view answer)
      : opening(peer.address(), std::move(how)) {
    opening.reach_peer(peer);
    connection = peer.accept_only();
    // The client's bytes leave as it is driven on.
    while (connection.silent()) assert_enum(opening.advance(), Connector::State::kPending);
    for (const char* command : commands) connection.expect(command);
    connection.send(answer);
  }
  Peer peer;
  PeerConnection connection;
  Opening opening;
};

}  // namespace

static void without_settings_a_word_that_comes_back_is_enough(void**) {
  Greeting nothing({}, {}, "");
  nothing.connection.greet();
  assert_enum(nothing.opening.finish(), Connector::State::kConnected);
  Socket socket = nothing.opening.dial.take_socket();
  assert_int_equal(socket.send("x", 1).bytes, 1);
  assert_text(nothing.connection.read(1), "x");  // and nothing before it
}

// Each reply would be that of the command before.
static void a_peer_that_speaks_first_is_no_redis(void**) {
  Peer peer;
  listen(peer.fd(), 0);
  Opening first(peer.address());
  first.reach_peer(peer);
  // Nobody is accepted beside it: the client hears of its connection when it asks the next time.
  Opening opening(peer.address(), settings("", "secret", "app"));
  assert_enum(opening.advance(), Connector::State::kPending);
  peer.accept_only();
  PeerConnection connection = peer.accept_only();
  connection.send("+OK\r\n");
  const ErrorPtr error = opening.failure();
  assert_failure(*error, Code::kProtocol, Outcome::kNotSent, to_string(peer.address()) + " spoke before");
  assert_true(connection.silent());  // the client had said nothing
}

static void a_peer_that_is_one_answer_behind_is_no_redis(void**) {
  Greeting one(settings("", "secret", "app"), {"AUTH secret", "CLIENT SETNAME app"}, "+OK\r\n+OK\r\n+OK\r\n");
  assert_failure(*one.opening.failure(), Code::kProtocol, Outcome::kNotSent, "answered PING with something");
}

static void a_peer_that_says_more_than_it_is_asked_is_no_redis(void**) {
  for (const bool at_once : {true, false}) {
    Greeting one(settings("", "secret", ""), {"AUTH secret"}, "+OK\r\n");
    if (at_once) {
      one.connection.greet("+OK\r\n");
    } else {  // in a packet of its own
      one.connection.greet();
      one.connection.send("+OK\r\n");
    }
    assert_failure(*one.opening.failure(), Code::kProtocol, Outcome::kNotSent, "more than it was asked");
  }
}

// Where PING is refused, the name of an unknown command does as well.
static void a_node_that_refuses_ping_proves_itself_otherwise(void**) {
  for (const char* refused : {"-NOPERM no permissions to run the 'ping' command\r\n", "-LOADING x\r\n",
                              "-ERR unknown command 'PING', with args beginning with: 'x'\r\n",
                              "-MASTERDOWN x\r\n", "-BUSY Redis is busy running a script\r\n"}) {
    Greeting one({}, {}, "");
    const std::string word = one.connection.read_greeting();
    one.connection.send(refused);
    while (one.connection.silent()) assert_enum(one.opening.advance(), Connector::State::kPending);
    const std::string another = one.connection.read(std::strlen("*1\r\n$29\r\n") + 29 + 2).substr(9, 29);
    assert_true(another.starts_with("rediscluster-"));
    assert_true(another != word);
    one.connection.send("-ERR unknown command '" + another + "', with args beginning with: \r\n");
    assert_enum(one.opening.finish(), Connector::State::kConnected);
  }
}

static void an_answer_to_another_question_is_no_proof(void**) {
  for (const char* late : {"$29\r\nrediscluster-0123456789abcdef\r\n", "-ERR unknown command 'PING'\r\n",
                           "+PONG\r\n", "$-1\r\n", "*2\r\n$4\r\npong\r\n$0\r\n\r\n"}) {
    Greeting one({}, {}, "");
    one.connection.read_greeting();
    one.connection.send("-NOPERM x\r\n");
    while (one.connection.silent()) assert_enum(one.opening.advance(), Connector::State::kPending);
    one.connection.send(late);
    assert_enum(one.opening.failure()->code, Code::kProtocol);
  }
}

static void the_handshake_logs_in_and_sets_the_name(void**) {
  const auto ends_well = [](Greeting& greeting) {
    greeting.connection.greet();
    assert_enum(greeting.opening.finish(), Connector::State::kConnected);
  };
  Greeting all(settings("user", "secret", "app"), {"AUTH user secret", "CLIENT SETNAME app"},
               "+OK\r\n+OK\r\n");
  ends_well(all);
  Greeting password(settings("", "secret", ""), {"AUTH secret"}, "+OK\r\n");
  ends_well(password);
  Greeting name(settings("", "", "app"), {"CLIENT SETNAME app"}, "+OK\r\n");
  ends_well(name);
}

static void answers_to_the_handshake_may_come_in_pieces(void**) {
  Greeting handshake(settings("", "secret", "app"), {"AUTH secret", "CLIENT SETNAME app"}, "+O");
  for (const char* piece : {"K", "\r", "\n+", "OK\r", "\n"}) {
    assert_enum(handshake.opening.advance(), Connector::State::kPending);
    handshake.connection.send(piece);
  }
  assert_enum(handshake.opening.advance(), Connector::State::kPending);
  handshake.connection.greet();
  assert_enum(handshake.opening.finish(), Connector::State::kConnected);
}

static void a_refused_password_is_an_auth_error(void**) {
  for (const char* answer : {"-WRONGPASS invalid username-password pair or user is disabled.\r\n",
                             "-ERR AUTH <password> called without any password configured\r\n"}) {
    Greeting handshake(settings("", "secret", ""), {"AUTH secret"}, answer);
    const ErrorPtr error = handshake.opening.failure();
    assert_failure(*error, Code::kAuth, Outcome::kNotSent,
                   to_string(handshake.peer.address()) + " refused the password");
    assert_string_equal(error->server_code,
                        std::string_view(answer).starts_with("-ERR") ? "ERR" : "WRONGPASS");
    assert_null(std::strstr(error->message, "secret"));
  }
}

static void a_busy_node_is_no_reason_to_doubt_the_password(void**) {
  for (const char* answer : {"-LOADING Redis is loading\r\n", "-ERR max number of clients reached\r\n"}) {
    Greeting handshake(settings("", "secret", ""), {"AUTH secret"}, answer);
    assert_enum(handshake.opening.failure()->code, Code::kConnect);
  }
}

static void a_refused_name_is_tolerated(void**) {
  Greeting handshake(settings("", "", "app"), {"CLIENT SETNAME app"}, "-NOPERM no permission\r\n");
  handshake.connection.greet();
  assert_enum(handshake.opening.finish(), Connector::State::kConnected);
}

static void garbage_in_the_handshake_is_a_protocol_error(void**) {
  Greeting handshake(settings("", "secret", ""), {"AUTH secret"}, "HTTP/1.1 400 Bad Request\r\n\r\n");
  assert_failure(
      *handshake.opening.failure(), Code::kProtocol, Outcome::kNotSent,
      to_string(handshake.peer.address()) + " answered the handshake with something that is not RESP");
}

static void an_end_in_the_handshake_is_a_connect_error(void**) {
  Greeting handshake(settings("", "secret", ""), {"AUTH secret"}, "+O");
  handshake.connection.read_greeting();
  handshake.connection.close();
  assert_failure(*handshake.opening.failure(), Code::kConnect, Outcome::kNotSent,
                 "closed the connection during the handshake");
}

static void a_silent_handshake_is_given_up(void**) {
  Peer peer;
  auto hasty = settings("", "secret", "");
  hasty.connect_timeout = milliseconds(100);
  assert_failure(*Opening(peer.address(), hasty).failure(), Code::kConnect, Outcome::kNotSent,
                 "it accepted, but did not answer the handshake within 100 ms");
}

static void a_refused_connection_is_a_connect_error(void**) {
  Peer peer;
  peer.stop_listening();
  assert_failure(*Opening(peer.address()).failure(), Code::kConnect, Outcome::kNotSent,
                 "cannot connect to " + to_string(peer.address()) + ": Connection refused");
}

// Connections that nobody accepts fill the queue; the kernel drops what comes after them.
static void a_black_hole_is_given_up(void**) {
  Peer peer;
  listen(peer.fd(), 0);
  const Opening first(peer.address());
  Opening waiting[3] = {Opening(peer.address()), Opening(peer.address()), Opening(peer.address())};
  for (auto& opening : waiting) opening.advance();
  ConnectionSettings hasty;
  hasty.connect_timeout = milliseconds(100);
  assert_failure(*Opening(peer.address(), hasty).failure(), Code::kConnect, Outcome::kNotSent,
                 "no answer within 100 ms");
}

static void a_name_is_looked_up_first(void**) {
  Peer peer;
  Opening opening({"localhost", peer.address().port});
  while (!peer.has_caller()) opening.drive();  // though it may be ::1 too, where nobody listens
  PeerConnection connection = peer.accept_only();
  while (connection.silent()) opening.drive();
  connection.greet();
  assert_enum(opening.finish(), Connector::State::kConnected);
}

static void a_name_that_nobody_has_is_a_connect_error(void**) {
  assert_failure(*Opening({"no..such..name", 7000}).failure(), Code::kConnect, Outcome::kNotSent,
                 "cannot look up no..such..name");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(without_settings_a_word_that_comes_back_is_enough),
      cmocka_unit_test(a_peer_that_speaks_first_is_no_redis),
      cmocka_unit_test(a_peer_that_is_one_answer_behind_is_no_redis),
      cmocka_unit_test(a_peer_that_says_more_than_it_is_asked_is_no_redis),
      cmocka_unit_test(a_node_that_refuses_ping_proves_itself_otherwise),
      cmocka_unit_test(an_answer_to_another_question_is_no_proof),
      cmocka_unit_test(the_handshake_logs_in_and_sets_the_name),
      cmocka_unit_test(answers_to_the_handshake_may_come_in_pieces),
      cmocka_unit_test(a_refused_password_is_an_auth_error),
      cmocka_unit_test(a_busy_node_is_no_reason_to_doubt_the_password),
      cmocka_unit_test(a_refused_name_is_tolerated),
      cmocka_unit_test(garbage_in_the_handshake_is_a_protocol_error),
      cmocka_unit_test(an_end_in_the_handshake_is_a_connect_error),
      cmocka_unit_test(a_silent_handshake_is_given_up),
      cmocka_unit_test(a_refused_connection_is_a_connect_error),
      cmocka_unit_test(a_black_hole_is_given_up),
      cmocka_unit_test(a_name_is_looked_up_first),
      cmocka_unit_test(a_name_that_nobody_has_is_a_connect_error),
  };
  return cmocka_run_group_tests_name("connector", tests, nullptr, nullptr);
}
