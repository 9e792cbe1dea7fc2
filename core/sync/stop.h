// The end of a handle: seen by every call, and it ends every pause.
#pragma once

#include "sync/parking.h"

namespace rediscluster {

class Stop {
 public:
  bool stopped() const noexcept { return word_.load(std::memory_order_acquire) != 0; }
  bool stop() noexcept {  // false: somebody did it before
    if (word_.exchange(1) != 0) return false;
    unpark_all(word_);
    return true;
  }
  void pause(Deadline until) const noexcept {
    while (!stopped() && !until.passed(Clock::now())) park(word_, 0, until);
  }

 private:
  mutable FutexWord word_{0};  // a futex is waited on through a pointer to non-const
};

}  // namespace rediscluster
