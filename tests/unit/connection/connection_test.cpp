// Callers that share a connection: whose reply comes, who reads it, and who may leave.
#include "connection/connection.h"

#include <atomic>

#include "unit/connection/connection_fixture.h"
#include "unit/connection/echo_peer.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

using Fixture = ConnectionFixture;

// Submits without a word to anybody who drives the connection.
static RequestPtr submit(Connection& connection, std::string_view bytes) {
  RequestPtr request = new_request();
  const TimePoint now = Clock::now();
  connection.submit(
      *request, bytes.size(), now, Deadline::after(kPatience),
      [&](char* to) { std::memcpy(to, bytes.data(), bytes.size()); }, false);
  return request;
}

static void take_back(Connection& connection, RequestPtr& request) {
  finish(connection, request, {}, Deadline(Clock::now()));
  assert_enum(request->failure->outcome, Outcome::kNotSent);
}

static void a_caller_gets_its_reply(void**) {
  Fixture f;
  Caller caller(f.connection, "GET a");
  PeerConnection accepted = f.peer.accept();
  accepted.answer("GET a", "$1\r\n1\r\n");
  assert_text(caller.answer(), "$1");
  assert_int_equal(f.counters.connects, 1);
  assert_true(f.connection.connected());
  assert_true(f.connection.idle());
}

static void a_connection_tells_its_state(void**) {
  Fixture f;
  assert_string_equal(name_of(f.connection.state()), "down");
  Caller first(f.connection, "GET a");
  assert_true(TEST_WAIT(f.connection.state() == ConnectionState::kConnecting, 20000));
  PeerConnection accepted = f.peer.accept();
  accepted.answer("GET a", "+a\r\n");
  assert_text(first.answer(), "+a");
  assert_string_equal(name_of(f.connection.state()), "open");
  assert_string_equal(name_of(f.connection.writer_state()), "idle");
  Caller last(f.connection, "GET b");
  accepted.expect("GET b");
  f.connection.drain(Clock::now());
  assert_string_equal(name_of(f.connection.state()), "draining");
  accepted.send("+b\r\n");
  assert_text(last.answer(), "+b");
  assert_string_equal(name_of(f.connection.state()), "down");
  assert_string_equal(name_of(f.connection.pending_close()), "none");
  f.connection.close();
  assert_string_equal(name_of(f.connection.state()), "closed");
}

static void callers_in_turn_use_one_connection(void**) {
  Fixture f;
  PeerConnection accepted;
  for (int i = 0; i < 5; ++i) {
    const std::string number = std::to_string(i);
    Caller caller(f.connection, "GET " + number);
    if (i == 0) accepted = f.peer.accept();
    accepted.answer("GET " + number, "+" + number + "\r\n");
    assert_text(caller.answer(), "+" + number);
  }
  assert_int_equal(f.counters.connects, 1);
}

static void replies_go_to_their_callers_in_order(void**) {
  Fixture f;
  Caller a(f.connection, "GET a");
  PeerConnection accepted = f.peer.accept_and_expect("GET a");
  Caller b(f.connection, "GET b");
  accepted.expect("GET b");
  Caller c(f.connection, "GET c");
  accepted.expect("GET c");
  assert_false(f.connection.idle());
  accepted.send("+a\r\n-WRONGTYPE b\r\n*1\r\n+c\r\n");
  assert_text(a.answer(), "+a");
  assert_text(b.answer(), "-WRONGTYPE b");
  assert_text(c.answer(), "[+c]");
}

