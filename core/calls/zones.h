// Which nodes are in the caller's availability zone, for ReadFrom::kSameZone.
#pragma once

#include "calls/context.h"

namespace rediscluster {

// Asks those nodes of the slot that have not been asked before, and waits for their answers. The caller holds
// no lock, no role and no reading of the map: functions of the user's may run.
void learn_zones(const Context& context, int slot, Deadline deadline);

}  // namespace rediscluster
