// The parts of a handle that every call works with.
#pragma once

#include "base/stop.h"
#include "execution/call_options.h"
#include "routing/learned_commands.h"
#include "topology/topology.h"

namespace rediscluster {

struct Context {
  Duration timeout;
  int max_redirects;
  int watch_retries;
  Nodes& nodes;
  Topology& topology;
  LearnedCommands& learned;
  Counters& counters;
  const Stop& stop;
};

}  // namespace rediscluster
