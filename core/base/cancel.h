// Another thread's order to end a call. The call sees it at its next look, as if its time were up then.
#pragma once

#include <atomic>

namespace rediscluster {

class Cancel {
 public:
  using Check = int (*)(void* user_data);  // not 0: the order stands

  void fire() noexcept { fired_.store(true, std::memory_order_release); }  // in a signal handler too
  bool fired() const noexcept { return fired_.load(std::memory_order_acquire); }

  // Before there are calls that it may end.
  void set_check(Check check, void* user_data) noexcept {
    check_ = check;
    user_data_ = user_data;
  }
  // Of one that was fired: is it meant? If it is, it stays so; if not, it was never fired. Asked by the
  // call's own thread, which holds nothing that others wait for meanwhile.
  bool stands() {
    if (check_ == nullptr || meant_.load(std::memory_order_relaxed)) return true;
    fired_.store(false, std::memory_order_release);  // what is fired from here on is asked about again
    if (check_(user_data_) == 0) return false;
    meant_.store(true, std::memory_order_relaxed);
    fire();
    return true;
  }

 private:
  std::atomic<bool> fired_{false};
  static_assert(std::atomic<bool>::is_always_lock_free);
  std::atomic<bool> meant_{false};  // as the check has said
  Check check_ = nullptr;
  void* user_data_ = nullptr;
};

}  // namespace rediscluster
