// A connection's connection: opened, lost, closed and given up, and what its callers are told.
#include "connection/connection.h"

#include "unit/connection/connection_fixture.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

using Fixture = ConnectionFixture;

// A connection looks before it writes when it has heard nothing for a moment.
static void moment() {
  const TimePoint begin = Clock::now();
  while (Clock::now() - begin < milliseconds(5)) test_nap();
}

static void the_next_caller_goes_on_with_a_connection_that_was_being_opened(void**) {
  Fixture f;
  f.settings.credentials.password = "secret";
  f.settings.connect_timeout = kPatience;
  Caller hasty(f.connection, "GET a", {milliseconds(500)});
  PeerConnection accepted = f.peer.accept_only();
  accepted.expect("AUTH secret");
  assert_enum(hasty.request()->failure->outcome, Outcome::kNotSent);
  Caller patient(f.connection, "GET b");
  accepted.send("+OK\r\n");
  accepted.greet();
  accepted.answer("GET b", "+b\r\n");
  assert_text(patient.answer(), "+b");
  assert_int_equal(f.counters.connects, 1);
}

static void what_was_sent_has_an_unknown_outcome_when_the_connection_is_lost(void**) {
  for (const bool politely : {true, false}) {
    Fixture f;
    Caller a(f.connection, "INCR a");
    PeerConnection accepted = f.peer.accept_and_expect("INCR a");
    Caller b(f.connection, "INCR b");
    accepted.expect("INCR b");
    if (politely) {
      accepted.close();
    } else {
      accepted.reset();
    }
    const std::string words =
        "the connection to " + to_string(f.peer.address()) + " was " + (politely ? "closed" : "lost");
    assert_failure(*a.request()->failure, Code::kIo, Outcome::kUnknown, words);
    assert_failure(*b.request()->failure, Code::kIo, Outcome::kUnknown, words);
    assert_int_equal(a.request()->sent, to_resp("INCR a").size());
    assert_false(f.connection.connected());
    assert_text(f.ask_anew("GET c"), "+c");
  }
}

static void replies_that_came_before_the_end_are_kept(void**) {
  Fixture f;
  Caller a(f.connection, "GET a");
  PeerConnection accepted = f.peer.accept_and_expect("GET a");
  Caller b(f.connection, "GET b");
  accepted.expect("GET b");
  accepted.send("+a\r\n");
  accepted.close();
  assert_text(a.answer(), "+a");
  assert_enum(b.request()->failure->outcome, Outcome::kUnknown);
}

static void what_did_not_fit_into_a_lost_connection_was_not_sent(void**) {
  Peer peer(4096);
  const ConnectionSettings settings;
  Counters counters;
  Budget budget(1 << 28);
  PeerFailures peer_failures;
  Connection connection(peer.address(), settings, counters, budget, peer_failures);
  constexpr std::size_t kLarge = std::size_t{64} << 20;
  Caller large(connection, Caller::Bytes{std::string(kLarge, 'x')});
  PeerConnection accepted = peer.accept();
  assert_int_equal(accepted.read(100).size(), 100);
  Caller behind(connection, "SET b 1", {milliseconds(100)});
  assert_failure(*behind.request()->failure, Code::kTimeout, Outcome::kNotSent, "could not be sent");
  Caller also_behind(connection, "SET c 1");
  accepted.reset();
  peer.stop_listening();
  assert_failure(*large.request()->failure, Code::kIo, Outcome::kUnknown, "");
  assert_in_range(large.request()->sent, 100, kLarge - 1);
  assert_enum(also_behind.request()->failure->outcome, Outcome::kNotSent);
}

static void closing_ends_every_call_now_and_later(void**) {
  Fixture f;
  Caller leader(f.connection, "GET a");
  PeerConnection accepted = f.peer.accept_and_expect("GET a");
  Caller waiter(f.connection, "GET b");
  accepted.expect("GET b");
  f.connection.close();
  assert_failure(*leader.request()->failure, Code::kClosed, Outcome::kUnknown,
                 "the cluster handle was closed");
  assert_failure(*waiter.request()->failure, Code::kClosed, Outcome::kUnknown, "closed");
  assert_true(accepted.closed_by_client());
  f.connection.close();
  assert_failure(*ask(f.connection, "GET c")->failure, Code::kClosed, Outcome::kNotSent, "closed");
  assert_false(f.peer.has_caller());
}

static void closing_ends_a_call_that_is_still_connecting(void**) {
  Fixture f;
  f.settings.credentials.password = "secret";
  Caller caller(f.connection, "GET a");
  PeerConnection accepted = f.peer.accept_only();
  accepted.expect("AUTH secret");
  f.connection.close();
  assert_failure(*caller.request()->failure, Code::kClosed, Outcome::kNotSent, "closed");
}

