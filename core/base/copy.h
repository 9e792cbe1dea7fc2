// memcpy and memcmp without the call for what is short, as the names of commands, keys and many values are.
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

template <class Piece>
bool equal_in_two_pieces(const char* a, const char* b, std::size_t size) noexcept {
  const auto piece = [](const char* at) {
    Piece bytes;
    std::memcpy(&bytes, at, sizeof bytes);
    return bytes;
  };
  const std::size_t last = size - sizeof(Piece);
  return piece(a) == piece(b) && piece(a + last) == piece(b + last);
}

// Of at most 16 bytes, and at least one.
inline bool equal_short(const char* a, const char* b, std::size_t size) noexcept {
  if (size >= sizeof(std::uint64_t)) return equal_in_two_pieces<std::uint64_t>(a, b, size);
  if (size >= sizeof(std::uint32_t)) return equal_in_two_pieces<std::uint32_t>(a, b, size);
  return a[0] == b[0] && a[size / 2] == b[size / 2] && a[size - 1] == b[size - 1];
}

}  // namespace rediscluster
