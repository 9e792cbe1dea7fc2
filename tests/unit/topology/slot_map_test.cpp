#include "topology/slot_map.h"

#include <set>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

struct Fixture {
  ConnectionSettings settings;
  Counters counters;
  Nodes nodes{settings, counters};
  TimePoint now{std::chrono::hours(1)};
  std::shared_ptr<const SlotMap> map = std::make_shared<const SlotMap>();

  Node& node(const char* host) { return nodes.at({host, 7000}); }
  TimePoint tick() { return now += milliseconds(1); }

  void view(ClusterView view) { view_of(std::move(view), tick()); }
  void view_of(const ClusterView& view, TimePoint asked_at) { map = map->with_view(view, nodes, asked_at); }
  void moved(int slot, const char* host) { map = map->with_moved(slot, node(host), tick()); }
  std::string owner(int slot) const {
    const Node* node = map->owner(slot);
    return node == nullptr ? "nobody" : node->address().host;
  }
  // "a:100 b>a:0": who is there, of whom a replica, with how many slots.
  std::string members() const {
    std::set<std::string> all;
    for (const auto& entry : map->entries()) {
      all.insert(entry.node->address().host +
                 (entry.is_primary() ? "" : ">" + entry.primary->address().host) + ":" +
                 std::to_string(entry.slots));
    }
    std::string line;
    for (const auto& one : all) line += (line.empty() ? "" : " ") + one;
    return line;
  }
};

Address at(const char* host) { return {host, 7000}; }

SlotRange range(int first, int last, const char* primary, std::vector<const char*> replicas = {}) {
  SlotRange made{first, last, at(primary), {}};
  for (const char* replica : replicas) made.replicas.push_back(at(replica));
  return made;
}

}  // namespace

static void an_empty_map_knows_nobody(void**) {
  Fixture f;
  assert_text(f.owner(0), "nobody");
  assert_text(f.owner(kSlotCount - 1), "nobody");
  assert_int_equal(f.map->covered(), 0);
  assert_null(f.map->random_primary());
}

static void a_view_names_owners_and_replicas(void**) {
  Fixture f;
  f.view({{range(0, 8191, "a", {"b", "c"}), range(8192, 16383, "d", {"e"})}});
  assert_text(f.owner(0), "a");
  assert_text(f.owner(8191), "a");
  assert_text(f.owner(8192), "d");
  assert_text(f.owner(16383), "d");
  assert_int_equal(f.map->covered(), kSlotCount);
  assert_text(f.members(), "a:8192 b>a:0 c>a:0 d:8192 e>d:0");
}

static void slots_that_nobody_owns_are_not_covered(void**) {
  Fixture f;
  f.view({{range(0, 9, "a"), range(100, 100, "b")}});
  assert_int_equal(f.map->covered(), 11);
  assert_text(f.owner(10), "nobody");
  assert_text(f.owner(100), "b");
}

static void of_two_entries_for_a_slot_the_later_loses(void**) {
  Fixture f;
  f.view({{range(0, 100, "a"), range(50, 150, "b")}});
  assert_text(f.owner(50), "a");
  assert_text(f.owner(100), "a");
  assert_text(f.owner(101), "b");
  assert_text(f.members(), "a:101 b:50");
}

static void a_partial_view_keeps_the_old_owners_of_what_it_leaves_out(void**) {
  Fixture f;
  f.view({{range(0, 8191, "a", {"b"}), range(8192, 16383, "c", {"d"})}});
  f.view({{range(8192, 16383, "d")}});
  assert_text(f.owner(0), "a");
  assert_text(f.owner(9000), "d");
  assert_int_equal(f.map->covered(), kSlotCount);
  assert_text(f.members(), "a:8192 b>a:0 d:8192");  // what a left-out shard had, it keeps
}

static void a_failover_makes_a_replica_a_primary(void**) {
  Fixture f;
  f.view({{range(0, 16383, "a", {"b"})}});
  f.view({{range(0, 16383, "b", {"a"})}});
  assert_text(f.owner(5), "b");
  assert_text(f.members(), "a>b:0 b:16384");
}

static void a_node_that_is_named_both_is_a_primary(void**) {
  Fixture f;
  f.view({{range(0, 9, "a", {"b"}), range(10, 19, "b", {"a"})}});
  assert_text(f.members(), "a:10 b:10");
}

