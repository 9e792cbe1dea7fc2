#include "commands/key_slot.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace rediscluster {
namespace {

// CRC16/XMODEM: polynomial 0x1021, starts at 0, most significant bit first. Table n tells what a byte with n
// bytes behind it adds to the sum, so that a block is one exclusive or of a value a byte.
constexpr std::size_t kBlock = 16;
using Crc16Tables = std::array<std::array<std::uint16_t, 256>, kBlock>;

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

// Of at most a block, which the bytes end at `end`. Each case goes on with the next: a jump, no loop.
inline std::uint16_t crc16_of_block(const unsigned char* end, std::size_t size) noexcept {
  std::uint16_t crc = 0;
#define REDISCLUSTER_CRC16_BYTE(n)      \
  case n:                               \
    crc ^= kCrc16[(n)-1][*(end - (n))]; \
    [[fallthrough]];
  switch (size) {
    REDISCLUSTER_CRC16_BYTE(16)
    REDISCLUSTER_CRC16_BYTE(15)
    REDISCLUSTER_CRC16_BYTE(14)
    REDISCLUSTER_CRC16_BYTE(13)
    REDISCLUSTER_CRC16_BYTE(12)
    REDISCLUSTER_CRC16_BYTE(11)
    REDISCLUSTER_CRC16_BYTE(10)
    REDISCLUSTER_CRC16_BYTE(9)
    REDISCLUSTER_CRC16_BYTE(8)
    REDISCLUSTER_CRC16_BYTE(7)
    REDISCLUSTER_CRC16_BYTE(6)
    REDISCLUSTER_CRC16_BYTE(5)
    REDISCLUSTER_CRC16_BYTE(4)
    REDISCLUSTER_CRC16_BYTE(3)
    REDISCLUSTER_CRC16_BYTE(2)
    REDISCLUSTER_CRC16_BYTE(1)
    default:
      return crc;
  }
#undef REDISCLUSTER_CRC16_BYTE
}

// Of more than a block: a short one first, then whole ones, each of which takes the sum so far into its first
// two bytes. Out of line: most keys are short.
[[gnu::noinline]] std::uint16_t crc16_of_blocks(const unsigned char* at, std::size_t size) noexcept {
  const std::size_t first = size % kBlock;
  std::uint16_t crc = crc16_of_block(at + first, first);
  for (at += first, size -= first; size > 0; at += kBlock, size -= kBlock) {
    const auto high = static_cast<std::size_t>(at[0] ^ crc >> 8);
    const auto low = static_cast<std::size_t>(at[1] ^ (crc & 0xFF));
    crc = crc16_of_block(at + kBlock, kBlock - 2);
    crc ^= kCrc16[kBlock - 1][high];
    crc ^= kCrc16[kBlock - 2][low];
  }
  return crc;
}

// What is hashed of a key: its hash tag, or all of it where it has none.
std::string_view hashed_part(std::string_view key) noexcept {
  const std::size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
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

// Most keys are two words, which overlap, and have no hash tag.
bool is_usual(std::string_view key) noexcept {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  static_assert(2 * kWord == kBlock);
  return key.size() >= kWord && key.size() <= 2 * kWord && !has_brace(key.data()) &&
         !has_brace(key.data() + key.size() - kWord);
}

std::uint16_t slot_of_sum(std::uint16_t crc) noexcept { return crc % kSlotCount; }

const unsigned char* bytes_of(std::string_view key) noexcept {
  return reinterpret_cast<const unsigned char*>(key.data());
}

[[gnu::noinline]] std::uint16_t slot_of_unusual(std::string_view key) noexcept {
  const std::string_view hashed = hashed_part(key);
  const std::size_t size = hashed.size();
  return slot_of_sum(size > kBlock ? crc16_of_blocks(bytes_of(hashed), size)
                                   : crc16_of_block(bytes_of(hashed) + size, size));
}

}  // namespace

std::uint16_t key_slot(std::string_view key) noexcept {
  if (!is_usual(key)) [[unlikely]]
    return slot_of_unusual(key);
  return slot_of_sum(crc16_of_block(bytes_of(key) + key.size(), key.size()));
}

}  // namespace rediscluster
