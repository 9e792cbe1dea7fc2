#include "subscribe/reconciler.h"

#include <string>
#include <vector>

#include "commands/key_slot.h"
#include "nodes/node.h"
#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

// Three nodes that are never connected to: a and b are primaries, c replicates a.
struct World {
  ConnectionSettings settings;
  Counters counters;
  Node a{Address{"127.0.0.1", 1}, settings, counters};
  Node b{Address{"127.0.0.1", 2}, settings, counters};
  Node c{Address{"127.0.0.1", 3}, settings, counters};
  Reconciler reconciler{counters};
  EventQueue events;
  TimePoint now{std::chrono::hours(1)};

  void owned_by(Node& owner, std::vector<Layout::Member> members) {
    auto layout = std::make_shared<Layout>();
    layout->owners.fill(&owner);
    layout->members = std::move(members);
    for (const auto& member : layout->members) {
      if (member.node == member.primary) layout->primaries.push_back(member.node);
    }
    reconciler.set_layout(layout, now);
    send();
  }
  void owned_by(Node& owner) { owned_by(owner, {{&a, &a}, {&b, &b}, {&c, &a}}); }

  SubscriberLink& link(Node& node) { return *reconciler.links().at(&node); }

  // Opens what is not open, and sends what is to be sent: what there was.
  std::string send() {
    std::string sent;
    for (const auto& [node, link] : reconciler.links()) {
      if (!link->open && link->in_use) reconciler.on_open(*link, now);
      for (; link->open && link->sent < link->expected.size(); ++link->sent) {
        const ExpectedAnswer& command = link->expected[link->sent];
        sent += node == &a ? "a:" : node == &b ? "b:" : "c:";
        sent += command.verb == SubscriberVerb::kSubscribe     ? "subscribe "
                : command.verb == SubscriberVerb::kUnsubscribe ? "unsubscribe "
                                                               : "ping ";
      }
    }
    return sent;
  }
  std::string go_on() {
    reconciler.tick(now);
    return send();
  }
  Reconciler::Verdict say(Node& node, const Said& said) { return reconciler.on_said(link(node), said, now); }
  Reconciler::Verdict confirm(Node& node, SubscriptionKind kind, std::string_view name = "news") {
    return say(node, {.type = SaidType::kSubscribed, .kind = kind, .name = name});
  }
  void end(Node& node, SubscriptionKind kind, std::string_view name = "news") {
    say(node, {.type = SaidType::kUnsubscribed, .kind = kind, .name = name});
  }
  void pong(Node& node) {
    std::string token;
    for (const auto& command : link(node).expected) {
      if (token.empty() && command.verb == SubscriberVerb::kPing) token = ping_text(command.token);
    }
    assert_true(say(node, {.type = SaidType::kPong, .payload = token}) == Reconciler::Verdict::kGoOn);
  }
  void publish(Node& node, SubscriptionKind kind, std::string_view payload) {
    say(node, {.type = SaidType::kMessage, .kind = kind, .name = "news", .channel = "news", .payload = payload});
  }
  // "subscribed gap(failover 20) m(x)"
  std::string told() {
    static constexpr const char* kReasons[] = {"", "connection", "moved", "failover", "slow"};
    std::string all;
    while (EventPtr event = events.take()) {
      if (!all.empty()) all += ' ';
      switch (event->type) {
        case EventType::kMessage: all += "m(" + std::string(event->payload) + ")"; break;
        case EventType::kSubscribed: all += "subscribed"; break;
        case EventType::kUnsubscribed: all += "unsubscribed"; break;
        case EventType::kRefused: all += "refused"; break;
        case EventType::kClosed: all += "closed"; break;
        case EventType::kGap:
          all += std::string("gap(") + kReasons[static_cast<int>(event->reason)] + " " +
                 std::to_string(event->gap_ms) + ")";
          break;
      }
    }
    return all;
  }
  void hold(Node& node, SubscriptionKind kind) {
    reconciler.want(kind, "news", events);
    go_on();
    confirm(node, kind);
    assert_string_equal(told().c_str(), "subscribed");
  }
};

constexpr auto kShard = SubscriptionKind::kShardChannel;
constexpr auto kChannel = SubscriptionKind::kChannel;

