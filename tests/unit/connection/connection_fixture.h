// A connection to a peer in the hands of the test.
#pragma once

#include "test_wait.h"
#include "unit/connection/caller.h"

namespace rediscluster {

struct LaneFixture {
  Peer peer;
  ConnectionSettings settings;
  Counters counters;
  Budget budget{1 << 28};
  PeerFailures peer_failures;
  Connection connection{peer.address(), settings, counters, budget, peer_failures};
};

}  // namespace rediscluster
