#include "resp/string_reader.h"

#include <algorithm>

namespace rediscluster {
namespace {

constexpr std::string_view kEndOfLine = "\r\n";

}  // namespace

void StringReader::begin(char* place, std::uint64_t length) noexcept {
  place_ = place;
  bytes_left_ = length + kEndOfLine.size();
}

ReadResult StringReader::read(std::string_view& bytes) noexcept {
  if (bytes_left_ > kEndOfLine.size()) {
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), bytes_left_ - kEndOfLine.size()));
    if (place_ != nullptr) place_ = std::copy_n(bytes.data(), size, place_);
    bytes.remove_prefix(size);
    bytes_left_ -= size;
  }
  for (; bytes_left_ > 0 && !bytes.empty(); --bytes_left_) {
    if (bytes[0] != kEndOfLine[kEndOfLine.size() - bytes_left_]) return ReadResult::kMalformed;
    bytes.remove_prefix(1);
  }
  return bytes_left_ > 0 ? ReadResult::kIncomplete : ReadResult::kDone;
}

}  // namespace rediscluster
