#include "topology/slot_map.h"

#include <algorithm>

#include "base/random.h"

namespace rediscluster {

Node* SlotMap::random_primary() const noexcept {
  if (primaries_.empty()) return nullptr;
  return primaries_[random_below(static_cast<std::uint32_t>(primaries_.size()))];
}

Node* SlotMap::random_replica(const Node& primary) const noexcept {
  Node* chosen = nullptr;
  std::uint32_t seen = 0;
  for (const Entry& entry : entries_) {
    if (entry.primary == &primary && !entry.is_primary() && random_below(++seen) == 0) chosen = entry.node;
  }
  return chosen;
}

std::shared_ptr<const SlotMap> SlotMap::with_nodes(Nodes& nodes) const {
  auto map = std::make_shared<SlotMap>(*this);
  for (Entry& entry : map->entries_) {
    entry.node = &nodes.at(entry.node->address());
    entry.primary = &nodes.at(entry.primary->address());
  }
  map->count_slots();
  return map;
}

std::shared_ptr<const SlotMap> SlotMap::with_moved(int slot, Node& owner, TimePoint at) const {
  auto map = std::make_shared<SlotMap>(*this);
  map->owners_[static_cast<std::size_t>(slot)] = map->index_of(owner, owner);
  map->moved_[slot] = at;
  map->count_slots();
  return map;
}

std::shared_ptr<const SlotMap> SlotMap::with_view(const ClusterView& view, Nodes& nodes,
                                                  TimePoint asked_at) const {
  auto map = std::make_shared<SlotMap>();
  for (const auto& [slot, at] : moved_) {
    if (at > asked_at) map->moved_.emplace(slot, at);
  }
  for (const SlotRange& range : view.ranges) {
    Node& primary = nodes.at(range.primary);
    const auto index = map->index_of(primary, primary);
    for (const Address& replica : range.replicas) map->index_of(nodes.at(replica), primary);
    for (int slot = range.first; slot <= range.last; ++slot) {
      auto& owner = map->owners_[static_cast<std::size_t>(slot)];
      if (owner == kNone && !map->moved_.contains(slot)) owner = index;
    }
  }
  for (int slot = 0; slot < kSlotCount; ++slot) {
    Node* before = owner(slot);
    auto& now = map->owners_[static_cast<std::size_t>(slot)];
    if (now != kNone || before == nullptr) continue;
    now = map->index_of(*before, *before);
    map->keep_shard_of(*this, *before);
  }
  map->count_slots();
  return map;
}

// The entry of `node`; a node that was taken for a replica and is named as a primary becomes one.
std::uint16_t SlotMap::index_of(Node& node, Node& primary) {
  auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.node == &node; });
  if (found == entries_.end()) {
    if (entries_.size() == kNone) return kNone;  // no cluster has so many nodes
    entries_.push_back({&node, &primary, 0});
    found = entries_.end() - 1;
  } else if (&node == &primary) {
    found->primary = &primary;
  }
  return static_cast<std::uint16_t>(found - entries_.begin());
}

// A view that leaves out a primary's slots leaves out its replicas too.
void SlotMap::keep_shard_of(const SlotMap& old, Node& primary) {
  for (const Entry& entry : old.entries_) {
    if (entry.primary == &primary && !entry.is_primary()) index_of(*entry.node, primary);
  }
}

void SlotMap::count_slots() {
  for (Entry& entry : entries_) entry.slots = 0;
  covered_ = 0;
  for (const auto index : owners_) {
    if (index == kNone) continue;
    ++entries_[index].slots;
    ++covered_;
  }
  primaries_.clear();
  for (const Entry& entry : entries_) {
    if (entry.slots > 0) primaries_.push_back(entry.node);
  }
}

}  // namespace rediscluster
