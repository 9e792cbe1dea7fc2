// One round: so many callers at once, each making one call after the other, for some time.
#pragma once

#include <memory>
#include <vector>

#include "client.h"
#include "latency.h"

namespace bench {

enum class Operation { kGet, kSet, kMget, kPipeline, kOpen, kBeside };

struct Round {
  Operation operation = Operation::kGet;
  std::size_t batch = 1;
  double seconds = 0;
};

struct Result {
  double commands = 0;
  double seconds = 0;
  double beside = 0;  // calls of kBeside's last caller
  Latency latency;    // of one call: a command or a whole pipeline
};

// A thread for each of the callers. Of kBeside the last one gets the values of `huge`, `batch` milliseconds
// apart if it can, and is not counted.
Result run_round(const Round& round, Side& side, const std::vector<std::unique_ptr<Client>>& callers,
                 const Workload& workload, const Workload& huge);

}  // namespace bench
