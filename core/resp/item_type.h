// The types of RESP, each by the byte that an item begins with.
#pragma once

#include <cstdint>
#include <string_view>

namespace rediscluster {

enum class Protocol : std::uint8_t { kResp2, kResp3 };

constexpr bool is_one_of(char type, std::string_view types) noexcept {
  return types.find(type) != std::string_view::npos;
}

// A bulk string, a verbatim string or a bulk error: a length, then so many bytes.
constexpr bool is_string_type(char type) noexcept { return is_one_of(type, "$=!"); }
// An array, map, set, push or attribute: a count, then so many items (or pairs).
constexpr bool is_aggregate_type(char type) noexcept { return is_one_of(type, "*%~>|"); }
// What ends with its line.
constexpr bool is_line_type(char type) noexcept { return is_one_of(type, "+-:_#,("); }
// Whether the protocol has this type at all.
constexpr bool is_type_of(char type, Protocol protocol) noexcept {
  if (protocol == Protocol::kResp2) return is_one_of(type, "+-:$*");
  return is_string_type(type) || is_aggregate_type(type) || is_line_type(type);
}
constexpr bool is_error_type(char type) noexcept { return is_one_of(type, "-!"); }

// Without wrapping around: who promises as many items as that is believed as long as he sends some.
constexpr std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) noexcept {
  return a + b < a ? ~std::uint64_t{0} : a + b;
}

// How many items stand behind the header of an aggregate: twice the number for what consists of pairs.
constexpr std::uint64_t items_of(char type, std::uint64_t number) noexcept {
  return type == '%' || type == '|' ? saturating_add(number, number) : number;
}

}  // namespace rediscluster
