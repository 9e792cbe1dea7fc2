#include "nodes/connection_lease.h"

#include <fcntl.h>

#include "connection/large.h"
#include "test_wait.h"
#include "unit/connection/caller.h"
#include "unit/connection/echo_peer.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

template <class Server>
struct Fixture {
  Server peer;
  ConnectionSettings settings;
  Counters counters;
  Node node{peer.address(), settings, counters};
};

std::string echo(Connection& connection, const char* word) {
  return answer_of(ask(connection, std::string("ECHO ") + word));
}

}  // namespace

static void a_node_is_known_by_its_address(void**) {
  const ConnectionSettings settings;
  Counters counters;
  Node node({"::1", 7000}, settings, counters);
  assert_text(node.name(), "[::1]:7000");
  assert_true((node.address() == Address{"::1", 7000}));
  assert_false(node.connected());
}

static void an_idle_private_lane_is_used_again(void**) {
  Fixture<EchoPeer> f;
  for (int i = 0; i < 3; ++i) {
    const ConnectionLease connection(f.node);
    assert_text(echo(*connection, "x"), "$x");
    assert_ptr_equal(&connection.node(), &f.node);
  }
  assert_int_equal(f.peer.connections(), 1);
  assert_true(f.node.connected());
}

static void private_lanes_are_shared_with_nobody(void**) {
  Fixture<EchoPeer> f;
  const ConnectionLease a(f.node);
  const ConnectionLease b(f.node);
  assert_text(echo(*a, "a"), "$a");
  assert_text(echo(*b, "b"), "$b");
  assert_text(echo(f.node.connection(), "c"), "$c");
  assert_int_equal(f.peer.connections(), 3);
}

static void while_a_large_reply_comes_others_use_another_lane(void**) {
  Fixture<Peer> f;
  const std::string large(std::size_t{4} << 20, 'x');
  Connection& usual = f.node.connection();
  Caller reader(usual, "GET large");
  PeerConnection accepted = f.peer.accept();
  accepted.expect("GET large");
  accepted.send("$" + std::to_string(large.size()) + "\r\n" + large.substr(0, large.size() / 2));
  assert_true(TEST_WAIT(&f.node.connection() != &usual, 10000));
  Caller other(f.node.connection(), "GET small");
  PeerConnection another = f.peer.accept();
  another.answer("GET small", "+small\r\n");
  assert_text(other.answer(), "+small");
  accepted.send(large.substr(large.size() / 2) + "\r\n");
  assert_true(reader.answer() == "$" + large);
  assert_true(reader.request()->large);
  assert_false(other.request()->large);
  assert_ptr_equal(&f.node.connection(), &usual);
}

static void a_caller_beside_another_gets_a_lane_that_nobody_waits_at(void**) {
  Fixture<Peer> f;
  Connection& usual = f.node.connection();
  assert_ptr_equal(&f.node.connection(), &usual);
  Caller first(usual, "GET a");
  PeerConnection one = f.peer.accept();
  one.expect("GET a");
  Connection& other = f.node.connection();
  assert_ptr_not_equal(&other, &usual);
  Caller second(other, "GET b");
  PeerConnection two = f.peer.accept();
  two.expect("GET b");
  assert_ptr_equal(&f.node.connection(), &usual);  // there is no third
  one.send("+a\r\n");
  assert_text(first.answer(), "+a");
  two.send("+b\r\n");
  assert_text(second.answer(), "+b");
}

