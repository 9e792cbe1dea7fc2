// The threads that call, each at its own pace, and together paused between rounds.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "chaos/caller.h"

namespace chaos {

class Crew {
 public:
  Crew() = default;
  ~Crew();

  // So many calls a second, as far as they can be made in time: what is missed is not made up for.
  void add(CallerPtr caller, int per_second);

  void resume();
  void pause();  // until all calls under way have returned

 private:
  void work(Caller& caller, Clock::duration period);
  bool enter();  // false when it is over
  void leave();

  std::mutex mutex_;
  std::condition_variable changed_;
  bool paused_ = true;
  bool stopped_ = false;
  int working_ = 0;
  std::vector<CallerPtr> callers_;
  std::vector<std::thread> threads_;
};

}  // namespace chaos
