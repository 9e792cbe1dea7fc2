// What is known of a node: as one of several that a read may go to, and of what it lets us do.
#pragma once

#include <atomic>
#include <cstdint>

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

  // After that while, a node that has not been heard since is tried by one caller, for whom the others wait
  // as long again.
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

  // Whether it lets us run MULTI, as far as is known.
  enum class Multi : int { kNotAsked, kTaken, kRefused };
  Multi multi() const noexcept { return multi_.load(std::memory_order_relaxed); }
  void note_multi(Multi known) noexcept { multi_.store(known, std::memory_order_relaxed); }

  // Who of several is to be read from next, where this is the primary of their shard.
  std::uint32_t next_turn() noexcept { return turn_.fetch_add(1, std::memory_order_relaxed); }

  // Whether it is in the caller's availability zone.
  enum class Zone : int { kNotAsked, kOther, kSame };
  Zone zone() const noexcept { return zone_.load(std::memory_order_relaxed); }
  void set_zone(Zone zone) noexcept { zone_.store(zone, std::memory_order_relaxed); }

 private:
  static constexpr milliseconds kEjection{1000};
  static Clock::rep ticks(TimePoint at) noexcept { return at.time_since_epoch().count(); }

  std::atomic<Clock::rep> ejected_at_{0};  // 0: never
  std::atomic<Clock::rep> latency_{0};
  std::atomic<Multi> multi_{Multi::kNotAsked};
  std::atomic<std::uint32_t> turn_{0};
  std::atomic<Zone> zone_{Zone::kNotAsked};
};

}  // namespace rediscluster
