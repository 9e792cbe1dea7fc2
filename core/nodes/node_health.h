// How a node does, as one of several that a command may go to: whether it has failed lately, and how fast it
// answers.
#pragma once

#include <algorithm>
#include <atomic>

#include "base/clock.h"

namespace rediscluster {

class NodeHealth {
 public:
  // After a failure: others are asked for a while, if there are any.
  void eject(TimePoint now) noexcept { ejected_at_.store(ticks(now), std::memory_order_relaxed); }
  bool ejected(TimePoint now) const noexcept {
    const Clock::rep at = ejected_at_.load(std::memory_order_relaxed);
    return at != 0 && ticks(now) < at + Duration(kEjection).count();
  }

  // It has failed, and has not been heard since.
  bool silent_since_ejected(TimePoint last_received_at) const noexcept {
    const Clock::rep at = ejected_at_.load(std::memory_order_relaxed);
    return at != 0 && ticks(last_received_at) <= at;
  }

  // When the ejection ends and the node has sent nothing since, one caller probes it (half-open); all others
  // avoid it for as long again.
  enum class Probe { kNotNeeded, kMine, kOfAnother };
  Probe try_probe(TimePoint now, TimePoint last_received_at) noexcept {
    Clock::rep at = ejected_at_.load(std::memory_order_relaxed);
    if (at == 0 || ticks(last_received_at) > at) return Probe::kNotNeeded;
    const bool mine = ejected_at_.compare_exchange_strong(at, ticks(now), std::memory_order_relaxed);
    return mine ? Probe::kMine : Probe::kOfAnother;
  }

  // A running average of how long it takes to answer; 0: not measured yet.
  void note_latency(Duration took) noexcept {
    const Clock::rep before = latency_.load(std::memory_order_relaxed);
    const Clock::rep now = std::max<Clock::rep>(took.count(), 1);
    latency_.store(before == 0 ? now : before + (now - before) / 8, std::memory_order_relaxed);
  }
  Clock::rep latency() const noexcept { return latency_.load(std::memory_order_relaxed); }

 private:
  static constexpr milliseconds kEjection{1000};
  static Clock::rep ticks(TimePoint at) noexcept { return at.time_since_epoch().count(); }

  std::atomic<Clock::rep> ejected_at_{0};  // 0: never
  std::atomic<Clock::rep> latency_{0};
};

}  // namespace rediscluster
