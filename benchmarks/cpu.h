// Processors: where processes run, and how much time they take of them.
#pragma once

#include <sys/types.h>

#include <vector>

namespace bench {

double own_cpu_seconds();
double cpu_seconds(const std::vector<int>& pids);  // of all their threads

// All threads of the processes to one processor, or to all that this process started with.
void pin(const std::vector<int>& pids, bool to_one);

}  // namespace bench
