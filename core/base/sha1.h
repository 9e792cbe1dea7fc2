// The SHA-1 of a script, by which servers name it. For names, not for secrets.
#pragma once

#include <array>
#include <string_view>

namespace rediscluster {

inline constexpr std::size_t kSha1Digits = 40;

// In lower-case hexadecimal digits, with a NUL behind them.
std::array<char, kSha1Digits + 1> sha1(std::string_view text) noexcept;

}  // namespace rediscluster
