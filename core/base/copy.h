// memcpy without the call for what is short, as the names of commands, keys and many values are.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace rediscluster {

template <class Piece>  // twice, overlapping where there are fewer bytes than in two pieces
void copy_two_pieces(std::string_view from, char* to) noexcept {
  Piece first;
  Piece last;
  const std::size_t at = from.size() - sizeof(Piece);
  std::memcpy(&first, from.data(), sizeof(Piece));
  std::memcpy(&last, from.data() + at, sizeof(Piece));
  std::memcpy(to, &first, sizeof(Piece));
  std::memcpy(to + at, &last, sizeof(Piece));
}

inline void copy_bytes(std::string_view from, char* to) noexcept {
  if (from.size() > 2 * sizeof(std::uint64_t)) {
    std::memcpy(to, from.data(), from.size());
  } else if (from.size() >= sizeof(std::uint64_t)) {
    copy_two_pieces<std::uint64_t>(from, to);
  } else if (from.size() >= sizeof(std::uint32_t)) {
    copy_two_pieces<std::uint32_t>(from, to);
  } else if (!from.empty()) {
    to[0] = from[0];
    to[from.size() / 2] = from[from.size() / 2];
    to[from.size() - 1] = from[from.size() - 1];
  }
}

}  // namespace rediscluster
