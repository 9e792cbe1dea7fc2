// Small random numbers for jitter and for the choice of nodes; not for secrets.
#pragma once

#include <cstdint>

namespace rediscluster {

std::uint64_t random_bits() noexcept;
std::uint32_t random_below(std::uint32_t limit) noexcept;  // 0 .. limit-1; 0 when limit is 0

}  // namespace rediscluster