static void many_callers_share_one_connection(void**) {
  EchoPeer peer;
  const ConnectionSettings settings;
  Counters counters;
  Budget budget(1 << 28);
  PeerFailures peer_failures;
  Connection connection(peer.address(), settings, counters, budget, peer_failures);
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 12; ++i) {
    callers.emplace_back([&, i] {
      for (int j = 0; j < 300; ++j) {
        const std::string word = std::to_string(i) + ":" + std::to_string(j);
        if (answer_of(ask(connection, "ECHO " + word)) != "$" + word) ++wrong;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  assert_int_equal(wrong, 0);
  assert_int_equal(peer.connections(), 1);
  assert_int_equal(counters.connects, 1);
}

static void a_late_reply_never_reaches_another_caller(void**) {
  EchoPeer peer;
  const ConnectionSettings settings;
  Counters counters;
  Budget budget(1 << 28);
  PeerFailures peer_failures;
  Connection connection(peer.address(), settings, counters, budget, peer_failures);
  std::atomic<int> wrong{0};
  std::atomic<int> late{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&, i] {
      for (int j = 0; j < 400; ++j) {
        const std::string word = std::to_string(i) + ":" + std::to_string(j);
        const bool hasty = (i + j) % 3 == 0;
        const RequestPtr request =
            ask(connection, "ECHO " + word, {hasty ? std::chrono::microseconds(j) : kPatience});
        if (request->failure != nullptr) {
          if (!hasty || request->failure->code != Code::kTimeout) ++wrong;
          ++late;
        } else if (answer_of(request) != "$" + word) {
          ++wrong;
        }
      }
    });
  }
  for (auto& caller : callers) caller.join();
  assert_int_equal(wrong, 0);
  assert_in_range(late, 1, 3200);
  assert_int_equal(peer.connections(), 1);
}

static void a_late_reply_is_swallowed_and_the_connection_survives(void**) {
  Fixture f;
  Caller late(f.connection, "GET late", {milliseconds(50)});
  PeerConnection accepted = f.peer.accept_and_expect("GET late");
  assert_failure(*late.request()->failure, Code::kTimeout, Outcome::kUnknown,
                 "no answer from " + to_string(f.peer.address()) + " in time");
  assert_false(f.connection.idle());
  Caller next(f.connection, "GET next");
  accepted.expect("GET next");
  accepted.send("*2\r\n+la\r\n+te\r\n+next\r\n");
  assert_text(next.answer(), "+next");
  assert_true(f.connection.idle());
  assert_int_equal(f.counters.connects, 1);
}

static void a_reply_that_had_begun_when_its_caller_left_is_swallowed_too(void**) {
  Fixture f;
  Caller late(f.connection, "GET late", {milliseconds(50)});
  PeerConnection accepted = f.peer.accept();
  accepted.answer("GET late", "*2\r\n$4\r\nla");
  assert_enum(late.request()->failure->outcome, Outcome::kUnknown);
  Caller next(f.connection, "GET next");
  accepted.answer("GET next", "te\r\n$2000\r\n" + std::string(2000, 'x') + "\r\n+next\r\n");
  assert_text(next.answer(), "+next");
}

static void a_leader_whose_time_is_up_hands_its_role_on(void**) {
  Fixture f;
  Caller leader(f.connection, "GET a", {milliseconds(100)});
  PeerConnection accepted = f.peer.accept_and_expect("GET a");
  Caller waiter(f.connection, "GET b");
  accepted.expect("GET b");
  assert_enum(leader.request()->failure->code, Code::kTimeout);
  accepted.send("+a\r\n+b\r\n");
  assert_text(waiter.answer(), "+b");
}

static void a_leader_that_is_done_hands_its_role_on(void**) {
  Fixture f;
  Caller a(f.connection, "GET a");
  PeerConnection accepted = f.peer.accept_and_expect("GET a");
  Caller b(f.connection, "GET b");
  accepted.expect("GET b");
  Caller c(f.connection, "GET c");
  accepted.expect("GET c");
  accepted.send("+a\r\n");
  assert_text(a.answer(), "+a");
  accepted.send("+b\r\n$1");
  assert_text(b.answer(), "+b");
  accepted.send("\r\nc\r\n");
  assert_text(c.answer(), "$c");
}

// The leader's role goes to the one whose reply comes next, so that it seldom reads for others.
static void of_those_that_sleep_the_one_that_asked_first_leads_next(void**) {
  Fixture f;
  Caller leader(f.connection, "GET a");
  PeerConnection accepted = f.peer.accept_and_expect("GET a");
  std::vector<RequestPtr> requests;
  for (const char* line : {"GET 0", "GET 1", "GET 2"}) {
    requests.push_back(submit(f.connection, to_resp(line)));
    accepted.expect(line);
  }
  std::vector<std::thread> waiters;
  for (const int i : {2, 0, 1}) {
    Request& mine = *requests[static_cast<std::size_t>(i)];
    waiters.emplace_back([&f, &mine] { wait_until(f.connection, mine, {}, Deadline::after(kPatience)); });
    TEST_WAIT(mine.phase == Request::kParked, 20000);
  }
  const auto sleeps = [&](std::size_t i) { return requests[i]->phase == Request::kParked; };
  const bool slept = sleeps(0) && sleeps(1) && sleeps(2);
  accepted.send("+a\r\n");
  TEST_WAIT(!sleeps(0) || !sleeps(1) || !sleeps(2), 20000);
  const bool first_leads = !sleeps(0) && sleeps(1) && sleeps(2);
  accepted.send("+0\r\n+1\r\n+2\r\n");
  for (auto& waiter : waiters) waiter.join();
  assert_true(slept);
  assert_true(first_leads);
  for (std::size_t i = 0; i < 3; ++i) assert_text(answer_of(requests[i]), "+" + std::to_string(i));
}

static void a_waiter_whose_time_is_up_leaves_the_others_alone(void**) {
  Fixture f;
  Caller a(f.connection, "GET a");
  PeerConnection accepted = f.peer.accept_and_expect("GET a");
  Caller hasty(f.connection, "GET b", {milliseconds(50)});
  accepted.expect("GET b");
  assert_enum(hasty.request()->failure->code, Code::kTimeout);
  Caller c(f.connection, "GET c");
  accepted.expect("GET c");
  accepted.send("+a\r\n+b\r\n+c\r\n");
  assert_text(a.answer(), "+a");
  assert_text(c.answer(), "+c");
}

// The password makes the connection wait for the node's answer before it sends a command.
static void a_request_that_was_not_sent_is_taken_back(void**) {
  Fixture f;
  f.settings.credentials.password = "secret";
  Caller leader(f.connection, "GET a");
  PeerConnection accepted = f.peer.accept_only();
  accepted.expect("AUTH secret");
  Caller hasty(f.connection, "SET b 1", {milliseconds(50)});
  assert_failure(*hasty.request()->failure, Code::kTimeout, Outcome::kNotSent,
                 "it could not be sent to " + to_string(f.peer.address()));
  Caller patient(f.connection, "GET c");
  accepted.send("+OK\r\n");
  accepted.greet();
  accepted.answer("GET a", "+a\r\n");
  accepted.answer("GET c", "+c\r\n");
  assert_text(leader.answer(), "+a");
  assert_text(patient.answer(), "+c");
  assert_true(accepted.silent());
}

// In any order, so that the bytes of those that stay have moved when they are sent.
static void what_others_leave_when_they_are_taken_back_is_sent_whole_and_in_order(void**) {
  constexpr int kCount = 60;
  for (const int step : {1, 7, 59}) {  // primes to the count: which goes next
    Fixture f;
    f.settings.credentials.password = Secret("secret");
    Caller leader(f.connection, "GET leader");
    PeerConnection accepted = f.peer.accept_only();
    accepted.expect("AUTH secret");
    std::vector<std::string> lines;
    std::vector<RequestPtr> requests;
    for (int i = 0; i < kCount; ++i) {
      lines.push_back("SET k" + std::to_string(i) + " " +
                      std::string(static_cast<std::size_t>(i * i % 97 + 1), 'x'));
      requests.push_back(submit(f.connection, to_resp(lines.back())));
    }
    for (int i = 0, at = 0; i < kCount - 7; ++i, at = (at + step) % kCount)
      take_back(f.connection, requests[static_cast<std::size_t>(at)]);
    RequestPtr last = submit(f.connection, to_resp("GET last"));
    accepted.send("+OK\r\n");
    accepted.greet();
    accepted.answer("GET leader", "+leader\r\n");
    assert_text(leader.answer(), "+leader");
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (!requests[i]->done()) accepted.answer(lines[i], "+" + std::to_string(i) + "\r\n");
    }
    accepted.answer("GET last", "+last\r\n");
    finish(f.connection, last, {}, Deadline::after(kPatience));
    assert_text(answer_of(last), "+last");
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (requests[i]->failure == nullptr) assert_text(answer_of(requests[i]), "+" + std::to_string(i));
    }
    assert_true(f.connection.idle());
  }
}

