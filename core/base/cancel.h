// Another thread's order to end a call. The call sees it at its next look, as if its time were up then.
#pragma once

#include <atomic>
#include <chrono>

namespace rediscluster {

class Cancel {
 public:
  using Check = int (*)(void* user_data, int fired);  // not 0: the call is to end

  void fire() noexcept { fired_.store(true, std::memory_order_release); }  // in a signal handler too
  bool fired() const noexcept { return fired_.load(std::memory_order_acquire); }

  // Before there are calls that it may end.
  void set_check(Check check, void* user_data) noexcept {
    check_ = check;
    user_data_ = user_data;
  }
  // Looked at by a call that waits. With a check it is now and then to be asked although nobody has fired.
  void look(std::chrono::steady_clock::time_point now) noexcept {
    if (check_ != nullptr && now - asked_at_ >= kAskEvery) due_ = true;
  }
  bool to_be_asked() const noexcept { return fired() || (check_ != nullptr && due_); }
  // Of one that is to be asked: is the call to end? If so, it stays fired; if not, it was never fired. By the
  // call's own thread, which holds nothing that others wait for meanwhile.
  bool stands() {
    if (check_ == nullptr || meant_.load(std::memory_order_relaxed)) return true;
    // What is fired from here on is asked about again.
    const bool was_fired = fired_.exchange(false, std::memory_order_acq_rel);
    asked_at_ = std::chrono::steady_clock::now();
    due_ = false;
    if (check_(user_data_, was_fired ? 1 : 0) == 0) return false;
    meant_.store(true, std::memory_order_relaxed);
    fire();
    return true;
  }

 private:
  static constexpr std::chrono::milliseconds kAskEvery{100};

  // A thread is in one call at a time.
  inline static thread_local std::chrono::steady_clock::time_point asked_at_{};
  inline static thread_local bool due_ = false;

  std::atomic<bool> fired_{false};
  static_assert(std::atomic<bool>::is_always_lock_free);
  std::atomic<bool> meant_{false};  // as the check has said
  Check check_ = nullptr;
  void* user_data_ = nullptr;
};

}  // namespace rediscluster
