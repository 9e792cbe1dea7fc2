// What a handle has in one process: its connections, its map of the cluster, what it learned of commands. A
// forked child gets one of its own.
#pragma once

#include "calls/context.h"
#include "client/options.h"

namespace rediscluster {

class State {
 public:
  State(const Options& options, const SlotMap& known, Counters& counters, const Stop& stop);

  bool of_this_process() const noexcept { return generation_ == fork_generation(); }

 private:
  const std::uint32_t generation_ = fork_generation();
  const std::shared_ptr<const ConnectionSettings> settings_;

 public:
  Nodes nodes;
  Topology topology;
  LearnedCommands learned;
  const Context context;
};

}  // namespace rediscluster
