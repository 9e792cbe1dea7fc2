#include "resp/decode.h"

#include <charconv>

namespace rediscluster {

// It is our own encoding, so it is well-formed.
DecodedArgs::DecodedArgs(std::string_view encoded) {
  const char* at = encoded.data() + 1;  // past '*'
  const char* const end = encoded.data() + encoded.size();
  std::size_t count = 0;
  at = std::from_chars(at, end, count).ptr + 2;
  data_.reserve(count);
  lengths_.reserve(count);
  while (count-- > 0) {
    std::size_t length = 0;
    at = std::from_chars(at + 1, end, length).ptr + 2;
    data_.push_back(at);
    lengths_.push_back(length);
    at += length + 2;
  }
}

}  // namespace rediscluster
