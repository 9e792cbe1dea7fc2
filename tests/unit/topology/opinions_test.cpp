#include "topology/opinions.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

using Kind = Opinions::Judgement::Kind;

// Slots 0 to 8191 are b's, since an election of which the old owner c and its replica d do not know; the rest
// is a's, with the replica e.
struct Fixture {
  Fixture() { take(opinions.hear(*map, fresh(), node("a"), now)); }

  Node& node(const char* host) { return nodes.at({host, 1}); }
  static ClusterView view(const char* owner, const char* replica) {
    ClusterView told;
    told.ranges.push_back({0, 8191, {owner, 1}, {{replica, 1}}});
    told.ranges.push_back({8192, 16383, {"a", 1}, {{"e", 1}}});
    for (const char* each : {"a", "b", "c", "d", "e"}) told.members.push_back({{each, 1}, each});
    return told;
  }
  static ClusterView fresh() { return view("b", "d"); }
  static ClusterView stale() { return view("c", "d"); }
  static ClusterView strange() {
    ClusterView told;
    told.ranges.push_back({0, 16383, {"x", 1}, {}});
    told.members.push_back({{"x", 1}, "x"});
    return told;
  }

  Kind take(Opinions::Judgement judgement) {
    if (judgement.opinion) {
      const auto after = map->with_view(judgement.opinion->view, nodes, judgement.opinion->asked_at);
      opinions.note_taken(*judgement.opinion->teller, judgement.confirmed_by, *map, *after);
      map = after;
    }
    return judgement.kind;
  }
  Kind hear(const char* teller, ClusterView told) {
    return take(opinions.hear(*map, std::move(told), node(teller), now));
  }
  Kind decide() { return take(opinions.decide(*map)); }
  const char* owner() { return map->owner(0) == nullptr ? "" : map->owner(0)->address().host.c_str(); }

  ConnectionSettings settings;
  Counters counters;
  Nodes nodes{settings, counters};
  TimePoint now{std::chrono::hours(1)};
  std::shared_ptr<const SlotMap> map = std::make_shared<SlotMap>();
  Opinions opinions{nodes};
};

}  // namespace

static void two_nodes_that_say_the_same_are_believed(void**) {
  Fixture f;
  assert_text(f.owner(), "b");
  assert_enum(f.hear("c", Fixture::stale()), Kind::kHearOther);
  assert_enum(f.hear("d", Fixture::stale()), Kind::kTake);
  assert_text(f.owner(), "c");
}

// They may be cut off together.
static void two_are_not_enough_where_the_owner_itself_insists(void**) {
  Fixture f;
  assert_enum(f.hear("c", Fixture::stale()), Kind::kHearOther);
  assert_enum(f.hear("b", Fixture::fresh()), Kind::kHearOther);
  assert_enum(f.hear("d", Fixture::stale()), Kind::kHearOther);
  assert_enum(f.hear("e", Fixture::fresh()), Kind::kTake);
  assert_text(f.owner(), "b");
}

static void three_are_enough_although_the_owner_insists(void**) {
  Fixture f;
  assert_enum(f.hear("b", Fixture::fresh()), Kind::kTake);  // the owner, which has not heard of an election
  assert_enum(f.hear("c", Fixture::stale()), Kind::kHearOther);
  assert_enum(f.hear("b", Fixture::fresh()), Kind::kHearOther);
  assert_enum(f.hear("d", Fixture::stale()), Kind::kHearOther);
  assert_enum(f.hear("e", Fixture::stale()), Kind::kTake);
  assert_text(f.owner(), "c");
}

// A cluster of which few nodes are left has to go on.
static void two_are_enough_when_nobody_else_can_be_asked(void**) {
  Fixture f;
  assert_enum(f.hear("c", Fixture::stale()), Kind::kHearOther);
  assert_enum(f.hear("b", Fixture::fresh()), Kind::kHearOther);
  assert_enum(f.decide(), Kind::kKeepMap);  // one against one
  assert_text(f.owner(), "b");
  assert_enum(f.hear("c", Fixture::stale()), Kind::kHearOther);
  assert_enum(f.hear("b", Fixture::fresh()), Kind::kHearOther);
  assert_enum(f.hear("d", Fixture::stale()), Kind::kHearOther);
  assert_enum(f.decide(), Kind::kTake);
  assert_text(f.owner(), "c");
}

static void strangers_have_no_say_beside_a_node_that_is_known(void**) {
  Fixture f;
  assert_enum(f.hear("c", Fixture::stale()), Kind::kHearOther);
  assert_enum(f.hear("d", Fixture::strange()), Kind::kHearOther);
  assert_enum(f.decide(), Kind::kTake);
  assert_text(f.owner(), "c");
}

static void strangers_are_believed_when_no_known_node_answers(void**) {
  Fixture f;
  assert_enum(f.decide(), Kind::kHearOther);  // nobody has told anything
  assert_enum(f.hear("d", Fixture::strange()), Kind::kHearOther);
  assert_enum(f.decide(), Kind::kTake);
  assert_text(f.owner(), "x");
}

static void who_was_asked_last_comes_last(void**) {
  Fixture f;
  std::vector<Node*> nodes = {&f.node("a"), &f.node("b"), &f.node("c")};
  f.opinions.arrange(nodes, f.now);
  assert_text(nodes.back()->address().host, "a");
  assert_enum(f.hear("c", Fixture::stale()), Kind::kHearOther);
  f.opinions.arrange(nodes, f.now);
  assert_text(nodes.back()->address().host, "c");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(two_nodes_that_say_the_same_are_believed),
      cmocka_unit_test(two_are_not_enough_where_the_owner_itself_insists),
      cmocka_unit_test(three_are_enough_although_the_owner_insists),
      cmocka_unit_test(two_are_enough_when_nobody_else_can_be_asked),
      cmocka_unit_test(strangers_have_no_say_beside_a_node_that_is_known),
      cmocka_unit_test(strangers_are_believed_when_no_known_node_answers),
      cmocka_unit_test(who_was_asked_last_comes_last),
  };
  return cmocka_run_group_tests_name("opinions", tests, nullptr, nullptr);
}
