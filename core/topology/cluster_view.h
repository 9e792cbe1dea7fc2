// One node's answer to CLUSTER SLOTS.
#pragma once

#include <vector>

#include "connection/members.h"
#include "resp/reply.h"

namespace rediscluster {

struct SlotRange {
  int first = 0;
  int last = 0;
  Address primary;
  std::vector<Address> replicas;
};

struct ClusterView {
  std::vector<SlotRange> ranges;
  std::vector<Member> members = {};  // every node of the ranges, once or more often
};

// Keeps what is valid and passes over the rest. `asked` stands in where a node gives no host of its own.
// RC_ERR_PROTOCOL when nothing of a reply makes sense, RC_ERR_CLUSTER_DOWN when no slot has an owner.
Result<ClusterView> parse_cluster_slots(const Reply& reply, const Address& asked);

}  // namespace rediscluster
