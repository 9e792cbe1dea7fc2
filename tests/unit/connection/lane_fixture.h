// A lane to a peer in the hands of the test.
#pragma once

#include "test_wait.h"
#include "unit/connection/caller.h"

namespace rediscluster {

struct LaneFixture {
  Peer peer;
  ConnectionSettings settings;
  Counters counters;
  Lane lane{peer.address(), settings, counters};
};

}  // namespace rediscluster
