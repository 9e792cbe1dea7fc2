// What a handle has in one process: its connections, its map of the cluster, what it learned of commands. A
// forked child gets one of its own.
#pragma once

#include "client/options.h"
#include "execution/context.h"

namespace rediscluster {

struct State {
  State(const Options& options, const ConnectionSettings& settings, const SlotMap& known, Counters& counters,
        const Stop& stop)
      : nodes(settings, counters),
        topology(options.seeds, known, nodes, stop, counters),
        context{milliseconds(options.timeout_ms),
                options.max_redirects,
                options.watch_retries,
                nodes,
                topology,
                learned,
                counters,
                stop} {}

  bool of_this_process() const noexcept { return generation == fork_generation(); }

  const std::uint32_t generation = fork_generation();
  Nodes nodes;
  Topology topology;
  LearnedCommands learned;
  const Context context;
};

}  // namespace rediscluster
