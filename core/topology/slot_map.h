// Which node owns each slot: immutable, replaced as a whole. Every change makes another map.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/slots.h"
#include "nodes/registry.h"
#include "topology/cluster_view.h"

namespace rediscluster {

class SlotMap {
 public:
  struct Entry {
    Node* node = nullptr;
    Node* primary = nullptr;  // itself, or the one it replicates
    int slots = 0;

    bool is_primary() const noexcept { return node == primary; }
  };

  SlotMap() : members_(std::make_shared<const Members>()) { owners_.fill(kNone); }

  Node* owner(int slot) const noexcept {
    const auto index = owners_[static_cast<std::size_t>(slot)];
    return index == kNone ? nullptr : entries_[index].node;
  }
  Node* random_primary() const noexcept;  // of those with slots; null if there is none
  Node* random_replica(const Node& primary) const noexcept;
  const std::vector<Entry>& entries() const noexcept { return entries_; }
  int covered() const noexcept { return covered_; }
  const std::shared_ptr<const Members>& members() const noexcept { return members_; }
  // Its owner was told by a MOVED, and by no view since.
  bool was_moved(int slot) const noexcept { return moved_.contains(slot); }
  bool was_moved_to(const Node& node) const noexcept;  // some slot was

  // The same map in a forked child, whose nodes are its own.
  std::shared_ptr<const SlotMap> with_nodes(Nodes& nodes) const;
  // A MOVED answer: what it tells outranks every view that was asked for before `at`.
  std::shared_ptr<const SlotMap> with_moved(int slot, Node& owner, TimePoint at) const;
  // A view that was asked for at `asked_at`. Where it says nothing, or something outdated, the old owner
  // stays; of two entries for a slot the later in the view loses.
  std::shared_ptr<const SlotMap> with_view(const ClusterView& view, Nodes& nodes, TimePoint asked_at) const;

 private:
  static constexpr std::uint16_t kNone = UINT16_MAX;  // so that there are fewer entries than that

  std::uint16_t index_of(Node& node, Node& primary);
  void keep_shard_of(const SlotMap& old, Node& primary);
  void keep_members_of(const SlotMap& old, std::vector<Member> told, Nodes& nodes);
  void count_slots();

  std::array<std::uint16_t, kSlotCount> owners_;  // indices into entries_
  std::vector<Entry> entries_;
  std::shared_ptr<const Members> members_;  // of the nodes of entries_ of which a view has told
  std::vector<Node*> primaries_;            // those with slots
  std::map<int, TimePoint> moved_;  // slots whose owner a MOVED told, later than the last view was asked for
  int covered_ = 0;
};

}  // namespace rediscluster
