// Time as every layer sees it: points on the monotonic clock, handed in by the caller where a test wants to
// play with them.
#pragma once

#include <algorithm>
#include <chrono>

namespace rediscluster {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;
using std::chrono::milliseconds;

// When a call must have returned.
class Deadline {
 public:
  explicit Deadline(TimePoint at) noexcept : at_(at) {}
  static Deadline after(Duration span, TimePoint now = Clock::now()) noexcept { return Deadline(now + span); }

  TimePoint at() const noexcept { return at_; }
  bool passed(TimePoint now) const noexcept { return now >= at_; }
  Duration left(TimePoint now) const noexcept { return std::max(at_ - now, Duration::zero()); }
  Deadline sooner(TimePoint other) const noexcept { return Deadline(std::min(at_, other)); }

 private:
  TimePoint at_;
};

}  // namespace rediscluster
