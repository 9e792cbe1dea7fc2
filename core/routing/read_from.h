// Which of the nodes that have a slot a command that only reads may go to.
#pragma once

namespace rediscluster {

// The numbers are the C API's RC_READ_*.
enum class ReadFrom : int {
  kUsual = -1,  // of a call: as its handle
  kPrimary = 0,
  kPreferReplica = 1,
  kReplica = 2,
  kRoundRobin = 3,
  kLowestLatency = 4,
  kSameZone = 5,
};

inline constexpr int kReadFromCount = 6;

}  // namespace rediscluster
