// Reads the header of an item that has a length, "$5\r\n" or "*3\r\n", which may come in parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "resp/item_type.h"
#include "resp/read_result.h"

namespace rediscluster {

struct ItemHeader {
  char type = 0;
  bool nil = false;          // its length is -1
  std::uint64_t number = 0;  // bytes of a string; elements, or pairs, of an aggregate
};

class HeaderReader {
 public:
  explicit HeaderReader(Protocol protocol) noexcept : protocol_(protocol) {}

  // Takes the bytes of a header from the front of `bytes`; a header that is incomplete is gone on with by the
  // next call. Of kMalformed, failure() says why.
  ReadResult read(std::string_view& bytes, ItemHeader& header) noexcept;
  const char* failure() const noexcept { return failure_; }

  // "$" and the digits of any length, with its sign and the end of its line.
  static constexpr std::size_t kMaxHeader = 24;

 private:
  ReadResult decode(std::string_view line, ItemHeader& header) noexcept;
  ReadResult fail(const char* why) noexcept;

  // What has come of a header that has not come whole. Empty between two headers, and for most of them
  // always.
  char held_[kMaxHeader] = {};
  std::size_t held_size_ = 0;
  const char* failure_ = nullptr;
  const Protocol protocol_;
};

}  // namespace rediscluster