static void what_is_taken_back_gives_its_budget_back(void**) {
  Peer peer;
  ConnectionSettings settings;
  settings.credentials.password = Secret("secret");
  Counters counters;
  Budget budget(std::size_t{1} << 20);
  PeerFailures peer_failures;
  Connection connection(peer.address(), settings, counters, budget, peer_failures);
  Caller leader(connection, "GET a");  // so that what comes beside it is never alone
  PeerConnection accepted = peer.accept_only();
  accepted.expect("AUTH secret");
  const std::string most(std::size_t{800} << 10, 'x');
  for (int i = 0; i < 10; ++i) {
    RequestPtr request = submit(connection, most);
    assert_false(request->done());
    take_back(connection, request);
  }
  accepted.send("+OK\r\n");
  accepted.greet();
  accepted.answer("GET a", "+a\r\n");
  assert_text(leader.answer(), "+a");
}

// Each used to move all the bytes that waited behind its own.
static void many_callers_with_much_to_send_leave_in_time(void**) {
  constexpr int kCallers = 800;
  constexpr milliseconds kTimeout{1000};
#ifdef __SANITIZE_THREAD__  // which watches so many threads slowly
  constexpr int kLatestMs = 6000;
#else
  constexpr int kLatestMs = 1500;
#endif
  Peer peer(4096);
  const ConnectionSettings settings;
  Counters counters;
  Budget budget(1 << 28);
  PeerFailures peer_failures;
  Connection connection(peer.address(), settings, counters, budget, peer_failures);
  const std::string large(std::size_t{120} << 10, 'x');
  std::atomic<Duration::rep> latest{0};
  std::atomic<int> not_sent{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&] {
      const TimePoint end = Clock::now() + kTimeout;
      const RequestPtr request = ask_bytes(connection, large, {kTimeout});
      if (request->failure->outcome == Outcome::kNotSent) ++not_sent;
      const Duration::rep late = (Clock::now() - end).count();
      Duration::rep seen = latest;
      while (late > seen && !latest.compare_exchange_weak(seen, late)) {
      }
    });
  }
  for (auto& caller : callers) caller.join();
  assert_true(not_sent > kCallers / 10);
  assert_in_range(std::chrono::duration_cast<milliseconds>(Duration(latest)).count(), 0, kLatestMs);
}

