#include "commands/key_slot.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace rediscluster {
namespace {

// CRC16/XMODEM: polynomial 0x1021, starts at 0, most significant bit first. Table n tells what a byte with n
// bytes after it adds, so that four bytes are taken at a time.
using Crc16Tables = std::array<std::array<std::uint16_t, 256>, 4>;

constexpr Crc16Tables make_crc16_tables() {
  Crc16Tables tables{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte << 8;
    for (auto& table : tables) {
      for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1) ^ 0x1021U : crc << 1;
      table[byte] = static_cast<std::uint16_t>(crc);
    }
  }
  return tables;
}

constexpr Crc16Tables kCrc16 = make_crc16_tables();

std::uint16_t crc16(std::string_view bytes) noexcept {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  unsigned crc = 0;  // 16 bits of it
  for (; left >= 4; left -= 4, at += 4) {
    crc = static_cast<unsigned>(kCrc16[3][crc >> 8 ^ at[0]] ^ kCrc16[2][(crc & 0xFF) ^ at[1]] ^
                                kCrc16[1][at[2]] ^ kCrc16[0][at[3]]);
  }
  for (; left > 0; --left, ++at) crc = (crc << 8 & 0xFFFF) ^ kCrc16[0][crc >> 8 ^ *at];
  return static_cast<std::uint16_t>(crc);
}

// What is hashed of a key with a '{' at `open`. Out of line: most keys have none.
[[gnu::noinline]] std::string_view tag_of(std::string_view key, std::size_t open) noexcept {
  const std::size_t close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

// Whether a byte of the eight is the brace: then, and only then, there is a zero byte after the XOR.
bool has_brace(const char* bytes) noexcept {
  constexpr std::uint64_t kEach = 0x0101010101010101U;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  word ^= kEach * '{';
  return ((word - kEach) & ~word & (kEach * 0x80)) != 0;
}

bool may_have_tag(std::string_view key) noexcept {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (key.size() >= kWord && key.size() <= 2 * kWord)  // most keys: two words, which overlap
    return has_brace(key.data()) || has_brace(key.data() + key.size() - kWord);
  return true;
}

}  // namespace

std::uint16_t key_slot(std::string_view key) noexcept {
  if (may_have_tag(key)) {
    const std::size_t open = key.find('{');
    if (open != std::string_view::npos) key = tag_of(key, open);
  }
  return crc16(key) % kSlotCount;
}

}  // namespace rediscluster
