// At most two at once and eight a second after that: ten in any second, two in any tenth of one.
#pragma once

#include <algorithm>

#include "base/clock.h"
#include "sync/random.h"

namespace rediscluster {

class Throttle {
 public:
  bool take(TimePoint now) noexcept {
    refill(now);
    if (tokens_ == 0) return false;
    if (tokens_-- == kMax) next_ = now + pace();
    return true;
  }
  void give_back() noexcept { tokens_ = std::min(tokens_ + 1, kMax); }
  // When take may succeed again.
  TimePoint next() const noexcept { return tokens_ > 0 ? TimePoint::min() : next_; }

 private:
  static constexpr int kMax = 2;

  // Jitter keeps many handles that saw the same failure apart.
  static Duration pace() noexcept { return milliseconds(125 + random_below(25)); }

  void refill(TimePoint now) noexcept {
    while (tokens_ < kMax && now >= next_) {
      ++tokens_;
      next_ = tokens_ == kMax ? TimePoint::max() : std::max(next_ + pace(), now);
    }
  }

  int tokens_ = kMax;
  TimePoint next_ = TimePoint::max();
};

}  // namespace rediscluster
