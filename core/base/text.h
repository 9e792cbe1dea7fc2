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

template <class... Parts>
std::string text(const Parts&... parts) {
  std::string out;
  (append_text(out, parts), ...);
  return out;
}

}  // namespace rediscluster