static void a_crowd_shares_one_lane(void**) {
  Fixture<Peer> f;
  Connection& usual = f.node.connection();
  std::vector<std::unique_ptr<Caller>> crowd;
  crowd.push_back(std::make_unique<Caller>(usual, "GET 0"));
  PeerConnection accepted = f.peer.accept();
  accepted.expect("GET 0");
  for (const char* command : {"GET 1", "GET 2", "GET 3", "GET 4", "GET 5"}) {
    crowd.push_back(std::make_unique<Caller>(usual, command));
    accepted.expect(command);
  }
  for (int i = 0; i < 100; ++i) f.node.connection();  // as newcomers do
  assert_ptr_equal(&f.node.connection(), &usual);
  for (std::size_t i = 0; i < crowd.size(); ++i) accepted.send("+v\r\n");
  for (const auto& caller : crowd) assert_text(caller->answer(), "+v");
  // When the others have gone it takes a while, but no more, until two use two connections again.
  Caller last(usual, "GET 6");
  accepted.expect("GET 6");
  bool parted = false;
  for (int i = 0; i < 100 && !parted; ++i) parted = &f.node.connection() != &usual;
  assert_true(parted);
  accepted.send("+v\r\n");
  assert_text(last.answer(), "+v");
}

static void a_thread_that_had_a_large_reply_is_taken_to_want_more(void**) {
  assert_false(holds_others_up(100));
  assert_true(holds_others_up(kLargeBytes));
  LargeReplies::note(true);
  int calls = 0;
  for (; holds_others_up(100) && calls < 1000; ++calls) LargeReplies::note(false);
  assert_in_range(calls, 2, 100);
}

static void past_the_budget_of_a_node_commands_are_refused(void**) {
  Peer peer;
  const ConnectionSettings settings;
  Counters counters;
  Budget budget(std::size_t{1} << 20);
  PeerFailures peer_failures;
  Connection connection(peer.address(), settings, counters, budget, peer_failures);
  Connection another(peer.address(), settings, counters, budget, peer_failures);
  const std::string most(std::size_t{800} << 10, 'x');
  Caller first(connection, Caller::Bytes{most});
  PeerConnection accepted = peer.accept();
  assert_int_equal(accepted.read(most.size()).size(), most.size());
  // What has been sent counts until it is answered, over whichever connection the next one would go.
  assert_failure(*ask_bytes(connection, most, {})->failure, Code::kBusy, Outcome::kNotSent, "1 MiB");
  assert_failure(*ask_bytes(another, most, {})->failure, Code::kBusy, Outcome::kNotSent, "1 MiB");
  accepted.send("+OK\r\n");
  assert_text(first.answer(), "+OK");
  Caller next(connection, Caller::Bytes{most});
  assert_int_equal(accepted.read(most.size()).size(), most.size());
  accepted.send("+OK\r\n");
  assert_text(next.answer(), "+OK");
}

// A renewal that everybody loses sight of would leave callers waiting for their deadline.
static void a_lane_is_renewed_under_load_without_an_error(void**) {
  Fixture<EchoPeer> f;
  std::atomic<bool> stop{false};
  std::atomic<long> calls{0};
  std::atomic<long> failures{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        if (echo(f.node.connection(), "x") != "$x") ++failures;
        ++calls;
      }
    });
  }
  for (int renewed = 0; renewed < 300; ++renewed) {
    const long before = calls;
    f.node.drain(Clock::now());
    if (!TEST_WAIT(calls >= before + 3, 20000)) break;
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  assert_int_equal(failures, 0);
  assert_true(f.peer.connections() > 100);
}

// A node with two connections, of which it has just ended the first.
struct OneLost : Fixture<Peer> {
  ConnectionLease first{node};
  ConnectionLease second{node};
  PeerConnection to_second;

  OneLost() {
    PeerConnection to_first = connect(first);
    to_second = connect(second);
    Caller lost(*first, "INCR k");
    to_first.expect("INCR k");
    to_first.close();
    if (lost.request()->failure == nullptr) peer_fails("the command was not lost");
  }
  PeerConnection connect(const ConnectionLease& connection) {
    Caller caller(*connection, "GET k");
    PeerConnection accepted = peer.accept();
    accepted.answer("GET k", "+v\r\n");
    if (caller.answer() != "+v") peer_fails("there was no answer");
    return accepted;
  }
};