void a_name_is_asked_for_at_the_owner_of_its_slot(void**) {
  World world;
  world.owned_by(world.b);
  world.reconciler.want(kShard, "news", world.events);
  assert_string_equal(world.go_on().c_str(), "b:subscribe ");
  assert_false(world.reconciler.settled(world.events));
  world.confirm(world.b, kShard);
  assert_true(world.reconciler.settled(world.events));
  world.publish(world.b, kShard, "1");
  assert_string_equal(world.told().c_str(), "subscribed m(1)");
}

void a_lost_connection_is_a_gap_as_long_as_nothing_was_held(void**) {
  World world;
  world.owned_by(world.a);
  world.hold(world.a, kChannel);
  const TimePoint since = world.now + milliseconds(10);
  world.now += milliseconds(30);
  world.reconciler.on_lost(world.link(world.a), since, world.now);
  assert_string_equal(world.told().c_str(), "");
  world.now += milliseconds(1000);  // it was lost soon after it was made
  world.reconciler.tick(world.now);
  world.send();
  Node& holder = world.link(world.a).in_use ? world.a : world.b;
  world.confirm(holder, kChannel);
  assert_string_equal(world.told().c_str(), "gap(connection 1020) subscribed");
}

// With the new owner first, whose messages wait until the old one has ended.
void a_slot_that_goes_to_another_shard_is_handed_over_in_order(void**) {
  World world;
  world.owned_by(world.a);
  world.hold(world.a, kShard);
  world.owned_by(world.b);
  assert_int_equal(world.link(world.b).expected.size(), 1);
  world.publish(world.a, kShard, "1");
  world.confirm(world.b, kShard);
  assert_string_equal(world.send().c_str(), "a:unsubscribe a:ping ");
  world.publish(world.b, kShard, "3");
  world.publish(world.a, kShard, "2");
  assert_string_equal(world.told().c_str(), "m(1) m(2)");
  world.end(world.a, kShard);
  world.publish(world.b, kShard, "4");
  world.publish(world.a, kShard, "from the past");
  assert_string_equal(world.told().c_str(), "gap(moved 0) subscribed m(3) m(4)");
  world.end(world.a, kShard);  // the own answer, behind one that came unasked
  world.pong(world.a);
  assert_string_equal(world.go_on().c_str(), "");
}

void within_a_shard_the_old_owner_is_given_up_first(void**) {
  World world;
  world.owned_by(world.a);
  world.hold(world.a, kShard);
  world.owned_by(world.c, {{&world.c, &world.c}, {&world.a, &world.c}, {&world.b, &world.b}});
  assert_int_equal(world.reconciler.links().count(&world.c), 0);
  world.publish(world.a, kShard, "1");
  world.end(world.a, kShard);
  assert_string_equal(world.go_on().c_str(), "c:subscribe ");
  world.now += milliseconds(7);
  world.confirm(world.c, kShard);
  world.publish(world.c, kShard, "2");
  assert_string_equal(world.told().c_str(), "m(1) gap(failover 7) subscribed m(2)");
}

void what_is_taken_unasked_is_asked_for_where_moved_points(void**) {
  World world;
  world.owned_by(world.a);
  world.hold(world.a, kShard);
  world.end(world.a, kShard);
  assert_string_equal(world.go_on().c_str(), "a:subscribe ");
  const ErrorPtr moved = make_error(Code::kServer, Outcome::kRefused, "MOVED 1 127.0.0.1:2", "MOVED");
  world.say(world.a, {.type = SaidType::kError, .error = moved.get()});
  assert_int_equal(world.reconciler.take_moved().size(), 1);
  world.owned_by(world.b);
  world.now += milliseconds(3);
  world.confirm(world.b, kShard);
  assert_string_equal(world.told().c_str(), "gap(moved 3) subscribed");
}

// Servers send `sunsubscribe` without a name too.
void all_names_of_a_kind_may_be_taken_at_once(void**) {
  World world;
  world.owned_by(world.a);
  world.hold(world.a, kShard);
  world.say(world.a, {.type = SaidType::kUnsubscribed, .kind = kShard});
  assert_false(world.reconciler.settled(world.events));
  assert_string_equal(world.send().c_str(), "a:subscribe ");
  world.confirm(world.a, kShard);
  assert_string_equal(world.told().c_str(), "gap(moved 0) subscribed");
}

