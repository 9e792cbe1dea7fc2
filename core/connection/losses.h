// When the node last ended a connection in use; idle ones it may close as it likes. A process that dies
// closes its connections one after the other, so the others may be about to go, and what is sent over them
// would never be answered.
#pragma once

#include <atomic>

#include "base/clock.h"
#include "connection/refusals.h"

namespace rediscluster {

class Losses {
 public:
  Refusals refusals;  // of connections that could not be made at all

  void note(TimePoint now) noexcept { at_.store(now.time_since_epoch().count(), std::memory_order_relaxed); }
  // Since something was heard, at `heard_at`, on another connection.
  bool since(Clock::rep heard_at) const noexcept { return at_.load(std::memory_order_relaxed) > heard_at; }

 private:
  std::atomic<Clock::rep> at_{0};
};

}  // namespace rediscluster