static void a_connection_that_stays_silent_ends_with_the_last_call_that_waits(void**) {
  Fixture f;
  f.settings.response_timeout = milliseconds(100);
  Caller waiter(f.connection, "GET a", {milliseconds(900)});
  PeerConnection accepted = f.peer.accept_and_expect("GET a");
  Caller patient(f.connection, "GET b", {milliseconds(300)});
  accepted.expect("GET b");
  assert_failure(*patient.request()->failure, Code::kTimeout, Outcome::kUnknown, "in time");
  assert_true(f.connection.silent());
  assert_true(f.connection.connected());
  assert_failure(*waiter.request()->failure, Code::kTimeout, Outcome::kUnknown, "in time");
  assert_true(accepted.closed_by_client());
  assert_false(f.connection.silent());
  assert_text(f.ask_anew("GET c"), "+c");
}

static void who_waits_on_a_silent_connection_gets_what_comes_in_its_time(void**) {
  Fixture f;
  f.settings.response_timeout = milliseconds(100);
  Caller waiter(f.connection, "GET a");
  PeerConnection accepted = f.peer.accept_and_expect("GET a");
  Caller hasty(f.connection, "GET b", {milliseconds(300)});
  accepted.expect("GET b");
  assert_enum(hasty.request()->failure->code, Code::kTimeout);
  accepted.send("+a\r\n");
  assert_text(waiter.answer(), "+a");
  assert_true(accepted.closed_by_client());  // who asked for b has left
  assert_text(f.ask_anew("GET c"), "+c");
}

// Its kernel takes connections for it.
static void a_frozen_node_is_not_heard_when_it_accepts(void**) {
  Fixture f;
  Caller caller(f.connection, "GET a");
  PeerConnection accepted = f.peer.accept_only();
  const std::string word = accepted.read_greeting();
  assert_false(f.connection.connected());
  assert_true(f.connection.last_received_at() == TimePoint{});
  accepted.send("$29\r\n" + word + "\r\n");
  accepted.expect("GET a");
  assert_true(f.connection.connected());
  assert_true(f.connection.last_received_at() != TimePoint{});
  accepted.send("+a\r\n");
  assert_text(caller.answer(), "+a");
}

// The time it took to connect is not counted.
static void a_connection_is_given_time_to_speak(void**) {
  Fixture f;
  f.settings.response_timeout = milliseconds(2000);
  f.settings.credentials.password = Secret("secret");
  Caller early(f.connection, "GET a", {milliseconds(2500)});
  PeerConnection accepted = f.peer.accept_only();
  accepted.expect("AUTH secret");
  std::this_thread::sleep_for(milliseconds(1500));
  accepted.send("+OK\r\n");
  accepted.greet();
  accepted.expect("GET a");
  Caller late(f.connection, "GET b");
  accepted.expect("GET b");
  assert_failure(*early.request()->failure, Code::kTimeout, Outcome::kUnknown, "in time");
  accepted.send("+a\r\n+b\r\n");
  assert_text(late.answer(), "+b");
}

static void a_hasty_caller_does_not_make_a_connection_be_given_up(void**) {
  Fixture f;  // silence: 5 s
  Caller patient(f.connection, "GET a");
  PeerConnection accepted = f.peer.accept_and_expect("GET a");
  for (int i = 0; i < 20; ++i) {
    Caller hasty(f.connection, "GET b", {milliseconds(5)});
    assert_enum(hasty.request()->failure->code, Code::kTimeout);
  }
  accepted.send("+a\r\n");
  assert_text(patient.answer(), "+a");
  assert_int_equal(f.counters.connects, 1);
}

static void an_idle_connection_that_the_node_closed_is_noticed_before_anything_is_sent(void**) {
  for (const bool politely : {true, false}) {
    Fixture f;
    PeerConnection accepted = f.open();
    if (politely) {
      accepted.close();
    } else {
      accepted.reset();
    }
    moment();
    Caller caller(f.connection, "INCR a");
    f.peer.accept().answer("INCR a", ":1\r\n");
    assert_text(caller.answer(), ":1");
    assert_int_equal(f.counters.connects, 2);
  }
}

static void an_idle_connection_that_says_something_unasked_is_not_trusted(void**) {
  Fixture f;
  PeerConnection accepted = f.open();
  accepted.send("+stray\r\n");
  moment();
  assert_text(f.ask_anew("GET a"), "+a");
}

static void a_reply_too_many_ends_the_connection(void**) {
  Fixture f;
  Caller caller(f.connection, "GET a");
  PeerConnection accepted = f.peer.accept();
  accepted.answer("GET a", "+a\r\n+extra\r\n");
  assert_text(caller.answer(), "+a");
  assert_true(accepted.closed_by_client());
  assert_text(f.ask_anew("GET b"), "+b");
}

