// What is compared, and one round of it by one side.
#pragma once

#include <memory>
#include <vector>

#include "client.h"

namespace bench {

enum class Operation { kGet, kSet, kPipeline };

struct Case {
  const char* name;
  Operation operation;
  int threads;
  bool one_cpu;  // client and servers share one processor
  // Limits, of hiredis' figure; 0: none.
  double least_rate;
  double most_client_cpu;
  double most_server_cpu;
};

const std::vector<Case>& all_cases();

struct Round {
  double rate = 0;        // commands a second
  double client_cpu = 0;  // seconds a command
  double server_cpu = 0;
};

// A client a thread, the same in each round.
using Clients = std::vector<std::unique_ptr<Client>>;

Round run_round(const Case& what, const Workload& workload, const Clients& clients, double seconds);

}  // namespace bench
