// A token by which another thread cancels a call. The call sees it at its next look, as if its time were up
// then.
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
  // Called by a call that waits. Where there is a check, it becomes due now and then although nobody has
  // fired the token.
  void note_waiting(std::chrono::steady_clock::time_point now) noexcept {
    if (check_ != nullptr && now - checked_at_ >= kCheckEvery) check_is_due_ = true;
  }
  bool needs_check() const noexcept { return fired() || (check_ != nullptr && check_is_due_); }
  // Asks the user's check whether to cancel. Returns true to cancel; the token then stays fired. Returns
  // false to continue; the token is reset. Call it on the call's own thread, holding no lock and no leader
  // role.
  bool confirm() {
    if (check_ == nullptr || confirmed_.load(std::memory_order_relaxed)) return true;
    // What is fired from here on is asked about again.
    const bool was_fired = fired_.exchange(false, std::memory_order_acq_rel);
    checked_at_ = std::chrono::steady_clock::now();
    check_is_due_ = false;
    if (check_(user_data_, was_fired ? 1 : 0) == 0) return false;
    confirmed_.store(true, std::memory_order_relaxed);
    fire();
    return true;
  }

 private:
  static constexpr std::chrono::milliseconds kCheckEvery{100};

  // A thread is in one call at a time.
  inline static thread_local std::chrono::steady_clock::time_point checked_at_{};
  inline static thread_local bool check_is_due_ = false;

  std::atomic<bool> fired_{false};
  static_assert(std::atomic<bool>::is_always_lock_free);
  std::atomic<bool> confirmed_{false};  // by the check; it is not asked again
  Check check_ = nullptr;
  void* user_data_ = nullptr;
};

}  // namespace rediscluster
