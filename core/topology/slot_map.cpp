#include "topology/slot_map.h"

#include <algorithm>
#include <set>

#include "sync/random.h"

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

bool SlotMap::was_moved_to(const Node& node) const noexcept {
  return std::any_of(moved_.begin(), moved_.end(),
                     [&](const auto& moved) { return owner(moved.first) == &node; });
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
  map->keep_members_of(*this, view.members, nodes);
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

// What a view tells of its nodes, and what was known of others that stay.
void SlotMap::keep_members_of(const SlotMap& old, std::vector<Member> told, Nodes& nodes) {
  std::set<const Node*> told_of;
  for (Member& member : told) {
    const Node& node = nodes.at(member.address);
    member.address = node.address();  // one node may be told by several spellings of its name
    told_of.insert(&node);
  }
  for (const Entry& entry : entries_) {
    const Member* known = told_of.contains(entry.node) ? nullptr : old.members_->at(entry.node->address());
    if (known != nullptr) told.push_back(*known);
  }
  members_ = std::make_shared<const Members>(std::move(told));
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
