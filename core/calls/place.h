// The node that a part of an operation over several nodes is for.
#pragma once

#include <memory>
#include <vector>

#include "topology/slot_map.h"

namespace rediscluster {

// The nodes that were chosen together, and the map by which they were.
struct ChosenNodes {
  std::shared_ptr<const SlotMap> map;
  std::vector<Node*> nodes;
  bool of_shards = false;  // each stands for its shard; else for itself
};

struct Place {
  Node* node = nullptr;
  const ChosenNodes* chosen = nullptr;

  bool is_shard() const noexcept { return chosen->of_shards; }
  // Whom to ask by that map. A shard is asked at its primary, whoever that is by now; null where another
  // shard, which is asked for itself, has taken its slots.
  Node* by(const SlotMap& map) const noexcept;
};

}  // namespace rediscluster
