// The parts of a handle that calls work with, for tests of one of them.
#pragma once

#include "calls/context.h"

namespace rediscluster {

struct HandleFixture {
  // `known` is the map at the start; the seeds are asked for a newer one.
  explicit HandleFixture(std::vector<Address> seeds, const ClusterView& known = {})
      : topology(std::move(seeds), map_of(known), nodes, stop, counters) {}
  HandleFixture(const HandleFixture&) = delete;
  HandleFixture& operator=(const HandleFixture&) = delete;

  static Deadline long_enough() { return Deadline::after(std::chrono::minutes(10)); }
  Status refresh() { return topology.refresh(long_enough()); }

  ConnectionSettings settings;
  Counters counters;
  Stop stop;
  Nodes nodes{settings, counters};
  Topology topology;
  LearnedCommands learned;
  Context context{.timeout = std::chrono::minutes(10),
                  .max_redirects = 5,
                  .watch_retries = 3,
                  .nodes = nodes,
                  .topology = topology,
                  .learned = learned,
                  .counters = counters,
                  .stop = stop};

 private:
  SlotMap map_of(const ClusterView& known) {
    if (known.ranges.empty()) return {};
    return *SlotMap().with_view(known, nodes, Clock::now());
  }
};

}  // namespace rediscluster
