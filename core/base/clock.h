// Time as every layer sees it: points on the monotonic clock, handed in by the caller where a test wants to
// play with them.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/cancel.h"

namespace rediscluster {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;
using std::chrono::milliseconds;

// When a call must have returned: at a time, or at another thread's order.
class Deadline {
 public:
  explicit Deadline(TimePoint at, Cancel* cancel = nullptr) noexcept : at_(at), cancel_(cancel) {}
  static Deadline after(Duration span, TimePoint now = Clock::now(), Cancel* cancel = nullptr) noexcept {
    return Deadline(now + span, cancel);
  }

  TimePoint at() const noexcept { return at_; }
  bool passed(TimePoint now) const noexcept { return now >= at_ || cancelled(); }
  // Of one that has passed: it had by an order that was not meant, and goes on. To be asked where the thread
  // holds nothing that others wait for.
  bool was_spared() const { return cancelled() && !cancel_->stands(); }
  Duration left(TimePoint now) const noexcept {
    return cancelled() ? Duration::zero() : std::max(at_ - now, Duration::zero());
  }
  // Until when to sleep at most. An order wakes nobody, so whoever may get one looks now and then.
  TimePoint look_at(TimePoint now) const noexcept {
    if (cancel_ == nullptr) return at_;
    cancel_->look(now);
    return std::min(at_, cancelled() ? now : now + kLook);
  }
  Deadline sooner(TimePoint other) const noexcept { return Deadline(std::min(at_, other), cancel_); }

 private:
  static constexpr milliseconds kLook{20};

  bool cancelled() const noexcept { return cancel_ != nullptr && cancel_->to_be_asked(); }

  TimePoint at_;
  Cancel* cancel_;
};

}  // namespace rediscluster
