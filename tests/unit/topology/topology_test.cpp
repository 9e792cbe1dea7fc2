#include "topology/topology.h"

#include "scripted_node.h"
#include "test_wait.h"
#include "unit/connection/caller.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

struct Fixture {
  explicit Fixture(std::vector<Address> seeds)
      : topology(std::move(seeds), SlotMap(), nodes, stop, counters) {}
  ConnectionSettings settings;
  Counters counters;
  Stop stop;
  Nodes nodes{settings, counters};
  Topology topology;

  Status refresh() { return topology.refresh(Deadline::after(std::chrono::minutes(10))); }
  std::string owner(int slot) {
    const Node* node = topology.map().owner(slot);
    return node == nullptr ? "nobody" : node->name();
  }
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
  assert_true(
      TEST_WAIT((f.topology.tend(Clock::now()), f.owner(7) == scripted_net_address(net, "a")), 60000));
  assert_true(scripted_net_passed(net));
}

static void what_is_known_already_wants_no_refresh(void**) {
  scripted_net* net = scripted_net_start("a", "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 a\n", nullptr);
  Fixture f({at(net, "a")});
  assert_true(f.refresh().ok());
  f.topology.learn_moved(7, f.nodes.at(at(net, "a")), Clock::now());
  const TimePoint begin = Clock::now();
  while (Clock::now() - begin < milliseconds(50)) f.topology.tend(Clock::now());
  assert_int_equal(f.counters.refreshes, 1);
  assert_true(scripted_net_passed(net));
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
    assert_true(ask(node->lane(), "GET k")->failure == nullptr);
    const PrivateLane lane(*node);
    assert_true(ask(*lane, "GET k")->failure == nullptr);
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

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_refresh_fills_the_map),
      cmocka_unit_test(moved_is_learned_at_once_and_wants_a_refresh),
      cmocka_unit_test(what_is_known_already_wants_no_refresh),
      cmocka_unit_test(the_seeds_are_asked_when_no_known_node_answers),
      cmocka_unit_test(connections_to_a_node_that_has_left_the_map_end),
      cmocka_unit_test(a_map_that_is_kept_stays_as_it_is),
  };
  return cmocka_run_group_tests_name("topology", tests, nullptr, nullptr);
}
