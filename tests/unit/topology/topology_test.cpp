#include "topology/topology.h"

#include "scripted_node.h"
#include "test_wait.h"
#include "unit/connection/caller.h"
#include "unit/handle_fixture.hpp"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

struct Fixture : HandleFixture {
  using HandleFixture::HandleFixture;

  std::string owner(int slot) {
    const Node* node = topology.map()->owner(slot);
    return node == nullptr ? "nobody" : node->name();
  }
};

// Notes what the map is when it is called. Once it asks for a refresh and waits for it, which only a thread
// can that holds nothing.
struct Listener final : TopologyListener {
  explicit Listener(Fixture& fixture) : f(fixture) { f.topology.add_listener(*this); }
  ~Listener() { f.topology.remove_listener(*this); }

  void on_new_map() noexcept override {
    ++maps;
    owner = f.owner(7);
    if (std::exchange(refreshes, false)) assert_true(f.refresh().ok());
  }
  void on_round_end() noexcept override { ++rounds; }

  Fixture& f;
  int maps = 0;
  int rounds = 0;
  bool refreshes = false;
  std::string owner;
};

Address at(const scripted_net* net, const char* name) { return {"127.0.0.1", scripted_net_port(net, name)}; }

}  // namespace

static void a_refresh_fills_the_map(void**) {
  scripted_net* net = scripted_net_start("a", "EXPECT CLUSTER SLOTS\nSLOTS 0-8191 a,c 8192-16383 b\n", "b",
                                         "", "c", "", nullptr);
  Fixture f({at(net, "a")});
  assert_text(f.owner(0), "nobody");
  assert_true(f.refresh().ok());
  assert_text(f.owner(0), scripted_net_address(net, "a"));
  assert_text(f.owner(16383), scripted_net_address(net, "b"));
  assert_int_equal(f.topology.keep_map()->covered(), kSlotCount);
  assert_int_equal(f.topology.keep_map()->entries().size(), 3);
  assert_true(scripted_net_passed(net));
}

static void moved_is_learned_at_once_and_wants_a_refresh(void**) {
  scripted_net* net = scripted_net_start("a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a\n", nullptr);
  Fixture f({at(net, "a")});
  assert_true(f.refresh().ok());
  Node& b = f.nodes.at({"127.0.0.1", 1});
  f.topology.learn_moved(7, b, Clock::now());
  assert_text(f.owner(7), b.name());
  assert_text(f.owner(8), scripted_net_address(net, "a"));
  // The next calls push it on in passing; then the nodes' own view counts.
  assert_true(TEST_WAIT((f.topology.poll_refresh(Clock::now()), f.owner(7) == scripted_net_address(net, "a")),
                        60000));
  assert_true(scripted_net_passed(net));
}

static void what_is_known_already_wants_no_refresh(void**) {
  scripted_net* net = scripted_net_start("a", "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 a\n", nullptr);
  Fixture f({at(net, "a")});
  assert_true(f.refresh().ok());
  f.topology.learn_moved(7, f.nodes.at(at(net, "a")), Clock::now());
  const TimePoint begin = Clock::now();
  while (Clock::now() - begin < milliseconds(50)) f.topology.poll_refresh(Clock::now());
  assert_int_equal(f.counters.refreshes, 1);
  assert_true(scripted_net_passed(net));
}

static void listeners_are_told_of_new_maps(void**) {
  // The second answer takes a while: else it may have come before the MOVED is looked at.
  scripted_net* net = scripted_net_start("a",
                                         "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 a\n"
                                         "EXPECT CLUSTER SLOTS\nSLEEP 300\nSLOTS 0-16383 a\n"
                                         "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 a\n",
                                         nullptr);
  Fixture f({at(net, "a")});
  Listener listener(f);
  assert_true(f.refresh().ok());
  assert_int_equal(listener.maps, 1);
  assert_int_equal(listener.rounds, 1);
  assert_text(listener.owner, scripted_net_address(net, "a"));
  {
    Listener another(f);
    f.topology.learn_moved(7, f.nodes.at({"127.0.0.1", 1}), Clock::now());
    assert_int_equal(another.maps, 1);
  }
  assert_int_equal(listener.maps, 2);
  assert_int_equal(listener.rounds, 1);
  assert_text(listener.owner, "127.0.0.1:1");
  f.topology.learn_moved(7, f.nodes.at({"127.0.0.1", 1}), Clock::now());  // known already
  assert_int_equal(listener.maps, 2);
  // Nobody waits for the refresh that the MOVED has asked for.
  listener.refreshes = true;
  assert_true(TEST_WAIT((f.topology.poll_refresh(Clock::now()), listener.rounds == 3), 60000));
  assert_int_equal(listener.maps, 4);
  assert_text(listener.owner, scripted_net_address(net, "a"));
  assert_true(scripted_net_passed(net));
}

static void listeners_are_told_of_a_round_in_which_nobody_answers(void**) {
  Fixture f({{"127.0.0.1", 1}});
  Listener listener(f);
  const Topology::Ticket ticket = f.topology.request_refresh();
  assert_false(f.topology.wait(ticket, Deadline::after(std::chrono::minutes(10))).ok());
  assert_false(f.topology.satisfied(ticket));
  assert_int_equal(listener.rounds, 1);
  assert_int_equal(listener.maps, 0);
}

