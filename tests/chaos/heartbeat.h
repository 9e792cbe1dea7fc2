// How late this process is on a busy machine: what callers must not be blamed for.
#pragma once

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "chaos/world.h"

namespace chaos {

// A thread that does nothing but wake up every few milliseconds, and notes when that was late.
class Heartbeat {
 public:
  Heartbeat() : thread_([this] { beat(); }) {}
  ~Heartbeat();

  // By how much it was late between the two, in sum.
  Clock::duration lateness(TimePoint begin, TimePoint end) const;

  void forget();  // all there was so far

 private:
  struct Gap {
    TimePoint due;
    TimePoint came;
  };

  void beat();

  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;
  std::vector<Gap> gaps_;
  std::thread thread_;
};

// How long the calling thread has been ready to run without being let, since it began.
Clock::duration run_delay();

}  // namespace chaos
