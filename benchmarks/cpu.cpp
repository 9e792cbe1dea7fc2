#include "cpu.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "workload.h"

namespace bench {
namespace {

std::filesystem::path threads_of(int pid) { return "/proc/" + std::to_string(pid) + "/task"; }

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

cpu_set_t all_at_start() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  return set;
}

const cpu_set_t kAll = all_at_start();

}  // namespace

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// schedstat counts nanoseconds; stat only hundredths of a second, more than a short round can do with.
double cpu_seconds(const std::vector<int>& pids) {
  double sum = 0;
  for (const int pid : pids) {
    for (const auto& thread : std::filesystem::directory_iterator(threads_of(pid))) {
      std::ifstream file(thread.path() / "schedstat");
      double nanoseconds = 0;
      if (!(file >> nanoseconds))
        die("no schedstat of the servers: this kernel does not count their CPU time");
      sum += nanoseconds / 1e9;
    }
  }
  return sum;
}

void pin(const std::vector<int>& pids, bool to_one) {
  cpu_set_t set = kAll;
  if (to_one) {  // the last: the first often serves the interrupts
    int last = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &kAll)) last = cpu;
    }
    CPU_ZERO(&set);
    CPU_SET(last, &set);
  }
  for (const int pid : pids) {
    for (const auto& thread : std::filesystem::directory_iterator(threads_of(pid))) {
      if (sched_setaffinity(std::atoi(thread.path().filename().c_str()), sizeof set, &set) != 0) {
        die("cannot set the affinity of a process");
      }
    }
  }
}

}  // namespace bench