static void moved_changes_one_slot(void**) {
  Fixture f;
  f.view({{range(0, 16383, "a")}});
  f.moved(7, "b");
  assert_text(f.owner(6), "a");
  assert_text(f.owner(7), "b");
  assert_text(f.owner(8), "a");
  assert_text(f.members(), "a:16383 b:1");
  f.moved(7, "a");
  assert_text(f.owner(7), "a");
}

static void moved_to_a_replica_makes_it_a_primary(void**) {
  Fixture f;
  f.view({{range(0, 16383, "a", {"b"})}});
  f.moved(7, "b");
  assert_text(f.members(), "a:16383 b:1");
}

static void moved_can_be_the_first_that_is_heard(void**) {
  Fixture f;
  f.moved(7, "b");
  assert_text(f.owner(7), "b");
  assert_int_equal(f.map->covered(), 1);
}

static void moved_outranks_a_view_that_was_asked_for_before(void**) {
  Fixture f;
  f.view({{range(0, 16383, "a")}});
  const TimePoint asked = f.tick();
  f.moved(7, "b");
  f.view_of({{range(0, 16383, "a")}}, asked);
  assert_text(f.owner(7), "b");
  assert_text(f.owner(8), "a");
  assert_int_equal(f.map->covered(), kSlotCount);
  f.view_of({{range(0, 16383, "a")}}, asked);  // however often
  assert_text(f.owner(7), "b");
  f.view({{range(0, 16383, "c")}});  // a younger one knows better
  assert_text(f.owner(7), "c");
  f.view_of({{range(0, 16383, "d")}}, asked);  // and then nothing stands against an older one
  assert_text(f.owner(7), "d");
}

static void the_map_of_before_is_not_changed(void**) {
  Fixture f;
  f.view({{range(0, 16383, "a", {"b"})}});
  const auto before = f.map;
  f.moved(7, "c");
  f.view({{range(0, 16383, "d")}});
  assert_text(before->owner(7)->address().host, "a");
  assert_int_equal(before->entries().size(), 2);
  assert_int_equal(before->covered(), kSlotCount);
}

static void only_nodes_with_slots_are_asked_for_anything(void**) {
  Fixture f;
  f.view({{range(0, 9, "a", {"r"}), range(10, 19, "b")}});
  f.view({{range(0, 9, "a", {"r"}), range(10, 19, "c")}});
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) seen.insert(f.map->random_primary()->address().host);
  assert_true((seen == std::set<std::string>{"a", "c"}));
}

static void any_replica_of_the_primary_may_be_chosen(void**) {
  Fixture f;
  f.view({{range(0, 9, "a", {"r1", "r2", "r3"}), range(10, 19, "b", {"other"}), range(20, 29, "c")}});
  std::set<std::string> seen;
  for (int i = 0; i < 300; ++i) seen.insert(f.map->random_replica(f.node("a"))->address().host);
  assert_true((seen == std::set<std::string>{"r1", "r2", "r3"}));
  assert_null(f.map->random_replica(f.node("c")));
  assert_null(f.map->random_replica(f.node("unheard")));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_empty_map_knows_nobody),
      cmocka_unit_test(a_view_names_owners_and_replicas),
      cmocka_unit_test(slots_that_nobody_owns_are_not_covered),
      cmocka_unit_test(of_two_entries_for_a_slot_the_later_loses),
      cmocka_unit_test(a_partial_view_keeps_the_old_owners_of_what_it_leaves_out),
      cmocka_unit_test(a_failover_makes_a_replica_a_primary),
      cmocka_unit_test(a_node_that_is_named_both_is_a_primary),
      cmocka_unit_test(moved_changes_one_slot),
      cmocka_unit_test(moved_to_a_replica_makes_it_a_primary),
      cmocka_unit_test(moved_can_be_the_first_that_is_heard),
      cmocka_unit_test(moved_outranks_a_view_that_was_asked_for_before),
      cmocka_unit_test(the_map_of_before_is_not_changed),
      cmocka_unit_test(only_nodes_with_slots_are_asked_for_anything),
      cmocka_unit_test(any_replica_of_the_primary_may_be_chosen),
  };
  return cmocka_run_group_tests_name("slot_map", tests, nullptr, nullptr);
}
