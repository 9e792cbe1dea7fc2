// Commands as they go over the wire: arrays of bulk strings.
#pragma once

#include <cstddef>

#include "base/args.h"

namespace rediscluster {

std::size_t count_digits(std::size_t number) noexcept;
inline std::size_t decimal_digits(std::size_t number) noexcept {
  if (number < 10) return 1;
  return number < 100 ? 2 : count_digits(number);
}

inline std::size_t encoded_size(const Args& args) noexcept {
  constexpr std::size_t kAround = 5;  // '$' or '*', and the ends of lines
  std::size_t size = decimal_digits(args.size()) + kAround - 2;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::size_t length = args[i].size();
    size += decimal_digits(length) + kAround + length;
  }
  return size;
}

// Not less than encoded_size() of so many arguments of so many bytes altogether.
inline std::size_t encoded_size_at_most(std::size_t count, std::size_t bytes) noexcept {
  constexpr std::size_t kHeader =
      1 + 20 + 2;  // '$' or '*', the digits of the largest number, the end of line
  return kHeader + count * (kHeader + 2) + bytes;
}

char* encode(const Args& args, char* to) noexcept;  // returns the end; writes encoded_size(args) bytes

}  // namespace rediscluster