// A process that dies closes its connections one after the other.
static void what_comes_after_a_loss_goes_over_a_connection_that_has_answered(void**) {
  OneLost f;
  Caller caller(*f.second, "INCR k");
  PeerConnection again = f.peer.accept_only();
  assert_true(f.to_second.closed_by_client());  // and nothing was sent over it
  again.greet();
  again.answer("INCR k", ":1\r\n");
  assert_text(caller.answer(), ":1");
  Caller next(*f.second, "INCR k");  // over the same
  again.answer("INCR k", ":2\r\n");
  assert_text(next.answer(), ":2");
}

static void a_new_lane_too_wants_an_answer_after_a_loss(void**) {
  OneLost f;
  ConnectionLease third(f.node);
  Caller caller(*third, "INCR k");
  f.peer.accept().answer("INCR k", ":1\r\n");
  assert_text(caller.answer(), ":1");
}

static void a_loss_does_not_end_what_makes_sense_on_its_connection_only(void**) {
  OneLost f;
  Caller caller(*f.second, "EXEC", {kPatience, true});
  f.to_second.answer("EXEC", "+OK\r\n");
  assert_text(caller.answer(), "+OK");
}

static void a_connection_that_was_heard_after_a_loss_is_used(void**) {
  OneLost f;
  Caller pinned(*f.second, "GET k", {kPatience, true});
  f.to_second.answer("GET k", "+v\r\n");
  assert_text(pinned.answer(), "+v");
  Caller caller(*f.second, "INCR k");
  f.to_second.answer("INCR k", ":1\r\n");
  assert_text(caller.answer(), ":1");
}

// The first call of each connection has all the time it wants, the second finds it silent.
struct Silent : Fixture<Peer> {
  std::vector<PeerConnection> connections;
  std::vector<std::unique_ptr<Caller>> patient;

  Silent() { settings.response_timeout = milliseconds(50); }
  Connection& one_more() {
    Connection& connection = node.connection();
    patient.push_back(std::make_unique<Caller>(connection, "GET patient"));
    connections.push_back(peer.accept());
    connections.back().expect("GET patient");
    if (ask(connection, "GET hasty", {milliseconds(100)})->failure == nullptr) peer_fails("it was answered");
    return connection;
  }
};

static void what_is_new_goes_around_a_silent_connection(void**) {
  Silent f;
  Connection& silent = f.one_more();
  assert_true(silent.silent());
  Connection& other = f.node.connection();
  assert_ptr_not_equal(&other, &silent);
  Caller caller(other, "GET new");
  PeerConnection another = f.peer.accept();
  another.answer("GET new", "+new\r\n");
  assert_text(caller.answer(), "+new");
  // Who had come with it before it fell silent is told to go elsewhere.
  assert_failure(*ask(silent, "GET late")->failure, Code::kIo, Outcome::kNotSent, "was lost");
  f.connections[0].expect("GET hasty");
  f.connections[0].send("+patient\r\n");
  assert_text(f.patient[0]->answer(), "+patient");
  assert_true(f.connections[0].closed_by_client());  // and nothing more has been sent over it
  assert_false(silent.silent());
  assert_true(f.node.connected());
}

static void what_waits_to_be_sent_over_a_connection_goes_elsewhere_when_it_falls_silent(void**) {
  Peer peer(4096);
  ConnectionSettings settings;
  settings.response_timeout = milliseconds(500);
  Counters counters;
  Node node(peer.address(), settings, counters);
  Connection& connection = node.connection();
  Caller large(connection, Caller::Bytes{std::string(std::size_t{16} << 20, 'x')}, {milliseconds(1000)});
  PeerConnection accepted = peer.accept();
  assert_int_equal(accepted.read(100).size(), 100);
  Caller behind(connection, "GET a");
  assert_failure(*behind.request()->failure, Code::kIo, Outcome::kNotSent, "is silent");
  assert_failure(*large.request()->failure, Code::kTimeout, Outcome::kUnknown, "in time");
}

