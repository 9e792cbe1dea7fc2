// Which node a read goes to.
#include "routing/replica_choice.h"

#include <map>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

constexpr int kSlot = 7;
constexpr int kSendElsewhere = 16000;

// Slot 7 is p's, with the replicas x and y; slot 16000 another shard's, with a replica of its own.
struct Fixture {
  explicit Fixture(std::vector<Address> replicas = {{"x", 1}, {"y", 1}}) {
    ClusterView view;
    view.ranges.push_back({0, 9999, {"p", 1}, std::move(replicas)});
    view.ranges.push_back({10000, 16383, {"o", 1}, {{"z", 1}}});
    map = SlotMap().with_view(view, nodes, now);
  }
  ConnectionSettings settings;
  Counters counters;
  Nodes nodes{settings, counters};
  TimePoint now{std::chrono::hours(1)};
  std::shared_ptr<const SlotMap> map;
  std::vector<Node*> tried;

  Node& node(const char* host) { return nodes.at({host, 1}); }
  Node* choose(ReadFrom from, int slot = kSlot) { return choose_reader(*map, slot, from, tried, now).node; }
  // "p:10 x:20": how often each is chosen of many times.
  std::map<std::string, int> shares(ReadFrom from, int times = 300, int slot = kSlot) {
    std::map<std::string, int> counts;
    for (int i = 0; i < times; ++i) {
      const Node* chosen = choose(from, slot);
      ++counts[chosen == nullptr ? "nobody" : chosen->address().host];
    }
    return counts;
  }
  // Who is chosen at all: "p x y".
  std::string readers(ReadFrom from, int slot = kSlot) {
    std::string names;
    for (const auto& [name, count] : shares(from, 300, slot)) names += (names.empty() ? "" : " ") + name;
    return names;
  }
};

constexpr ReadFrom kAll[] = {ReadFrom::kPrimary,    ReadFrom::kPreferReplica, ReadFrom::kReplica,
                             ReadFrom::kRoundRobin, ReadFrom::kLowestLatency, ReadFrom::kSameZone};

}  // namespace

static void each_way_of_reading_has_its_nodes(void**) {
  Fixture f;
  assert_text(f.readers(ReadFrom::kPrimary), "p");
  assert_text(f.readers(ReadFrom::kPreferReplica), "x y");
  assert_text(f.readers(ReadFrom::kReplica), "x y");
  assert_text(f.readers(ReadFrom::kRoundRobin), "p x y");
  assert_text(f.readers(ReadFrom::kSameZone), "x y");
  assert_text(f.readers(ReadFrom::kReplica, kSendElsewhere), "z");
  assert_text(f.readers(ReadFrom::kRoundRobin, kSendElsewhere), "o z");
}

static void nodes_take_turns(void**) {
  Fixture f;
  for (const auto& [name, count] : f.shares(ReadFrom::kRoundRobin)) assert_int_equal(count, 100);
  for (const auto& [name, count] : f.shares(ReadFrom::kPreferReplica)) assert_int_equal(count, 150);
  for (const auto& [name, count] : f.shares(ReadFrom::kReplica)) assert_int_equal(count, 150);
}

static void without_replicas_the_primary_answers_unless_it_must_be_a_replica(void**) {
  Fixture f{std::vector<Address>{}};
  for (const ReadFrom from : kAll) {
    assert_text(f.readers(from), from == ReadFrom::kReplica ? "nobody" : "p");
  }
}

static void a_slot_without_an_owner_has_no_reader(void**) {
  Fixture f;
  const SlotMap empty;
  for (const ReadFrom from : kAll) assert_null(choose_reader(empty, kSlot, from, {}, f.now).node);
}

static void replicas_are_reached_by_connections_that_read_only(void**) {
  Fixture f;
  f.settings.for_reading = std::make_shared<ConnectionSettings>();
  Node* chosen = f.choose(ReadFrom::kReplica);
  assert_ptr_not_equal(chosen, &f.nodes.at(chosen->address()));
  assert_ptr_equal(chosen, &f.nodes.at(chosen->address()).for_reading());
  assert_ptr_equal(f.choose(ReadFrom::kPrimary), &f.node("p"));
}

