// How long a call may take.
#pragma once

#include <algorithm>

#include "base/clock.h"
#include "sync/cancel.h"

namespace rediscluster {

// When a call must have returned: at a time, or when another thread cancels it.
class Deadline {
 public:
  explicit Deadline(TimePoint at, Cancel* cancel = nullptr) noexcept : at_(at), cancel_(cancel) {}
  static Deadline after(Duration span, TimePoint now = Clock::now(), Cancel* cancel = nullptr) noexcept {
    return Deadline(now + span, cancel);
  }

  TimePoint at() const noexcept { return at_; }
  bool passed(TimePoint now) const noexcept { return now >= at_ || cancelled(); }
  // True if `passed()` was true only because the call was cancelled, and the user's check has now withdrawn
  // the cancellation: the call continues. Runs the user's check, so call it only while holding no lock and no
  // leader role.
  bool was_withdrawn() const { return cancelled() && !cancel_->confirm(); }
  // The call is over: its time is up, or it was cancelled and the user's check did not withdraw that. Runs the
  // user's check, as was_withdrawn() does.
  bool expired(TimePoint now) const { return passed(now) && !was_withdrawn(); }
  Duration left(TimePoint now) const noexcept {
    return cancelled() ? Duration::zero() : std::max(at_ - now, Duration::zero());
  }
  // Until when to sleep at most. A cancellation wakes nobody, so a call that has a token looks now and then.
  TimePoint look_at(TimePoint now) const noexcept {
    if (cancel_ == nullptr) return at_;
    cancel_->note_waiting(now);
    return std::min(at_, cancelled() ? now : now + kLook);
  }
  Deadline sooner(TimePoint other) const noexcept { return Deadline(std::min(at_, other), cancel_); }

 private:
  static constexpr milliseconds kLook{20};

  bool cancelled() const noexcept { return cancel_ != nullptr && cancel_->needs_check(); }

  TimePoint at_;
  Cancel* cancel_;
};

}  // namespace rediscluster
