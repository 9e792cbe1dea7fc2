// Command names, option words and hosts are ASCII and compared without regard to case in every locale.
#pragma once

#include <array>
#include <string_view>

namespace rediscluster {

inline constexpr std::array<char, 256> kLowerCase = [] {
  std::array<char, 256> table{};
  for (int c = 0; c < 256; ++c) {
    table[static_cast<std::size_t>(c)] = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  }
  return table;
}();

constexpr char to_lower(char c) noexcept { return kLowerCase[static_cast<unsigned char>(c)]; }

constexpr char to_upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; }

// `word` must be lower case already.
constexpr bool equals_lower(std::string_view text, std::string_view word) noexcept {
  if (text.size() != word.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (to_lower(text[i]) != word[i]) return false;
  }
  return true;
}

}  // namespace rediscluster
