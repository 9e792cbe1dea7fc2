#include "topology/refresher.h"

#include <atomic>
#include <cstring>
#include <thread>

#include "scripted_node.h"
#include "test_wait.h"
#include "unit/asleep.h"
#include "unit/connection/peer.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

struct Fixture {
  explicit Fixture(Duration interval = Duration::zero()) : look_again(interval) {}
  const Duration look_again;
  ConnectionSettings settings;
  Counters counters;
  Stop stop;
  Nodes nodes{settings, counters};
  std::vector<Node*> candidates;
  std::atomic<int> accepted{0};
  std::atomic<int> decided{0};
  bool believes = true;
  std::string last_owner;  // of slot 0's range, by the last view
  Refresher refresher{[this] { return candidates; },
                      [this](const ClusterView& view, Node&, TimePoint) {
                        last_owner = to_string(view.ranges.front().primary);
                        ++accepted;
                        return believes;
                      },
                      [this] { return ++decided > 0; },
                      stop,
                      counters,
                      look_again};

  void candidate(const Address& address) { candidates.push_back(&nodes.at(address)); }
  void candidate(const scripted_net* net, const char* name) {
    candidate({"127.0.0.1", scripted_net_port(net, name)});
  }
  Status wait(Duration timeout = std::chrono::minutes(10)) {
    return refresher.wait(refresher.request(), Deadline::after(timeout));
  }
};

Address dead_address() {
  Peer peer;
  peer.stop_listening();
  return peer.address();
}

}  // namespace

static void a_view_ends_the_wait(void**) {
  Fixture f;
  scripted_net* net = scripted_net_start("a", "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 a\n", nullptr);
  f.candidate(net, "a");
  assert_true(f.wait().ok());
  assert_int_equal(f.accepted, 1);
  assert_text(f.last_owner, scripted_net_address(net, "a"));
  assert_int_equal(f.counters.refreshes, 1);
  assert_false(f.refresher.pending());
  assert_true(scripted_net_passed(net));
}

static void nodes_are_asked_in_turn_until_one_answers(void**) {
  Fixture f;
  scripted_net* net = scripted_net_start("a", "EXPECT CLUSTER SLOTS\nREPLY -LOADING wait\n",  //
                                         "b", "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 b\n", "c", "", nullptr);
  f.candidate(dead_address());
  f.candidate(net, "a");
  f.candidate(net, "b");
  f.candidate(net, "c");
  assert_true(f.wait().ok());
  assert_text(f.last_owner, scripted_net_address(net, "b"));
  assert_int_equal(f.counters.refreshes, 2);  // the dead one was not asked
  assert_true(scripted_net_passed(net));
}

static void the_most_telling_failure_is_told_when_nobody_answers(void**) {
  const struct {
    const char* script;
    Code code;
    const char* words;
  } table[] = {
      {"EXPECT CLUSTER SLOTS\nREPLY -NOAUTH Authentication required.\n", Code::kAuth,
       "rc_options_set_password"},
      {"EXPECT CLUSTER SLOTS\nREPLY -ERR This instance has cluster support disabled\n", Code::kServer,
       "is not in cluster mode"},
      {"EXPECT CLUSTER SLOTS\nREPLY -ERR no\n", Code::kServer, "answered CLUSTER SLOTS with ERR no"},
      {"EXPECT CLUSTER SLOTS\nREPLY -CLUSTERDOWN x\n", Code::kClusterDown,
       "answered CLUSTER SLOTS with CLUSTERDOWN x"},
      {"EXPECT CLUSTER SLOTS\nREPLY *0\n", Code::kClusterDown, "knows no slot with an owner"},
      {"EXPECT CLUSTER SLOTS\nREPLY :1\n", Code::kProtocol, "makes no sense"},
      {"EXPECT CLUSTER SLOTS\nSEND HTTP/1.1 400\\r\\n\n", Code::kProtocol, "is not RESP"},
      {"EXPECT CLUSTER SLOTS\nCLOSE\n", Code::kIo, "closed by the node"},
  };
  for (const auto& row : table) {
    Fixture f;
    scripted_net* net = scripted_net_start("a", row.script, nullptr);
    if (row.code != Code::kIo) f.candidate(dead_address());
    f.candidate(net, "a");
    const Status status = f.wait();
    assert_false(status.ok());
    if (status.error().code != row.code) fail_msg("%s: %s", row.script, status.error().message);
    assert_non_null(std::strstr(status.error().message, row.words));
    assert_non_null(std::strstr(status.error().message, scripted_net_address(net, "a")));
    assert_int_equal(f.accepted, 0);
    assert_true(scripted_net_passed(net));
  }
  Fixture f;
  const Address dead = dead_address();
  f.candidate(dead);
  assert_failure(f.wait().error(), Code::kConnect, Outcome::kNotSent, to_string(dead));
  assert_int_equal(f.counters.refreshes, 0);
}