static void no_more_than_so_many_connections_are_silent_at_a_time(void**) {
  Silent f;
  for (int i = 0; i < 8; ++i) assert_true(f.one_more().silent() == (i < 7));
  // What is new has to go over the last.
  Connection& last = f.node.connection();
  Caller caller(last, "GET new");
  f.connections[7].expect("GET hasty");
  f.connections[7].expect("GET new");
  f.connections[7].send("+patient\r\n+hasty\r\n+new\r\n");
  assert_text(caller.answer(), "+new");
  assert_text(f.patient[7]->answer(), "+patient");
  for (std::size_t i = 0; i < 7; ++i) f.connections[i].send("+patient\r\n");
  for (std::size_t i = 0; i < 7; ++i) assert_text(f.patient[i]->answer(), "+patient");
  assert_false(f.peer.has_caller());
}

static void a_node_is_asked_again_and_again_over_few_connections(void**) {
  Fixture<Peer> f;
  f.settings.response_timeout = milliseconds(5);
  std::vector<PeerConnection> connections;
  for (int i = 0; i < 20; ++i) {
    if (i > 0) connections.clear();
    Caller caller(f.node.connection(), "GET a", {milliseconds(200)});
    connections.push_back(f.peer.accept());
    connections.back().expect("GET a");
    assert_enum(caller.request()->failure->outcome, Outcome::kUnknown);
    assert_true(connections.back().closed_by_client());  // nobody waits any more
  }
}

static void a_private_lane_that_owes_a_reply_is_closed(void**) {
  Fixture<Peer> f;
  PeerConnection accepted;
  {
    const ConnectionLease connection(f.node);
    Caller caller(*connection, "BLPOP k 0", {milliseconds(50)});
    accepted = f.peer.accept();
    accepted.expect("BLPOP k 0");
    assert_enum(caller.request()->failure->code, Code::kTimeout);
  }
  assert_true(accepted.closed_by_client());
  const ConnectionLease next(f.node);
  Caller caller(*next, "PING");
  f.peer.accept().answer("PING", "+PONG\r\n");
  assert_text(caller.answer(), "+PONG");
}

static void idle_lanes_are_kept_while_so_many_are_needed(void**) {
  constexpr int kMany = 40;
  Fixture<EchoPeer> f;
  const auto use = [&f](int count) {
    std::vector<ConnectionLease> connections;
    for (int i = 0; i < count; ++i) {
      connections.emplace_back(f.node);
      assert_text(echo(*connections.back(), "x"), "$x");
    }
  };
  for (int i = 0; i < 3; ++i) use(kMany);
  assert_int_equal(f.peer.connections(), kMany);
  assert_int_equal(f.peer.open_connections(), kMany);
  f.node.tidy(Clock::now() + std::chrono::seconds(5), true);
  const TimePoint later = Clock::now();
  use(3);  // the ones that were used last
  assert_int_equal(f.peer.connections(), kMany);
  f.node.tidy(later + std::chrono::seconds(30), true);
  assert_true(TEST_WAIT(f.peer.open_connections() <= 3, 20000));
  use(3);
  assert_int_equal(f.peer.connections(), kMany);
  f.node.tidy(Clock::now() + std::chrono::seconds(31), true);
  assert_true(TEST_WAIT(f.peer.open_connections() == 0, 20000));
}

static void what_is_shared_with_a_node_in_no_map_ends_when_nobody_uses_it(void**) {
  Fixture<EchoPeer> f;
  assert_text(echo(f.node.connection(), "x"), "$x");
  assert_text(echo(f.node.for_reading().connection(), "x"), "$x");
  f.node.tidy(Clock::now() + std::chrono::seconds(60), true);
  f.node.tidy(Clock::now() + std::chrono::seconds(20), false);
  assert_true(f.node.connected());
  f.node.tidy(Clock::now() + std::chrono::seconds(60), false);
  assert_true(TEST_WAIT(f.peer.open_connections() == 0, 20000));
  assert_false(f.node.connected());
  assert_text(echo(f.node.connection(), "again"), "$again");
}