static void the_seeds_are_asked_when_no_known_node_answers(void**) {
  scripted_net* net = scripted_net_start(
      "seed", "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 gone\nEXPECT CLUSTER SLOTS\nSLOTS 0-16383 b\n",  //
      "gone", "REFUSE\n", "b", "", nullptr);
  Fixture f({at(net, "seed")});
  assert_true(f.refresh().ok());
  assert_true(f.refresh().ok());
  assert_text(f.owner(0), scripted_net_address(net, "b"));
  assert_true(scripted_net_passed(net));
}

static void connections_to_a_node_that_has_left_the_map_end(void**) {
  scripted_net* net = scripted_net_start(
      "a",
      "EXPECT CLUSTER SLOTS\nSLOTS 0-8191 a 8192-16383 b\n"
      "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a\nALWAYS EXPECT GET k -> BULK v\n",
      "b", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a\nALWAYS EXPECT GET k -> BULK v\n", nullptr);
  Fixture f({at(net, "a")});
  assert_true(f.refresh().ok());
  Node& a = f.nodes.at(at(net, "a"));
  Node& b = f.nodes.at(at(net, "b"));
  for (Node* node : {&a, &b}) {
    assert_true(ask(node->connection(), "GET k")->failure == nullptr);
    const ConnectionLease connection(*node);
    assert_true(ask(*connection, "GET k")->failure == nullptr);
  }
  assert_true(a.connected());
  assert_true(b.connected());
  assert_true(f.refresh().ok());
  assert_text(f.owner(16383), a.name());
  assert_true(a.connected());
  assert_false(b.connected());
  assert_true(scripted_net_passed(net));
}

static void a_map_that_is_kept_stays_as_it_is(void**) {
  Fixture f({{"127.0.0.1", 1}});
  Node& a = f.nodes.at({"127.0.0.1", 2});
  Node& b = f.nodes.at({"127.0.0.1", 3});
  f.topology.learn_moved(7, a, Clock::now());
  const auto kept = f.topology.keep_map();
  f.topology.learn_moved(7, b, Clock::now());
  assert_ptr_equal(kept->owner(7), &a);
  assert_text(f.owner(7), b.name());
}

// c does not know of an election: whoever is asked, and in whatever order, the owner stays.
static void who_is_cut_off_takes_nothing_from_an_owner_whom_others_name(void**) {
  const char* const now = "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 b,c 8192-16383 a,d\n";
  scripted_net* net = scripted_net_start("a", now, "b", now, "c",
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 c,b 8192-16383 a,d\n",
                                         "d", now, nullptr);
  Fixture f({at(net, "a"), at(net, "c")});
  while (f.owner(0) != scripted_net_address(net, "b")) assert_true(f.refresh().ok());
  const int before = scripted_net_count(net, "c", "CLUSTER SLOTS");
  for (int i = 0; i < 100 && scripted_net_count(net, "c", "CLUSTER SLOTS") < before + 3; ++i) {
    assert_true(f.refresh().ok());
    assert_text(f.owner(0), scripted_net_address(net, "b"));
  }
  assert_true(scripted_net_count(net, "c", "CLUSTER SLOTS") >= before + 3);
  assert_true(scripted_net_passed(net));
}

static void what_two_nodes_say_is_believed(void**) {
  const char* const now = "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 d 8192-16383 b,e\n";
  scripted_net* net =
      scripted_net_start("a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 a,d 8192-16383 b,e\n", "b", now,
                         "d", now, "e", now, nullptr);
  Fixture f({at(net, "a")});
  assert_true(f.refresh().ok());
  assert_text(f.owner(0), scripted_net_address(net, "a"));
  assert_true(f.refresh().ok());
  assert_text(f.owner(0), scripted_net_address(net, "d"));
  assert_true(scripted_net_passed(net));
}

static void an_owner_may_say_itself_that_it_is_none_any_more(void**) {
  scripted_net* net = scripted_net_start(
      "a",
      "EXPECT CLUSTER SLOTS\nSLOTS 0-8191 a 8192-16383 b\nALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 b\n",
      "b", "EXPECT CLUSTER SLOTS\nSLOTS 0-8191 a 8192-16383 b\n", nullptr);
  Fixture f({at(net, "a")});
  assert_true(f.refresh().ok());
  assert_true(f.refresh().ok());  // by b
  assert_true(f.refresh().ok());  // by a
  assert_text(f.owner(0), scripted_net_address(net, "b"));
  assert_true(scripted_net_passed(net));
}

// Of nobody else can be heard whether it is so.
static void a_single_node_that_answers_is_believed(void**) {
  scripted_net* net = scripted_net_start(
      "a", "EXPECT CLUSTER SLOTS\nSLOTS 0-8191 a,d 8192-16383 b\nCLOSE\nREFUSE\n", "b", "REFUSE\n", "d",
      "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 d 8192-16383 b\n", nullptr);
  Fixture f({at(net, "a")});
  assert_true(f.refresh().ok());
  assert_true(TEST_WAIT((f.refresh().ok(), f.owner(0) == scripted_net_address(net, "d")), 60000));
  assert_true(scripted_net_passed(net));
}

static void strangers_at_a_known_address_replace_nothing(void**) {
  scripted_net* net =
      scripted_net_start("a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 a 8192-16383 b\n", "b",
                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 x\n", "x", "", nullptr);
  Fixture f({at(net, "a")});
  assert_true(f.refresh().ok());
  for (int i = 0; i < 6; ++i) {
    assert_true(f.refresh().ok());
    assert_text(f.owner(0), scripted_net_address(net, "a"));
    assert_text(f.owner(16383), scripted_net_address(net, "b"));
  }
  assert_true(scripted_net_count(net, "b", "CLUSTER SLOTS") > 0);
  assert_true(scripted_net_passed(net));
}

// Of the slots of the node whose address they have got: it seems to give them away itself.
static void strangers_at_the_address_of_the_only_owner_replace_nothing(void**) {
  scripted_net* net = scripted_net_start(
      "a", "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 a,b\nALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 x\n", "b",
      "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a,b\n", "x", "", nullptr);
  Fixture f({at(net, "a")});
  // The two are asked in turn.
  while (scripted_net_count(net, "a", "CLUSTER SLOTS") < 4) {
    assert_true(f.refresh().ok());
    assert_text(f.owner(0), scripted_net_address(net, "a"));
  }
  assert_true(scripted_net_passed(net));
}

static void strangers_are_taken_when_no_known_node_confirms_the_map(void**) {
  const char* const new_ones = "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 x,y\n";
  scripted_net* net = scripted_net_start(
      "a", "EXPECT CLUSTER SLOTS\nSLOTS 0-8191 a 8192-12000 b 12001-16383 c\nCLOSE\nREFUSE\n", "b", new_ones,
      "c", new_ones, "x", "", "y", "", nullptr);
  Fixture f({at(net, "a")});
  assert_true(f.refresh().ok());
  assert_text(f.owner(0), scripted_net_address(net, "a"));
  assert_true(TEST_WAIT((f.refresh().ok(), f.owner(0) == scripted_net_address(net, "x")), 60000));
  assert_int_equal(f.topology.keep_map()->entries().size(), 2);
  assert_true(scripted_net_passed(net));
}

// As those before Redis 4, and fakes.
static void views_without_ids_are_taken(void**) {
  scripted_net* net =
      scripted_net_start("a",
                         "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 a\n"
                         "ALWAYS EXPECT CLUSTER SLOTS -> SEND *1\\r\\n*3\\r\\n:0\\r\\n:16383\\r\\n"
                         "*2\\r\\n$9\\r\\n127.0.0.2\\r\\n:7000\\r\\n\n",
                         nullptr);
  Fixture f({at(net, "a")});
  assert_true(f.refresh().ok());
  assert_true(f.refresh().ok());
  assert_text(f.owner(0), "127.0.0.2:7000");
  assert_true(scripted_net_passed(net));
}

static void spellings_of_a_name_are_one_node(void**) {
  Fixture f({{"127.0.0.1", 1}});
  Node& node = f.nodes.at({"Node1.Test", 7000});
  assert_ptr_equal(&f.nodes.at({"node1.test.", 7000}), &node);
  assert_ptr_equal(&f.nodes.at({"NODE1.TEST", 7000}), &node);
  assert_text(node.name(), "Node1.Test:7000");
  assert_ptr_equal(&f.nodes.at({"0:0:0:0:0:0:0:1", 7000}), &f.nodes.at({"::1", 7000}));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_refresh_fills_the_map),
      cmocka_unit_test(moved_is_learned_at_once_and_wants_a_refresh),
      cmocka_unit_test(what_is_known_already_wants_no_refresh),
      cmocka_unit_test(listeners_are_told_of_new_maps),
      cmocka_unit_test(listeners_are_told_of_a_round_in_which_nobody_answers),
      cmocka_unit_test(the_seeds_are_asked_when_no_known_node_answers),
      cmocka_unit_test(connections_to_a_node_that_has_left_the_map_end),
      cmocka_unit_test(a_map_that_is_kept_stays_as_it_is),
      cmocka_unit_test(who_is_cut_off_takes_nothing_from_an_owner_whom_others_name),
      cmocka_unit_test(what_two_nodes_say_is_believed),
      cmocka_unit_test(an_owner_may_say_itself_that_it_is_none_any_more),
      cmocka_unit_test(a_single_node_that_answers_is_believed),
      cmocka_unit_test(strangers_at_a_known_address_replace_nothing),
      cmocka_unit_test(strangers_at_the_address_of_the_only_owner_replace_nothing),
      cmocka_unit_test(strangers_are_taken_when_no_known_node_confirms_the_map),
      cmocka_unit_test(views_without_ids_are_taken),
      cmocka_unit_test(spellings_of_a_name_are_one_node),
  };
  return cmocka_run_group_tests_name("topology", tests, nullptr, nullptr);
}