static void a_silent_node_holds_nobody_up(void**) {
  Fixture f;
  scripted_net* net = scripted_net_start("silent", "EXPECT CLUSTER SLOTS\nSILENCE\n",  //
                                         "b", "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 b\n", nullptr);
  f.candidate(net, "silent");
  f.candidate(net, "b");
  assert_true(f.wait().ok());
  assert_text(f.last_owner, scripted_net_address(net, "b"));
  assert_true(scripted_net_passed(net));
}

static void the_deadline_ends_the_wait(void**) {
  Fixture f;
  scripted_net* net = scripted_net_start("silent", "EXPECT CLUSTER SLOTS\nSILENCE\n", nullptr);
  f.candidate(net, "silent");
  const Status status = f.wait(milliseconds(100));
  assert_false(status.ok());
  assert_failure(status.error(), Code::kTimeout, Outcome::kNotSent,
                 "no node told the slots of the cluster in time");
  assert_true(scripted_net_passed(net));
}

static void stopping_ends_the_wait(void**) {
  Fixture f;
  Peer peer;
  f.candidate(peer.address());
  Code codes[2] = {Code::kOk, Code::kOk};
  std::thread asks([&] { codes[0] = f.wait().error().code; });
  PeerConnection connection = peer.accept();
  connection.expect("CLUSTER SLOTS");
  Sleeper waits([&] { codes[1] = f.wait().error().code; });
  assert_true(waits.sleeps());
  f.stop.stop();
  f.nodes.close();
  asks.join();
  waits.join();
  assert_enum(codes[0], Code::kClosed);
  assert_enum(codes[1], Code::kClosed);
}

static void who_waits_together_asks_together(void**) {
  Fixture f;
  Peer peer;
  f.candidate(peer.address());
  constexpr int kCallers = 12;
  std::atomic<int> begun{0};
  std::atomic<int> good{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&] {
      ++begun;
      if (f.wait().ok()) ++good;
    });
  }
  PeerConnection connection = peer.accept();
  int asked = 0;
  while (good < kCallers) {
    if (!TEST_WAIT(!connection.silent() || good == kCallers, 60000)) fail_msg("a caller is lost");
    if (good == kCallers) break;
    connection.expect("CLUSTER SLOTS");
    assert_true(TEST_WAIT(begun == kCallers, 60000));
    assert_true(connection.silent());  // one at a time
    connection.send("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:7000\r\n");
    ++asked;
  }
  for (auto& caller : callers) caller.join();
  assert_in_range(asked, 1, 4);  // two, unless a thread was held up between `begun` and its question
  assert_int_equal(f.accepted, asked);
}

static void a_view_asked_for_before_is_not_enough(void**) {
  Fixture f;
  Peer peer;
  f.candidate(peer.address());
  std::atomic<int> good{0};
  std::thread first([&] { good += f.wait().ok(); });
  PeerConnection connection = peer.accept();
  connection.expect("CLUSTER SLOTS");
  Sleeper second([&] { good += f.wait().ok(); });
  assert_true(second.sleeps());
  const char* const slots = "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:7000\r\n";
  connection.send(slots);
  first.join();
  connection.expect("CLUSTER SLOTS");
  assert_int_equal(good, 1);
  connection.send(slots);
  second.join();
  assert_int_equal(good, 2);
  assert_int_equal(f.accepted, 2);
}