static void large_payloads_in_both_directions_do_not_block_each_other(void**) {
  Peer peer(4096);
  const ConnectionSettings settings;
  Counters counters;
  Budget budget(1 << 28);
  PeerFailures peer_failures;
  Connection connection(peer.address(), settings, counters, budget, peer_failures);
  const std::string large(std::size_t{16} << 20, 'x');
  Caller reader(connection, "GET large");
  PeerConnection accepted = peer.accept();
  accepted.expect("GET large");
  Caller writer(connection, "SET k " + large);
  accepted.send("$" + std::to_string(large.size()) + "\r\n" + large + "\r\n");  // before it reads on
  accepted.answer("SET k " + large, "+OK\r\n");
  assert_true(reader.answer() == "$" + large);
  assert_text(writer.answer(), "+OK");
}

// The leader sleeps until something can be read, and nothing can before all has been sent.
static void a_writer_that_finds_the_socket_full_leaves_the_rest_to_the_leader(void**) {
  Peer peer(4096);
  const ConnectionSettings settings;
  Counters counters;
  Budget budget(1 << 28);
  PeerFailures peer_failures;
  Connection connection(peer.address(), settings, counters, budget, peer_failures);
  Caller leader(connection, "GET a");
  PeerConnection accepted = peer.accept();
  accepted.expect("GET a");
  const TimePoint begin = Clock::now();
  while (Clock::now() - begin < milliseconds(60)) test_nap();  // until it polls
  const std::string large(std::size_t{16} << 20, 'x');
  Caller writer(connection, "SET k " + large);
  accepted.answer("SET k " + large, "+a\r\n+OK\r\n");
  assert_text(leader.answer(), "+a");
  assert_text(writer.answer(), "+OK");
}

