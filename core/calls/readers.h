// Chooses, for a command that only reads, among the nodes that have its slot.
#pragma once

#include <vector>

#include "calls/context.h"

namespace rediscluster {

struct Reader {
  Node* node = nullptr;   // null: none of those that are allowed is left, or the slot has no owner
  bool is_probe = false;  // it has failed: others are to be asked if it lets the caller wait
};

// `tried`: those that have failed in this call; they are not chosen again.
Reader choose_reader(const SlotMap& map, int slot, ReadFrom from, const std::vector<Node*>& tried,
                     TimePoint now);

// For kSameZone: asks the nodes of the slot that have not been asked for their availability zone.
void learn_zones(const Context& context, int slot, Deadline deadline);

}  // namespace rediscluster
