// How much of a pipeline is under way to one node at a time: neither side's memory nor its sockets fill up.
#pragma once

#include <cstddef>

namespace rediscluster {

inline constexpr std::size_t kWindowCommands = 10000;
inline constexpr std::size_t kWindowBytes = std::size_t{16} * 1024 * 1024;

}  // namespace rediscluster