static void a_node_that_has_failed_in_this_call_is_not_chosen_again(void**) {
  Fixture f;
  f.tried = {&f.node("x")};
  assert_text(f.readers(ReadFrom::kPreferReplica), "y");
  assert_text(f.readers(ReadFrom::kRoundRobin), "p y");
  f.tried.push_back(&f.node("y"));
  assert_text(f.readers(ReadFrom::kPreferReplica), "p");
  assert_text(f.readers(ReadFrom::kReplica), "nobody");
  assert_text(f.readers(ReadFrom::kSameZone), "p");
  assert_text(f.readers(ReadFrom::kLowestLatency), "p");
  f.tried.push_back(&f.node("p"));
  for (const ReadFrom from : kAll) assert_text(f.readers(from), "nobody");
}

static void what_failed_in_other_calls_comes_last_for_a_second(void**) {
  Fixture f;
  f.node("x").health().eject(f.now);
  assert_text(f.readers(ReadFrom::kPreferReplica), "y");
  assert_text(f.readers(ReadFrom::kReplica), "y");
  assert_text(f.readers(ReadFrom::kRoundRobin), "p y");
  f.node("y").health().eject(f.now);
  assert_text(f.readers(ReadFrom::kPreferReplica), "p");
  assert_text(f.readers(ReadFrom::kReplica), "x y");  // there are no others
  f.node("p").health().eject(f.now);
  assert_text(f.readers(ReadFrom::kRoundRobin), "p x y");
  assert_text(f.readers(ReadFrom::kPreferReplica), "x y");
}

static void what_failed_is_tried_again_by_one_call_a_second(void**) {
  Fixture f;
  f.node("x").health().eject(f.now);
  for (int second = 0; second < 3; ++second) {
    f.now += milliseconds(1001);
    int trials = 0;
    for (int i = 0; i < 100; ++i) {
      const Reader reader = choose_reader(*f.map, kSlot, ReadFrom::kPreferReplica, {}, f.now);
      trials += reader.is_probe ? 1 : 0;
      assert_text(reader.node->address().host, reader.is_probe ? "x" : "y");
    }
    assert_int_equal(trials, 1);
  }
}

static void the_quickest_gets_most_reads_and_the_others_some(void**) {
  Fixture f;
  f.node("p").health().note_latency(milliseconds(3));
  f.node("x").health().note_latency(milliseconds(2));
  f.node("y").health().note_latency(milliseconds(1));
  auto shares = f.shares(ReadFrom::kLowestLatency, 6400);
  assert_true(shares["y"] > 6000);
  assert_true(shares["p"] > 0);  // they may have become quicker
  assert_true(shares["x"] > 0);
  for (int i = 0; i < 100; ++i) f.node("p").health().note_latency(milliseconds(0));
  shares = f.shares(ReadFrom::kLowestLatency, 6400);
  assert_true(shares["p"] > 6000);
  f.node("p").health().eject(f.now);
  shares = f.shares(ReadFrom::kLowestLatency, 6400);
  assert_int_equal(shares["p"], 0);
  assert_true(shares["y"] > 6000);
}

static void a_node_that_has_not_been_measured_is_tried(void**) {
  Fixture f;
  f.node("p").health().note_latency(milliseconds(1));
  f.node("x").health().note_latency(milliseconds(1));
  auto shares = f.shares(ReadFrom::kLowestLatency, 640);
  assert_true(shares["y"] > 500);
}

