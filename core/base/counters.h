// What a handle counts; rc_info_counter reads them by name.
#pragma once

#include <atomic>
#include <cstdint>

namespace rediscluster {

struct Counters {
  std::atomic<std::uint64_t> refreshes{0};  // CLUSTER SLOTS sent
  std::atomic<std::uint64_t> moved{0};      // MOVED answers
  std::atomic<std::uint64_t> ask{0};        // ASK answers
  std::atomic<std::uint64_t> waits{0};      // answers that asked for patience: TRYAGAIN, CLUSTERDOWN, ...
  std::atomic<std::uint64_t> retries{0};    // commands sent again after a failure
  std::atomic<std::uint64_t> timeouts{0};   // calls that ended at their deadline
  std::atomic<std::uint64_t> connects{0};   // connections opened
  std::atomic<std::uint64_t> unknown{0};    // commands whose outcome is not known
  std::atomic<std::uint64_t> subscription_messages{0};  // given to subscriptions
  std::atomic<std::uint64_t> subscription_gaps{0};      // told of, but those of slow subscribers
  std::atomic<std::uint64_t> subscription_dropped{0};   // messages, by the policy of a slow subscriber
  std::atomic<std::uint64_t> subscription_unwanted{0};  // messages that nobody had asked for
};

inline void count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) noexcept {
  counter.fetch_add(by, std::memory_order_relaxed);
}

}  // namespace rediscluster
