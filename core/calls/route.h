// Where a caller wants a call's commands to go, and what is to become of several nodes' replies.
#pragma once

#include <cstdint>

#include "net/address.h"

namespace rediscluster {

struct Route {
  // The first four have the numbers of the C API's RC_ROUTE_*, and concern commands without keys.
  enum Kind : std::uint8_t {
    kAuto,       // as the command's policy says
    kOne,        // any primary
    kPrimaries,  // every primary that owns slots
    kNodes,      // every node of the map
    kNode,       // `node`, and no other
    kSlot,       // the owner of `slot`
  };

  Kind kind = kAuto;
  bool split = true;     // commands with keys in several slots may be sent in parts
  bool by_node = false;  // the reply is a map of what each node answered
  int slot = -1;
  Address node;

  bool usual() const noexcept { return kind == kAuto && split && !by_node; }
};

}  // namespace rediscluster
