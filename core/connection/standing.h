// What is known of a node: as one of several that a read may go to, and of what it lets us do.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace rediscluster {

class Standing {
 public:
  // After a failure: others are asked for a while, if there are any.
  void avoid(TimePoint now) noexcept { avoid_until_.store(ticks(now + kAvoid), std::memory_order_relaxed); }
  bool avoided(TimePoint now) const noexcept {
    return ticks(now) < avoid_until_.load(std::memory_order_relaxed);
  }

  // A running average of how long it takes to answer; 0: not measured yet.
  void note_latency(Duration took) noexcept {
    const Clock::rep before = latency_.load(std::memory_order_relaxed);
    const Clock::rep now = std::max<Clock::rep>(took.count(), 1);
    latency_.store(before == 0 ? now : before + (now - before) / 8, std::memory_order_relaxed);
  }
  Clock::rep latency() const noexcept { return latency_.load(std::memory_order_relaxed); }

  // It has let us run MULTI.
  bool takes_multi() const noexcept { return takes_multi_.load(std::memory_order_relaxed); }
  void note_takes_multi() noexcept { takes_multi_.store(true, std::memory_order_relaxed); }

  // Whether it is in the caller's availability zone.
  enum class Zone : int { kNotAsked, kOther, kSame };
  Zone zone() const noexcept { return zone_.load(std::memory_order_relaxed); }
  void set_zone(Zone zone) noexcept { zone_.store(zone, std::memory_order_relaxed); }

 private:
  static constexpr milliseconds kAvoid{1000};
  static Clock::rep ticks(TimePoint at) noexcept { return at.time_since_epoch().count(); }

  std::atomic<Clock::rep> avoid_until_{0};
  std::atomic<Clock::rep> latency_{0};
  std::atomic<bool> takes_multi_{false};
  std::atomic<Zone> zone_{Zone::kNotAsked};
};

}  // namespace rediscluster