static void the_same_zone_comes_first_and_there_a_replica(void**) {
  Fixture f;
  using Zone = NodeFacts::Zone;
  f.node("p").facts().set_zone(Zone::kSame);
  f.node("x").facts().set_zone(Zone::kOther);
  f.node("y").facts().set_zone(Zone::kSame);
  assert_text(f.readers(ReadFrom::kSameZone), "y");
  f.node("x").facts().set_zone(Zone::kSame);
  assert_text(f.readers(ReadFrom::kSameZone), "x y");
  f.node("x").facts().set_zone(Zone::kOther);
  f.node("y").facts().set_zone(Zone::kOther);
  assert_text(f.readers(ReadFrom::kSameZone), "p");
  f.node("p").facts().set_zone(Zone::kOther);
  assert_text(f.readers(ReadFrom::kSameZone), "x y");  // as with kPreferReplica
  f.node("y").facts().set_zone(Zone::kSame);
  f.node("y").health().eject(f.now);
  assert_text(f.readers(ReadFrom::kSameZone), "x");
}

static void many_replicas_need_no_more_room(void**) {
  std::vector<Address> replicas;
  for (int i = 0; i < 40; ++i) replicas.push_back({"r" + std::to_string(i), 1});
  Fixture f(replicas);
  assert_non_null(f.choose(ReadFrom::kSameZone));
  assert_non_null(f.choose(ReadFrom::kLowestLatency));
}

static void every_node_of_a_shard_of_any_size_is_read_from(void**) {
  for (const int count : {1, 15, 16, 17, 40}) {
    std::vector<Address> replicas;
    for (int i = 0; i < count; ++i) replicas.push_back({"r" + std::to_string(i), 1});
    Fixture f(replicas);
    const auto shares = f.shares(ReadFrom::kRoundRobin, 10 * (count + 1));
    assert_int_equal(shares.size(), count + 1);
    for (const auto& [name, times] : shares) assert_int_equal(times, 10);
    assert_int_equal(f.shares(ReadFrom::kReplica, 10 * count).size(), count);
    // Those that are left, whichever fail.
    for (int i = 0; i < count; ++i) f.tried.push_back(&f.node(("r" + std::to_string(i)).c_str()));
    assert_text(f.readers(ReadFrom::kRoundRobin), "p");
    f.tried.front() = &f.node("p");
    assert_text(f.readers(ReadFrom::kRoundRobin), "r0");
  }
}

static void who_reads_from_two_shards_in_turn_meets_every_node_of_both(void**) {
  Fixture f({{"x", 1}});
  std::map<std::string, int> counts;
  for (int i = 0; i < 100; ++i) {
    ++counts[f.choose(ReadFrom::kRoundRobin)->address().host];
    ++counts[f.choose(ReadFrom::kRoundRobin, kSendElsewhere)->address().host];
  }
  for (const char* name : {"p", "x", "o", "z"}) assert_int_equal(counts[name], 50);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_way_of_reading_has_its_nodes),
      cmocka_unit_test(nodes_take_turns),
      cmocka_unit_test(without_replicas_the_primary_answers_unless_it_must_be_a_replica),
      cmocka_unit_test(a_slot_without_an_owner_has_no_reader),
      cmocka_unit_test(replicas_are_reached_by_connections_that_read_only),
      cmocka_unit_test(a_node_that_has_failed_in_this_call_is_not_chosen_again),
      cmocka_unit_test(what_failed_in_other_calls_comes_last_for_a_second),
      cmocka_unit_test(what_failed_is_tried_again_by_one_call_a_second),
      cmocka_unit_test(the_quickest_gets_most_reads_and_the_others_some),
      cmocka_unit_test(a_node_that_has_not_been_measured_is_tried),
      cmocka_unit_test(the_same_zone_comes_first_and_there_a_replica),
      cmocka_unit_test(many_replicas_need_no_more_room),
      cmocka_unit_test(every_node_of_a_shard_of_any_size_is_read_from),
      cmocka_unit_test(who_reads_from_two_shards_in_turn_meets_every_node_of_both),
  };
  return cmocka_run_group_tests_name("replica_choice", tests, nullptr, nullptr);
}
