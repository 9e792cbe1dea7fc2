// Time as every layer sees it: points on the monotonic clock, handed in by the caller where a test wants to
// play with them.
#pragma once

#include <chrono>

namespace rediscluster {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;
using std::chrono::milliseconds;

}  // namespace rediscluster
