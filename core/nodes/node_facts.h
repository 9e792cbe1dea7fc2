// What a handle has found out about a node, and keeps about it.
#pragma once

#include <atomic>
#include <cstdint>

namespace rediscluster {

class NodeFacts {
 public:
  // Whether it lets the user run MULTI, as far as is known.
  enum class Multi : int { kNotAsked, kTaken, kRefused };
  Multi multi() const noexcept { return multi_.load(std::memory_order_relaxed); }
  void note_multi(Multi known) noexcept { multi_.store(known, std::memory_order_relaxed); }

  // Whether it is in the caller's availability zone.
  enum class Zone : int { kNotAsked, kOther, kSame };
  Zone zone() const noexcept { return zone_.load(std::memory_order_relaxed); }
  void set_zone(Zone zone) noexcept { zone_.store(zone, std::memory_order_relaxed); }

  // Which of the nodes of a shard is to be read from next. The shard's primary counts.
  std::uint32_t next_turn() noexcept { return turn_.fetch_add(1, std::memory_order_relaxed); }

 private:
  std::atomic<Multi> multi_{Multi::kNotAsked};
  std::atomic<Zone> zone_{Zone::kNotAsked};
  std::atomic<std::uint32_t> turn_{0};
};

}  // namespace rediscluster
