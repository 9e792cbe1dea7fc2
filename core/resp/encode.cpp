#include "resp/encode.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/copy.h"

namespace rediscluster {
namespace {

char* end_line(char* to) noexcept {
  std::memcpy(to, "\r\n", 2);
  return to + 2;
}

char digit(std::size_t number) noexcept { return static_cast<char>('0' + number); }

[[gnu::noinline]] char* put_number(std::size_t number, char* to) noexcept {
  char* const end = to + decimal_digits(number);
  for (char* at = end; at != to; number /= 10) *--at = digit(number % 10);
  return end;
}

// "00", "01", ... "99", each as the two bytes are read from memory by a little-endian machine.
constexpr std::array<std::uint16_t, 100> kTwoDigits = [] {
  std::array<std::uint16_t, 100> pairs{};
  for (unsigned i = 0; i < 100; ++i)
    pairs[i] = static_cast<std::uint16_t>(('0' + i / 10) | ('0' + i % 10) << 8);
  return pairs;
}();

// Of one or two digits, as nearly all are: four bytes go in one store.
inline char* put_header(char kind, std::size_t number, char* to) noexcept {
  if (std::endian::native == std::endian::little && number < 100) {
    const auto first = static_cast<std::uint32_t>(static_cast<unsigned char>(kind));
    const bool one_digit = number < 10;
    const std::uint32_t rest = one_digit ? (0x0A0D3000U + (static_cast<std::uint32_t>(number) << 8))
                                         : (0x0D000000U | std::uint32_t{kTwoDigits[number]} << 8);
    const std::uint32_t four = first | rest;
    std::memcpy(to, &four, sizeof four);
    if (one_digit) return to + sizeof four;
    to[sizeof four] = '\n';
    return to + sizeof four + 1;
  }
  *to = kind;
  return end_line(put_number(number, to + 1));
}

}  // namespace

std::size_t count_digits(std::size_t number) noexcept {
  std::size_t count = 1;
  for (; number >= 10; number /= 10) ++count;
  return count;
}

char* encode(const Args& args, char* to) noexcept {
  to = put_header('*', args.size(), to);
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string_view argument = args[i];
    to = put_header('$', argument.size(), to);
    copy_bytes(argument, to);
    to = end_line(to + argument.size());
  }
  return to;
}

}  // namespace rediscluster
