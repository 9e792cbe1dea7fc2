// What nodes say about the cluster (CLUSTER NODES), and whether they agree.
#pragma once

#include <string>
#include <vector>

#include "cluster_internal.h"

namespace test_support {

struct NodeView {
  std::string id;
  bool myself = false;
  bool primary = false;
  bool healthy = false;    // no fail, handshake or noaddr flag, and linked
  bool moving = false;     // has slots that are migrating or importing
  std::string primary_id;  // "-" for a primary
  unsigned long long epoch = 0;
  std::string slots;  // "0-5460 5462", without those that are moving

  bool owns(int slot) const;
};

std::vector<NodeView> ask_view(Node& node);

// The node's line about itself; an empty id when it does not answer.
NodeView ask_myself(Node& node);

// Empty when all responding nodes agree and serve every slot, else what is in the way.
std::string disagreement(test_cluster* cluster);

// Roles and slots are those of the start.
bool as_started(test_cluster* cluster);

}  // namespace test_support
