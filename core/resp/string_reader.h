// Reads the bytes of a bulk string whose header is past. They go straight to their place as they come.
#pragma once

#include <cstdint>
#include <string_view>

#include "resp/read_result.h"

namespace rediscluster {

class StringReader {
 public:
  // `place` has room for `length` bytes; null: they are dropped.
  void begin(char* place, std::uint64_t length) noexcept;
  // Takes what belongs to the string, and its end of line, from the front of `bytes`.
  ReadResult read(std::string_view& bytes) noexcept;

 private:
  char* place_ = nullptr;         // of the next byte, or null
  std::uint64_t bytes_left_ = 0;  // that are still to come, the end of line with them
};

}  // namespace rediscluster
