// When the node last ended a connection in use; idle ones it may close as it likes. A process that dies
// closes its connections one after the other, so the others may be about to go, and what is sent over them
// would never be answered.
#pragma once

#include <atomic>

#include "base/clock.h"
#include "connection/connect_failures.h"

namespace rediscluster {

class PeerFailures {
 public:
  ConnectFailures connecting;  // of connections that could not be made at all

  void note_close(TimePoint now) noexcept {
    at_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }
  // True if the node closed a connection after `last_received_at`, the time of the last byte on the
  // connection that asks.
  bool closed_since(Clock::rep last_received_at) const noexcept {
    return at_.load(std::memory_order_relaxed) > last_received_at;
  }

 private:
  std::atomic<Clock::rep> at_{0};
};

}  // namespace rediscluster
