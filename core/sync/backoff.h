// Pauses that grow, with jitter so that callers who failed together do not come back together.
#pragma once

#include "base/clock.h"
#include "sync/random.h"

namespace rediscluster {

class Backoff {
 public:
  Backoff(Duration first, Duration most) noexcept : next_(first), most_(most) {}

  // Half to all of a span that grows by a half each time. The gentle slope matters: the end of an election
  // or of a slot's move is noticed within a third of the time it took.
  Duration next() noexcept {
    const auto span = next_.count();
    next_ = std::min(next_ + next_ / 2, most_);
    return Duration(span / 2 +
                    static_cast<Duration::rep>(random_bits() % static_cast<std::uint64_t>(span / 2 + 1)));
  }

 private:
  Duration next_;
  Duration most_;
};

}  // namespace rediscluster