static void a_batch_is_one_piece_with_many_replies(void**) {
  Fixture f;
  Caller batch(f.connection, Caller::Bytes{to_resp("GET a") + to_resp("GET b") + to_resp("GET c")},
               {kPatience, false, 3});
  PeerConnection accepted = f.peer.accept();
  accepted.answer("GET a", "+a\r\n");
  accepted.expect("GET b");
  accepted.answer("GET c", "-ERR b\r\n*1\r\n+c\r\n");
  assert_text(batch.answer(), "[+a -ERR b [+c]]");
}

static void a_batch_keeps_the_replies_that_came_in_time(void**) {
  Fixture f;
  Caller batch(f.connection, Caller::Bytes{to_resp("GET a") + to_resp("GET b")},
               {milliseconds(300), false, 2});
  PeerConnection accepted = f.peer.accept();
  accepted.answer("GET a", "$1\r\na\r\n$1\r\n");
  accepted.expect("GET b");
  assert_failure(*batch.request()->failure, Code::kTimeout, Outcome::kUnknown, "in time");
  assert_int_equal(batch.request()->received, 1);
  assert_text(shown(batch.request()->arena->root().elements[0]), "$a");
  Caller next(f.connection, "GET c");
  accepted.answer("GET c", "b\r\n+c\r\n");
  assert_text(next.answer(), "+c");
}

static void a_request_can_be_driven_in_passing(void**) {
  Fixture f;
  const std::string bytes = to_resp("GET a");
  const RequestPtr request = new_request();
  const TimePoint now = Clock::now();
  const auto turn = f.connection.submit(
      *request, bytes.size(), now, Deadline::after(kPatience),
      [&](char* to) { std::memcpy(to, bytes.data(), bytes.size()); }, false);
  assert_false(turn.leads);
  assert_true(TEST_WAIT((try_progress(f.connection, *request, Deadline(now)), f.peer.has_caller()), 20000));
  PeerConnection accepted = f.peer.accept();
  assert_true(TEST_WAIT((try_progress(f.connection, *request, Deadline(now)), !accepted.silent()), 20000));
  assert_false(try_progress(f.connection, *request, Deadline(now)));
  accepted.answer("GET a", "+a\r\n");
  assert_true(try_progress(f.connection, *request, Deadline::after(kPatience)));
  assert_text(answer_of(request), "+a");
}

static void an_abandoned_request_is_dropped_with_the_lane(void**) {
  Fixture f;
  Caller late(f.connection, "GET a", {milliseconds(20)});
  assert_enum(late.request()->failure->code, Code::kTimeout);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_caller_gets_its_reply),
      cmocka_unit_test(a_connection_tells_its_state),
      cmocka_unit_test(callers_in_turn_use_one_connection),
      cmocka_unit_test(replies_go_to_their_callers_in_order),
      cmocka_unit_test(many_callers_share_one_connection),
      cmocka_unit_test(a_late_reply_never_reaches_another_caller),
      cmocka_unit_test(a_late_reply_is_swallowed_and_the_connection_survives),
      cmocka_unit_test(a_reply_that_had_begun_when_its_caller_left_is_swallowed_too),
      cmocka_unit_test(a_leader_whose_time_is_up_hands_its_role_on),
      cmocka_unit_test(a_leader_that_is_done_hands_its_role_on),
      cmocka_unit_test(a_waiter_whose_time_is_up_leaves_the_others_alone),
      cmocka_unit_test(a_request_that_was_not_sent_is_taken_back),
      cmocka_unit_test(what_others_leave_when_they_are_taken_back_is_sent_whole_and_in_order),
      cmocka_unit_test(what_is_taken_back_gives_its_budget_back),
      cmocka_unit_test(many_callers_with_much_to_send_leave_in_time),
      cmocka_unit_test(large_payloads_in_both_directions_do_not_block_each_other),
      cmocka_unit_test(of_those_that_sleep_the_one_that_asked_first_leads_next),
      cmocka_unit_test(a_writer_that_finds_the_socket_full_leaves_the_rest_to_the_leader),
      cmocka_unit_test(a_batch_is_one_piece_with_many_replies),
      cmocka_unit_test(a_batch_keeps_the_replies_that_came_in_time),
      cmocka_unit_test(a_request_can_be_driven_in_passing),
      cmocka_unit_test(an_abandoned_request_is_dropped_with_the_lane),
  };
  return cmocka_run_group_tests_name("connection", tests, nullptr, nullptr);
}