static void a_ticket_is_satisfied_by_a_view_that_was_asked_for_after_it(void**) {
  Fixture f;
  Peer peer;
  f.candidate(peer.address());
  assert_true(f.refresher.satisfied({}));
  const RefreshTicket early = f.refresher.request();
  assert_false(f.refresher.satisfied(early));
  assert_true(TEST_WAIT((f.refresher.poll(Clock::now()), peer.has_caller()), 60000));
  PeerConnection connection = peer.accept();
  assert_true(TEST_WAIT((f.refresher.poll(Clock::now()), !connection.silent()), 60000));
  connection.expect("CLUSTER SLOTS");
  const RefreshTicket late = f.refresher.request();
  const char* const slots = "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:7000\r\n";
  connection.send(slots);
  assert_true(TEST_WAIT((f.refresher.poll(Clock::now()), f.refresher.satisfied(early)), 60000));
  assert_false(f.refresher.satisfied(late));
  assert_true(f.refresher.wait(early, Deadline::after(milliseconds(0))).ok());
  Sleeper waits([&] { assert_true(f.refresher.wait(late, Deadline::after(std::chrono::minutes(10))).ok()); });
  assert_true(TEST_WAIT(!connection.silent(), 60000));
  connection.expect("CLUSTER SLOTS");
  connection.send(slots);
  waits.join();
  assert_true(f.refresher.satisfied(late));
  assert_int_equal(f.accepted, 2);
}

static void a_ticket_of_which_all_nodes_fail_stays_unsatisfied(void**) {
  Fixture f;
  f.candidate(dead_address());
  const RefreshTicket ticket = f.refresher.request();
  const auto rounds = f.refresher.rounds();
  assert_false(f.refresher.wait(ticket, Deadline::after(std::chrono::minutes(10))).ok());
  assert_false(f.refresher.satisfied(ticket));
  assert_true(f.refresher.pending());
  assert_int_equal(f.refresher.rounds(), rounds + 1);
  assert_enum(f.refresher.state(), RefreshState::kBackingOff);
}

static void a_wanted_refresh_is_pushed_on_without_waiting(void**) {
  Fixture f;
  Peer peer;
  f.candidate(peer.address());
  f.refresher.poll(Clock::now());
  assert_false(peer.has_caller(20));  // nobody wanted one
  assert_enum(f.refresher.state(), RefreshState::kIdle);
  f.refresher.request();
  assert_true(TEST_WAIT((f.refresher.poll(Clock::now()), peer.has_caller()), 60000));
  PeerConnection connection = peer.accept();
  assert_true(TEST_WAIT((f.refresher.poll(Clock::now()), !connection.silent()), 60000));
  connection.expect("CLUSTER SLOTS");
  for (int i = 0; i < 1000; ++i) f.refresher.poll(Clock::now());  // returns though no answer comes
  assert_true(f.refresher.pending());
  assert_enum(f.refresher.state(), RefreshState::kAsking);
  assert_true(connection.silent());
  connection.send("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:7000\r\n");
  assert_true(TEST_WAIT((f.refresher.poll(Clock::now()), !f.refresher.pending()), 60000));
  assert_enum(f.refresher.state(), RefreshState::kIdle);
  assert_int_equal(f.accepted, 1);
}

static void nodes_are_not_flooded_however_often_a_refresh_is_wanted(void**) {
  Fixture f;
  scripted_net* net = scripted_net_start("a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a\n", nullptr);
  f.candidate(net, "a");
  const TimePoint begin = Clock::now();
  while (Clock::now() - begin < milliseconds(600)) {
    f.refresher.request();
    f.refresher.poll(Clock::now());
  }
  const auto tenths = (Clock::now() - begin) / milliseconds(100) + 1;
  assert_in_range(f.counters.refreshes, 2, static_cast<std::uintmax_t>(tenths) + 2);
  assert_in_range(scripted_net_count(net, "a", "CLUSTER SLOTS"), 2, static_cast<std::uintmax_t>(tenths) + 2);
  assert_true(scripted_net_passed(net));
}

static void a_handle_without_a_reason_hears_two_nodes_now_and_then(void**) {
  Fixture f(milliseconds(40));
  const char* const script = "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a\n";
  scripted_net* net = scripted_net_start("a", script, "b", script, "c", script, nullptr);
  for (const char* name : {"a", "b", "c"}) f.candidate(net, name);
  assert_true(f.wait().ok());
  assert_false(f.refresher.pending());
  for (int views = 3; views <= 5; views += 2) {
    assert_true(TEST_WAIT((f.refresher.poll(Clock::now()), f.accepted >= views), 60000));
  }
  assert_int_equal(scripted_net_count(net, "c", "CLUSTER SLOTS"), 0);
  assert_true(scripted_net_count(net, "b", "CLUSTER SLOTS") >= 2);
  assert_true(scripted_net_passed(net));
}

