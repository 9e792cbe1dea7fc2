// Another thread's order to end a call. The call sees it at its next look, as if its time were up then.
#pragma once

#include <atomic>

namespace rediscluster {

class Cancel {
 public:
  void fire() noexcept { fired_.store(true, std::memory_order_release); }  // in a signal handler too
  bool fired() const noexcept { return fired_.load(std::memory_order_acquire); }

 private:
  std::atomic<bool> fired_{false};
  static_assert(std::atomic<bool>::is_always_lock_free);
};

}  // namespace rediscluster
