// Events: which shard, what follows from it, and when it is over.
#include "chaos/adversary.h"

#include <algorithm>

namespace chaos {
namespace {

constexpr int kHealMs = 30000;

const char* const kNames[kKinds] = {"election",
                                    "slots move",
                                    "random faults",
                                    "failover by hand",
                                    "stopped until failover",
                                    "primary restarts",
                                    "resize",
                                    "connections closed",
                                    "connection muted",
                                    "stopped shortly",
                                    "connections refused",
                                    "replica restarts",
                                    "stall",
                                    "delay",
                                    "refreshes",
                                    "quiet"};

}  // namespace

Event Adversary::perform(const Step& step) {
  Event event = start(step);
  event.begin = Clock::now();
  try {
    act(step, event);
  } catch (const HarnessFailure& failure) {
    throw HarnessFailure(event.name + ": " + failure.what());
  }
  fault_proxy_heal(world_.proxy());
  if (test_cluster_wait_ok(world_.cluster(), kHealMs) == 0)
    throw HarnessFailure(event.name + ": the cluster did not heal");
  event.end = Clock::now();
  return event;
}

Event Adversary::start(const Step& step) {
  shard_ = static_cast<int>(step.numbers[0] % static_cast<unsigned>(world_.shards()));
  Event event;
  event.name = kNames[static_cast<int>(step.kind)];
  event.shards = {shard_};
  return event;
}

void Adversary::act(const Step& step, Event& event) {
  switch (step.kind) {
    case Kind::kElection:
      return election(step, event);
    case Kind::kMoveSlots:
      return move_slots(step, event);
    case Kind::kRandomFaults:
      return random_faults(step, event);
    case Kind::kFailover:
      return failover(event);
    case Kind::kStopLong:
      return stop_long(step, event);
    case Kind::kRestartPrimary:
      return restart(step, event, true);
    case Kind::kResize:
      return resize(step, event);
    case Kind::kCloseAll:
      return close_all(step, event);
    case Kind::kMute:
      return mute(step, event);
    case Kind::kStopShort:
      return stop_short(step, event);
    case Kind::kRefuse:
      return refuse(step, event);
    case Kind::kRestartReplica:
      return restart(step, event, false);
    case Kind::kStall:
      return stall(step, event);
    case Kind::kDelay:
      return delay(step);
    case Kind::kRefresh:
      return refresh(20);
    case Kind::kQuiet:
      return std::this_thread::sleep_for(milliseconds(500));
  }
}

// ---- to nodes ----

// The proxy would take connections for a node that is dead.
void Adversary::kill(int node) {
  fault_proxy_refuse(world_.proxy(), world_.port(node), 1);
  if (!test_node_kill(world_.cluster(), node)) throw HarnessFailure("a node cannot be killed");
}

void Adversary::revive(int node) {
  const bool up = test_node_restart(world_.cluster(), node) != 0;
  fault_proxy_refuse(world_.proxy(), world_.port(node), 0);
  if (!up) throw HarnessFailure("a node does not start again");
}

void Adversary::election(const Step& step, Event& event) {
  event.breaks = event.hangs = event.loses = event.unblocks = true;
  event.down_shard = shard_;
  event.elections = 1;
  const int primary = world_.primary(shard_);
  const int replica = world_.replica(shard_);
  kill(primary);
  if (!TEST_WAIT(test_node_is_primary(world_.cluster(), replica), kHealMs))
    throw HarnessFailure("no replica was promoted");
  std::this_thread::sleep_for(milliseconds(step.numbers[1] % 500));
  revive(primary);
}

void Adversary::restart(const Step& step, Event& event, bool primary) {
  event.breaks = event.hangs = event.wipes = event.unblocks = primary;
  if (primary) event.down_shard = shard_;
  if (primary) event.elections = 1;  // or none, when it is back soon
  const int node = primary ? world_.primary(shard_) : world_.replica(shard_);
  kill(node);
  if (!primary) std::this_thread::sleep_for(milliseconds(step.numbers[1] % 500));
  revive(node);
}

void Adversary::stop_long(const Step& step, Event& event) {
  event.hangs = event.loses = event.unblocks = true;
  event.down_shard = shard_;
  event.elections = 1;
  const int primary = world_.primary(shard_);
  const int replica = world_.replica(shard_);
  if (!test_node_stop(world_.cluster(), primary)) throw HarnessFailure("a node cannot be stopped");
  const bool promoted = TEST_WAIT(test_node_is_primary(world_.cluster(), replica), kHealMs) != 0;
  std::this_thread::sleep_for(milliseconds(step.numbers[1] % 500));
  test_node_continue(world_.cluster(), primary);
  if (!promoted) throw HarnessFailure("no replica was promoted");
}

// Shorter than the servers take for a failure.
void Adversary::stop_short(const Step& step, Event& event) {
  event.hangs = true;
  event.down_shard = shard_;
  const int primary = world_.primary(shard_);
  if (!test_node_stop(world_.cluster(), primary)) throw HarnessFailure("a node cannot be stopped");
  std::this_thread::sleep_for(milliseconds(200 + step.numbers[1] % 300));
  test_node_continue(world_.cluster(), primary);
}

void Adversary::failover(Event& event) {
  event.hangs = event.unblocks = true;
  event.elections = 1;
  if (!test_cluster_failover(world_.cluster(), world_.replica(shard_))) throw HarnessFailure("no failover");
}

// ---- to slots ----

void Adversary::move(int tag, int shard) {
  Tag& moved = world_.tags()[static_cast<std::size_t>(tag)];
  if (moved.shard == shard) return;
  if (!test_cluster_move_slot(world_.cluster(), moved.slot, world_.primary(shard)))
    throw HarnessFailure("a slot does not move");
  moved.shard = shard;
}

// Some slots one further, and those that are away back home, or the other way round.
void Adversary::move_slots(const Step& step, Event& event) {
  event.shards.clear();
  const auto shards = static_cast<unsigned>(world_.shards());
  for (unsigned i = 0; i < 3 + step.numbers[1] % 4; ++i) {
    const unsigned tag = (step.numbers[2] + i * 5) % kTags;
    const Tag& moved = world_.tags()[tag];
    const unsigned away = (static_cast<unsigned>(moved.home) + 1 + step.numbers[3] % (shards - 1)) % shards;
    move(static_cast<int>(tag), moved.shard == moved.home ? static_cast<int>(away) : moved.home);
  }
}

void Adversary::resize(const Step& step, Event& event) {
  event.shards.clear();
  if (world_.shards() == kHomeShards) {
    event.name = "grows";
    grow(step);
  } else {
    event.name = "shrinks";
    shrink();
  }
}

void Adversary::grow(const Step& step) {
  const int primary = test_cluster_add_node(world_.cluster());
  const int replica = test_cluster_add_node(world_.cluster());
  if (primary < 0 || replica < 0) throw HarnessFailure("no node can be added");
  char* id = test_node_text(world_.cluster(), primary, "CLUSTER MYID");
  const bool follows = test_node_ok(world_.cluster(), replica, "CLUSTER REPLICATE %s", id) != 0;
  std::free(id);
  if (!follows || test_cluster_wait_ok(world_.cluster(), kHealMs) == 0)
    throw HarnessFailure("the added nodes do not become a shard");
  world_.set_shards(kHomeShards + 1);
  for (unsigned i = 0; i < 6; ++i) move(static_cast<int>((step.numbers[2] + i * 5) % kTags), kHomeShards);
}

void Adversary::shrink() {
  for (int tag = 0; tag < kTags; ++tag) {
    if (world_.tags()[static_cast<std::size_t>(tag)].shard == kHomeShards)
      move(tag, world_.tags()[static_cast<std::size_t>(tag)].home);
  }
  world_.set_shards(kHomeShards);
  // As one does with nodes that are wanted no more: until the client has heard of it, and has no call there.
  refresh(1);
  std::this_thread::sleep_for(milliseconds(300));
  for (int node = 2 * kHomeShards; node < test_cluster_node_count(world_.cluster()); ++node)
    fault_proxy_refuse(world_.proxy(), world_.port(node), 1);
  if (!test_cluster_remove_added(world_.cluster())) throw HarnessFailure("the added nodes are not forgotten");
}

}  // namespace chaos