// How many descriptors this process has.
static int open_files() {
  int count = 0;
  for (int fd = 0; fd < 4096; ++fd) count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

static void a_node_that_nobody_uses_has_no_descriptor(void**) {
  Fixture<EchoPeer> f;
  const int before = open_files();
  std::vector<std::unique_ptr<Node>> nodes;
  for (int i = 0; i < 50; ++i) {
    nodes.push_back(std::make_unique<Node>(f.peer.address(), f.settings, f.counters));
    nodes.back()->for_reading();
  }
  assert_int_equal(open_files(), before);
  for (const auto& node : nodes) {
    assert_text(echo(node->connection(), "x"), "$x");
    const ConnectionLease connection(*node);
    assert_text(echo(*connection, "x"), "$x");
  }
  assert_true(open_files() > before + 100);
  for (const auto& node : nodes) node->drop_idle();
  assert_true(TEST_WAIT(f.peer.open_connections() == 0, 20000));
  assert_int_equal(open_files(), before);
}

// A peer that takes connections and ends them before it has said anything, until it is told to be well.
class RefusingPeer {
 public:
  RefusingPeer() : thread_([this] { serve(); }) {}
  RefusingPeer(const RefusingPeer&) = delete;
  RefusingPeer& operator=(const RefusingPeer&) = delete;
  ~RefusingPeer() {
    stop_ = true;
    thread_.join();
  }
  const Address& address() const noexcept { return peer_.address(); }
  int attempts() const noexcept { return attempts_; }
  void be_well() noexcept { well_ = true; }

 private:
  void serve() {
    while (!stop_) {
      if (!peer_.has_caller(10)) continue;
      PeerConnection accepted = peer_.accept_only();
      ++attempts_;
      if (!well_) continue;
      accepted.answer("AUTH secret", "+OK\r\n");
      accepted.greet();
      accepted.answer("GET a", "+a\r\n");
    }
  }
  Peer peer_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> well_{false};
  std::atomic<int> attempts_{0};
  std::thread thread_;
};

// Over connections that all share and over their own.
static void a_node_that_refuses_is_tried_by_one_of_its_callers_at_a_time(void**) {
  for (const bool share : {true, false}) {
    RefusingPeer peer;
    ConnectionSettings settings;
    settings.credentials.password = Secret("secret");
    Counters counters;
    Node node(peer.address(), settings, counters);
    std::atomic<bool> stop{false};
    std::atomic<int> calls{0};
    std::atomic<int> others{0};
    std::vector<std::thread> callers;
    for (int i = 0; i < 20; ++i) {
      callers.emplace_back([&] {
        while (!stop) {
          RequestPtr request;
          if (share) {
            request = ask(node.connection(), "GET a");
          } else {
            const ConnectionLease connection(node);
            request = ask(*connection, "GET a");
          }
          const Error* failure = request->failure.get();
          if (failure == nullptr || failure->code != Code::kConnect || failure->outcome != Outcome::kNotSent)
            ++others;
          ++calls;
          test_nap();
        }
      });
    }
    const TimePoint begin = Clock::now();
    TEST_WAIT(calls > 3000 && Clock::now() - begin > milliseconds(500), 20000);
    const auto ms = std::chrono::duration_cast<milliseconds>(Clock::now() - begin).count();
    stop = true;
    for (auto& caller : callers) caller.join();
    assert_int_equal(others, 0);
    assert_true(calls > 3000);
    assert_in_range(peer.attempts(), 2, 60 + ms / 5);  // the pauses begin with 1 ms, and come to 10 at least
    peer.be_well();
    assert_true(TEST_WAIT(answer_of(ask(node.connection(), "GET a")) == "+a", 10000));
  }
}

static void closing_a_node_closes_every_lane(void**) {
  Fixture<Peer> f;
  Caller shared(f.node.connection(), "GET a");
  PeerConnection first = f.peer.accept();
  first.expect("GET a");
  const ConnectionLease connection(f.node);
  Caller alone(*connection, "BLPOP k 0");
  PeerConnection second = f.peer.accept();
  second.expect("BLPOP k 0");
  f.node.close();
  assert_enum(shared.request()->failure->code, Code::kClosed);
  assert_enum(alone.request()->failure->code, Code::kClosed);
  const ConnectionLease late(f.node);
  assert_enum(ask(*late, "PING")->failure->code, Code::kClosed);
  assert_false(f.peer.has_caller());
}

static void what_nobody_uses_can_be_dropped(void**) {
  Fixture<EchoPeer> f;
  {
    const ConnectionLease connection(f.node);
    assert_text(echo(*connection, "x"), "$x");
  }
  assert_text(echo(f.node.connection(), "x"), "$x");
  assert_int_equal(f.peer.open_connections(), 2);
  f.node.drop_idle();
  assert_true(TEST_WAIT(f.peer.open_connections() == 0, 20000));
  assert_false(f.node.connected());
  assert_text(echo(f.node.connection(), "again"), "$again");
}

static void what_is_in_use_is_not_dropped(void**) {
  Fixture<Peer> f;
  Caller caller(f.node.connection(), "GET a");
  PeerConnection accepted = f.peer.accept();
  accepted.expect("GET a");
  f.node.drop_idle();
  accepted.send("+a\r\n");
  assert_text(caller.answer(), "+a");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_node_is_known_by_its_address),
      cmocka_unit_test(an_idle_private_lane_is_used_again),
      cmocka_unit_test(private_lanes_are_shared_with_nobody),
      cmocka_unit_test(while_a_large_reply_comes_others_use_another_lane),
      cmocka_unit_test(a_caller_beside_another_gets_a_lane_that_nobody_waits_at),
      cmocka_unit_test(a_crowd_shares_one_lane),
      cmocka_unit_test(a_thread_that_had_a_large_reply_is_taken_to_want_more),
      cmocka_unit_test(past_the_budget_of_a_node_commands_are_refused),
      cmocka_unit_test(a_lane_is_renewed_under_load_without_an_error),
      cmocka_unit_test(what_comes_after_a_loss_goes_over_a_connection_that_has_answered),
      cmocka_unit_test(a_new_lane_too_wants_an_answer_after_a_loss),
      cmocka_unit_test(a_loss_does_not_end_what_makes_sense_on_its_connection_only),
      cmocka_unit_test(a_connection_that_was_heard_after_a_loss_is_used),
      cmocka_unit_test(what_is_new_goes_around_a_silent_connection),
      cmocka_unit_test(what_waits_to_be_sent_over_a_connection_goes_elsewhere_when_it_falls_silent),
      cmocka_unit_test(no_more_than_so_many_connections_are_silent_at_a_time),
      cmocka_unit_test(a_node_is_asked_again_and_again_over_few_connections),
      cmocka_unit_test(a_private_lane_that_owes_a_reply_is_closed),
      cmocka_unit_test(idle_lanes_are_kept_while_so_many_are_needed),
      cmocka_unit_test(what_is_shared_with_a_node_in_no_map_ends_when_nobody_uses_it),
      cmocka_unit_test(a_node_that_nobody_uses_has_no_descriptor),
      cmocka_unit_test(a_node_that_refuses_is_tried_by_one_of_its_callers_at_a_time),
      cmocka_unit_test(closing_a_node_closes_every_lane),
      cmocka_unit_test(what_nobody_uses_can_be_dropped),
      cmocka_unit_test(what_is_in_use_is_not_dropped),
  };
  return cmocka_run_group_tests_name("node", tests, nullptr, nullptr);
}