static void garbage_is_a_protocol_error(void**) {
  Fixture f;
  Caller caller(f.connection, "GET a");
  PeerConnection accepted = f.peer.accept();
  accepted.answer("GET a", "HTTP/1.1 400 Bad Request\r\n");
  assert_failure(*caller.request()->failure, Code::kProtocol, Outcome::kUnknown,
                 to_string(f.peer.address()) + " sent something that is not RESP");
  assert_true(accepted.closed_by_client());
}

static void a_pinned_request_fails_rather_than_connects(void**) {
  Fixture f;
  assert_failure(*ask(f.connection, "EXEC", {kPatience, true})->failure, Code::kIo, Outcome::kNotSent,
                 "was lost");
  PeerConnection accepted = f.open();
  Caller good(f.connection, "EXEC", {kPatience, true});
  accepted.answer("EXEC", "+OK\r\n");
  assert_text(good.answer(), "+OK");
  accepted.close();
  moment();
  assert_failure(*ask(f.connection, "EXEC", {kPatience, true})->failure, Code::kIo, Outcome::kNotSent, "");
  assert_false(f.peer.has_caller());
}

static void whoever_waits_is_told_when_no_connection_can_be_opened(void**) {
  Fixture f;
  f.settings.credentials.password = "wrong";
  Caller a(f.connection, "GET a");
  PeerConnection accepted = f.peer.accept_only();
  accepted.expect("AUTH wrong");
  Caller hasty(f.connection, "GET b", {milliseconds(20)});
  assert_enum(hasty.request()->failure->code, Code::kTimeout);
  accepted.send("-WRONGPASS invalid\r\n");
  assert_failure(*a.request()->failure, Code::kAuth, Outcome::kNotSent, "WRONGPASS");
  assert_int_equal(f.counters.connects, 0);
  f.peer.stop_listening();
  assert_failure(*ask(f.connection, "GET c")->failure, Code::kConnect, Outcome::kNotSent,
                 "cannot connect to ");
}

// Nothing is sent over it from then on, although the leader may be asleep and have heard nothing of it.
static void a_connection_that_is_to_be_renewed_takes_nothing_more_at_once(void**) {
  for (int round = 0; round < 20; ++round) {
    Fixture f;
    Caller leader(f.connection, "GET a");
    PeerConnection accepted = f.peer.accept();
    accepted.answer("GET a", "$1\r\n");  // it sleeps in the receiving call again
    TEST_WAIT(f.connection.last_received_at() != TimePoint{}, 20000);
    f.connection.drain(Clock::now());
    Caller next(f.connection, "GET b");
    TEST_WAIT(f.connection.under_way() == 2, 20000);
    accepted.send("a\r\n");
    assert_text(leader.answer(), "$a");
    assert_true(accepted.closed_by_client());
    f.peer.accept().answer("GET b", "+b\r\n");
    assert_text(next.answer(), "+b");
  }
}

static void after_reconnect_the_next_request_has_a_new_connection(void**) {
  Fixture f;
  PeerConnection accepted = f.open();
  f.connection.reconnect();
  assert_true(accepted.closed_by_client());
  assert_false(f.connection.connected());
  accepted = f.open();
  assert_int_equal(f.counters.connects, 2);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_next_caller_goes_on_with_a_connection_that_was_being_opened),
      cmocka_unit_test(what_was_sent_has_an_unknown_outcome_when_the_connection_is_lost),
      cmocka_unit_test(replies_that_came_before_the_end_are_kept),
      cmocka_unit_test(what_did_not_fit_into_a_lost_connection_was_not_sent),
      cmocka_unit_test(closing_ends_every_call_now_and_later),
      cmocka_unit_test(closing_ends_a_call_that_is_still_connecting),
      cmocka_unit_test(a_connection_that_stays_silent_ends_with_the_last_call_that_waits),
      cmocka_unit_test(who_waits_on_a_silent_connection_gets_what_comes_in_its_time),
      cmocka_unit_test(a_frozen_node_is_not_heard_when_it_accepts),
      cmocka_unit_test(a_connection_is_given_time_to_speak),
      cmocka_unit_test(a_hasty_caller_does_not_make_a_connection_be_given_up),
      cmocka_unit_test(an_idle_connection_that_the_node_closed_is_noticed_before_anything_is_sent),
      cmocka_unit_test(an_idle_connection_that_says_something_unasked_is_not_trusted),
      cmocka_unit_test(a_reply_too_many_ends_the_connection),
      cmocka_unit_test(garbage_is_a_protocol_error),
      cmocka_unit_test(a_pinned_request_fails_rather_than_connects),
      cmocka_unit_test(whoever_waits_is_told_when_no_connection_can_be_opened),
      cmocka_unit_test(a_connection_that_is_to_be_renewed_takes_nothing_more_at_once),
      cmocka_unit_test(after_reconnect_the_next_request_has_a_new_connection),
  };
  return cmocka_run_group_tests_name("leader", tests, nullptr, nullptr);
}