void a_name_is_not_asked_for_again_before_the_ping_behind_its_end(void**) {
  World world;
  world.owned_by(world.a);
  world.hold(world.a, kShard);
  world.reconciler.unwant(kShard, "news", world.events);
  assert_string_equal(world.go_on().c_str(), "a:unsubscribe a:ping ");
  world.reconciler.want(kShard, "news", world.events);
  world.publish(world.a, kShard, "late");
  world.end(world.a, kShard);  // unasked, perhaps
  assert_string_equal(world.go_on().c_str(), "");
  world.end(world.a, kShard);
  assert_string_equal(world.go_on().c_str(), "");
  world.pong(world.a);
  assert_string_equal(world.go_on().c_str(), "a:subscribe ");
  world.confirm(world.a, kShard);
  assert_string_equal(world.told().c_str(), "unsubscribed subscribed");
}

void one_refused_name_costs_the_others_nothing(void**) {
  World world;
  world.owned_by(world.a);
  world.reconciler.want(kChannel, "secret", world.events);
  world.go_on();
  world.reconciler.want(kChannel, "news", world.events);
  world.go_on();
  const ErrorPtr noperm =
      make_error(Code::kServer, Outcome::kRefused, "NOPERM no permissions to access a channel", "NOPERM");
  world.say(world.a, {.type = SaidType::kError, .error = noperm.get()});
  world.confirm(world.a, kChannel);
  assert_true(world.reconciler.settled(world.events));
  assert_string_equal(world.told().c_str(), "refused subscribed");
  assert_string_equal(world.go_on().c_str(), "");
}

void a_server_that_asks_for_patience_is_asked_again_later(void**) {
  World world;
  world.owned_by(world.a);
  world.reconciler.want(kShard, "news", world.events);
  world.go_on();
  const ErrorPtr down = make_error(Code::kServer, Outcome::kRefused, "CLUSTERDOWN The cluster is down", "CLUSTERDOWN");
  world.say(world.a, {.type = SaidType::kError, .error = down.get()});
  assert_string_equal(world.go_on().c_str(), "");
  assert_true(world.reconciler.wakes_at() > world.now);
  world.now = world.reconciler.wakes_at();
  assert_string_equal(world.go_on().c_str(), "a:subscribe ");
}

void messages_that_nobody_wants_are_dropped(void**) {
  World world;
  world.owned_by(world.a);
  world.hold(world.a, kChannel);
  world.say(world.a, {.type = SaidType::kMessage, .kind = kChannel, .name = "other", .channel = "other", .payload = "x"});
  world.publish(world.a, kShard, "of another kind");
  assert_string_equal(world.told().c_str(), "");
  assert_int_equal(world.counters.subscription_unwanted.load(), 2);
}

void answers_that_nothing_had_asked_for_are_noticed(void**) {
  World world;
  world.owned_by(world.a);
  world.hold(world.a, kChannel);
  assert_true(world.confirm(world.a, kChannel) == Reconciler::Verdict::kMeaningless);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_name_is_asked_for_at_the_owner_of_its_slot),
      cmocka_unit_test(a_lost_connection_is_a_gap_as_long_as_nothing_was_held),
      cmocka_unit_test(a_slot_that_goes_to_another_shard_is_handed_over_in_order),
      cmocka_unit_test(within_a_shard_the_old_owner_is_given_up_first),
      cmocka_unit_test(what_is_taken_unasked_is_asked_for_where_moved_points),
      cmocka_unit_test(all_names_of_a_kind_may_be_taken_at_once),
      cmocka_unit_test(a_name_is_not_asked_for_again_before_the_ping_behind_its_end),
      cmocka_unit_test(one_refused_name_costs_the_others_nothing),
      cmocka_unit_test(a_server_that_asks_for_patience_is_asked_again_later),
      cmocka_unit_test(messages_that_nobody_wants_are_dropped),
      cmocka_unit_test(answers_that_nothing_had_asked_for_are_noticed),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
