// What came of moving bytes over a connection.
#pragma once

#include <cstddef>

namespace rediscluster {

// Bytes moved, or why none were.
struct Transfer {
  std::size_t bytes = 0;
  bool would_block = false;
  bool closed = false;  // by the peer, in order
  int failure = 0;      // errno, or 0
};

}  // namespace rediscluster
