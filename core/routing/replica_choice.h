// Chooses, for a command that only reads, among the nodes that have its slot.
#pragma once

#include "base/inline_vector.h"
#include "routing/read_from.h"
#include "topology/slot_map.h"

namespace rediscluster {

using NodeList = InlineVector<Node*, 16>;  // more than a shard usually has

struct ShardNodes {
  Node* primary = nullptr;  // null: the slot has no owner
  NodeList replicas;        // for reading, as far as they have been read from
};
ShardNodes shard_of(const SlotMap& map, int slot);

struct Reader {
  Node* node = nullptr;   // null: none of those that are allowed is left, or the slot has no owner
  bool is_probe = false;  // it has failed: others are to be asked if it lets the caller wait
};

// `tried`: those that have failed in this call; they are not chosen again.
Reader choose_reader(const SlotMap& map, int slot, ReadFrom from, const std::vector<Node*>& tried,
                     TimePoint now);

}  // namespace rediscluster
