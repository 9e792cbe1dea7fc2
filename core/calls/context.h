// The parts of a handle that every call works with.
#pragma once

#include "calls/attempt_hook.h"
#include "calls/call_options.h"
#include "commands/learned_commands.h"
#include "sync/stop.h"
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
  ReadFrom read_from = ReadFrom::kPrimary;
  std::string_view zone = {};         // the caller's, for kSameZone
  const AttemptHook* hook = nullptr;  // null: nobody listens
  Log* log = nullptr;                 // the same
  bool logs_in = false;               // as a user who may not be allowed to do everything
};

}  // namespace rediscluster
