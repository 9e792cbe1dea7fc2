#include "routing/replica_choice.h"

#include <algorithm>

#include "sync/random.h"

namespace rediscluster {
namespace {

// One read in so many goes to a node that is not the quickest: it may have become so.
constexpr std::uint32_t kLookElsewhere = 64;

// Each shard has turns of its own: with one count for all, who reads from two shards alternately would always
// meet the same node of each.
Node* next_of(const NodeList& nodes, NodeFacts& shard) noexcept {
  return nodes.empty() ? nullptr : nodes[shard.next_turn() % nodes.size()];
}

// Those that have not been measured come first.
Node* quickest_of(NodeList& nodes, NodeFacts& shard) {
  if (nodes.size() < 2 || random_below(kLookElsewhere) == 0) return next_of(nodes, shard);
  return *std::min_element(nodes.begin(), nodes.end(), [](Node* one, Node* other) {
    return one->health().latency() < other->health().latency();
  });
}

bool is_near(Node* node) noexcept { return node->facts().zone() == NodeFacts::Zone::kSame; }

Node* choose(ReadFrom from, Node* primary, const NodeList& replicas, NodeFacts& shard) {
  NodeList some = replicas;
  switch (from) {
    case ReadFrom::kUsual:
    case ReadFrom::kPrimary:
      return primary;
    case ReadFrom::kReplica:
      return next_of(replicas, shard);
    case ReadFrom::kRoundRobin:
      if (primary != nullptr) some.push_back(primary);
      return next_of(some, shard);
    case ReadFrom::kLowestLatency:
      if (primary != nullptr) some.push_back(primary);
      return quickest_of(some, shard);
    case ReadFrom::kSameZone:
      some.remove_if([](Node* node) { return !is_near(node); });
      if (!some.empty()) return next_of(some, shard);
      if (primary != nullptr && is_near(primary)) return primary;
      break;
    case ReadFrom::kPreferReplica:
      break;
  }
  return replicas.empty() ? primary : next_of(replicas, shard);
}

}  // namespace

ShardNodes shard_of(const SlotMap& map, int slot) {
  ShardNodes nodes;
  nodes.primary = map.owner(slot);
  if (nodes.primary == nullptr) return nodes;
  for (const auto& entry : map.entries()) {
    const bool replica = entry.primary == nodes.primary && !entry.is_primary();
    if (replica) nodes.replicas.push_back(&entry.node->for_reading_so_far());
  }
  return nodes;
}

Reader choose_reader(const SlotMap& map, int slot, ReadFrom from, const std::vector<Node*>& tried,
                     TimePoint now) {
  const auto was_tried = [&](Node* node) {
    return std::find(tried.begin(), tried.end(), node) != tried.end();
  };
  ShardNodes readers = shard_of(map, slot);
  if (readers.primary == nullptr) return {};
  NodeFacts& shard = readers.primary->facts();  // it counts whose turn it is
  if (was_tried(readers.primary)) readers.primary = nullptr;
  readers.replicas.remove_if(was_tried);

  // Those that others have found failing lately come last.
  const auto reader = [&](Node* node, bool is_probe) -> Reader {
    const bool reads_apart = node != nullptr && node != readers.primary;
    return {reads_apart ? &node->for_reading() : node, is_probe};
  };
  const auto ejected = [&](Node* node) { return node->health().ejected(now); };
  NodeList well = readers.replicas;
  well.remove_if(ejected);
  Node* primary = readers.primary != nullptr && !ejected(readers.primary) ? readers.primary : nullptr;
  while (Node* node = choose(from, primary, well, shard)) {
    const auto probe = node->health().try_probe(now, node->last_received_at());
    if (probe != NodeHealth::Probe::kOfAnother) return reader(node, probe == NodeHealth::Probe::kMine);
    if (node == primary) primary = nullptr;
    well.remove_if([node](Node* each) { return each == node; });
  }
  // All have failed lately. The one that is asked leaves time for another, if there is one.
  const bool primary_counts = readers.primary != nullptr && from != ReadFrom::kReplica;
  const std::size_t left = readers.replicas.size() + (primary_counts ? 1 : 0);
  return reader(choose(from, readers.primary, readers.replicas, shard), left > 1);
}

}  // namespace rediscluster
