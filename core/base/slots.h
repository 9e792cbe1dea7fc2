#pragma once

namespace rediscluster {

inline constexpr int kSlotCount = 16384;  // of a Redis Cluster, always

}  // namespace rediscluster
