#include "base/sha1.h"

#include <bit>
#include <cstdint>

namespace rediscluster {
namespace {

constexpr std::size_t kBlock = 64;

using State = std::array<std::uint32_t, 5>;

// FIPS 180-4, 6.1.2: one block into the state.
void add_block(State& state, const unsigned char* block) noexcept {
  std::array<std::uint32_t, 80> words;
  for (std::size_t i = 0; i < 16; ++i) {
    const unsigned char* const at = block + 4 * i;
    words[i] = std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
  }
  for (std::size_t i = 16; i < 80; ++i)
    words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);

  auto [a, b, c, d, e] = state;
  for (std::size_t i = 0; i < 80; ++i) {
    std::uint32_t mixed = b ^ c ^ d;
    std::uint32_t constant = i < 40 ? 0x6ED9EBA1 : 0xCA62C1D6;
    if (i < 20) {
      mixed = (b & c) | (~b & d);
      constant = 0x5A827999;
    } else if (i >= 40 && i < 60) {
      mixed = (b & c) | (b & d) | (c & d);
      constant = 0x8F1BBCDC;
    }
    const std::uint32_t next = std::rotl(a, 5) + mixed + e + constant + words[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

}  // namespace

std::array<char, kSha1Digits + 1> sha1(std::string_view text) noexcept {
  State state{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t at = 0;
  for (; text.size() - at >= kBlock; at += kBlock) add_block(state, bytes + at);

  // What is left, a one bit, zeros, and the length in bits: one block, or two.
  std::array<unsigned char, 2 * kBlock> last{};
  const std::size_t left = text.size() - at;
  for (std::size_t i = 0; i < left; ++i) last[i] = bytes[at + i];
  last[left] = 0x80;
  const std::size_t size = left + 9 <= kBlock ? kBlock : 2 * kBlock;
  const std::uint64_t bits = std::uint64_t{text.size()} * 8;
  for (std::size_t i = 0; i < 8; ++i) last[size - 1 - i] = static_cast<unsigned char>(bits >> (8 * i));
  for (std::size_t i = 0; i < size; i += kBlock) add_block(state, last.data() + i);

  constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, kSha1Digits + 1> digits{};
  for (std::size_t i = 0; i < kSha1Digits; ++i) digits[i] = kDigits[state[i / 8] >> (28 - 4 * (i % 8)) & 0xF];
  return digits;
}

}  // namespace rediscluster
