// Chooses, for a command that only reads, among the nodes that have its slot.
#pragma once

#include <vector>

#include "execution/context.h"

namespace rediscluster {

// Null: none of those that `from` allows is left, or the slot has no owner. `tried`: those that have failed
// in this call; they are not chosen again.
Node* choose_reader(const SlotMap& map, int slot, ReadFrom from, const std::vector<Node*>& tried,
                    TimePoint now);

// For kSameZone: asks the nodes of the slot that have not been asked for their availability zone.
void learn_zones(const Context& context, int slot, Deadline deadline);

}  // namespace rediscluster