static void a_handle_that_never_looks_asks_nobody(void**) {
  Fixture f;
  scripted_net* net = scripted_net_start("a", "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 a\n", nullptr);
  f.candidate(net, "a");
  assert_true(f.wait().ok());
  assert_false(f.refresher.due(Clock::now() + std::chrono::hours(24 * 365)));
  f.refresher.poll(Clock::now());
  assert_int_equal(f.counters.refreshes, 1);
  assert_true(scripted_net_passed(net));
}

static void the_state_tells_what_a_round_waits_for(void**) {
  const char* const slots = "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:7000\r\n";
  const struct {
    Duration look_again;
    bool believes;
    RefreshState state;  // after the first of two nodes has answered
  } table[] = {{milliseconds(1), true, RefreshState::kHearingSecond},
               {Duration::zero(), false, RefreshState::kDoubting}};
  for (const auto& row : table) {
    Fixture f(row.look_again);
    f.believes = row.believes;
    Peer first;
    Peer second;
    f.candidate(first.address());
    f.candidate(second.address());
    if (row.look_again == Duration::zero()) f.refresher.request();
    const auto goes_on_until = [&](auto condition) {
      return TEST_WAIT((f.refresher.poll(Clock::now()), condition()), 60000) != 0;
    };
    assert_true(goes_on_until([&] { return first.has_caller(); }));
    PeerConnection one = first.accept();
    assert_true(goes_on_until([&] { return !one.silent(); }));
    one.expect("CLUSTER SLOTS");
    one.send(slots);
    assert_true(goes_on_until([&] { return second.has_caller(); }));
    assert_enum(f.refresher.state(), row.state);
    PeerConnection other = second.accept();
    f.believes = true;
    assert_true(goes_on_until([&] { return !other.silent(); }));
    other.expect("CLUSTER SLOTS");
    const auto rounds = f.refresher.rounds();
    other.send(slots);
    assert_true(goes_on_until([&] { return f.refresher.rounds() != rounds; }));
    assert_int_equal(f.accepted, 2);
  }
}

static void who_is_not_believed_is_followed_by_another(void**) {
  Fixture f;
  const char* const script = "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 a\n";
  scripted_net* net = scripted_net_start("a", script, "b", script, nullptr);
  f.candidate(net, "a");
  f.candidate(net, "b");
  f.believes = false;
  assert_true(f.wait().ok());
  assert_int_equal(f.accepted, 2);
  assert_int_equal(f.decided, 1);  // when nobody was left
  assert_false(f.refresher.pending());
  assert_true(scripted_net_passed(net));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_view_ends_the_wait),
      cmocka_unit_test(nodes_are_asked_in_turn_until_one_answers),
      cmocka_unit_test(the_most_telling_failure_is_told_when_nobody_answers),
      cmocka_unit_test(a_silent_node_holds_nobody_up),
      cmocka_unit_test(the_deadline_ends_the_wait),
      cmocka_unit_test(stopping_ends_the_wait),
      cmocka_unit_test(who_waits_together_asks_together),
      cmocka_unit_test(a_view_asked_for_before_is_not_enough),
      cmocka_unit_test(a_ticket_is_satisfied_by_a_view_that_was_asked_for_after_it),
      cmocka_unit_test(a_ticket_of_which_all_nodes_fail_stays_unsatisfied),
      cmocka_unit_test(a_wanted_refresh_is_pushed_on_without_waiting),
      cmocka_unit_test(nodes_are_not_flooded_however_often_a_refresh_is_wanted),
      cmocka_unit_test(a_handle_without_a_reason_hears_two_nodes_now_and_then),
      cmocka_unit_test(a_handle_that_never_looks_asks_nobody),
      cmocka_unit_test(the_state_tells_what_a_round_waits_for),
      cmocka_unit_test(who_is_not_believed_is_followed_by_another),
  };
  return cmocka_run_group_tests_name("refresher", tests, nullptr, nullptr);
}
