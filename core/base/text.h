// Building messages.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace rediscluster {

inline void append_text(std::string& out, std::string_view part) { out.append(part); }
template <std::integral Number>
void append_text(std::string& out, Number number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

inline std::size_t most_of(std::string_view part) noexcept { return part.size(); }
template <std::integral Number>
std::size_t most_of(Number) noexcept {
  return 20;  // the digits of the largest
}

template <class... Parts>
std::string text(const Parts&... parts) {
  std::string out;
  out.reserve((std::size_t{0} + ... + most_of(parts)));
  (append_text(out, parts), ...);
  return out;
}

}  // namespace rediscluster
