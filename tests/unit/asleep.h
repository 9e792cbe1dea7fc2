// Whether a thread of this process sleeps, so that a test can wake it up in good conscience.
#pragma once

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>

#include "test_wait.h"

namespace rediscluster {

inline bool asleep(pid_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(") ");
  return name_end != std::string::npos && line[name_end + 2] == 'S';
}

// A thread whose id is known.
class Sleeper {
 public:
  template <class Work>
  explicit Sleeper(Work work)
      : thread_([this, work] {
          id_ = gettid();
          work();
        }) {}

  // Waits until it sleeps; false if it does not within a while.
  bool sleeps() const { return TEST_WAIT(id_ != 0 && asleep(id_), 30000) != 0; }
  void join() { thread_.join(); }

 private:
  std::atomic<pid_t> id_{0};
  std::thread thread_;
};

}  // namespace rediscluster
