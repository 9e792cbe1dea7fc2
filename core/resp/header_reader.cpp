#include "resp/header_reader.h"

#include <algorithm>
#include <charconv>

namespace rediscluster {
namespace {

// Whether more bytes can still make a header of it. What exceeds a limit is waited for too: it may yet turn
// out to be no number.
bool may_become_header(std::string_view begun) noexcept {
  return begun.substr(1).find_first_not_of("0123456789-\r?") == std::string_view::npos;
}

}  // namespace

ReadResult HeaderReader::fail(const char* why) noexcept {
  failure_ = why;
  return ReadResult::kMalformed;
}

ReadResult HeaderReader::read(std::string_view& bytes, ItemHeader& header) noexcept {
  const std::size_t held = held_size_;
  const auto more = bytes.substr(0, kMaxHeader - held);
  const auto end = more.find('\n');
  const auto taken = more.substr(0, end == std::string_view::npos ? more.size() : end + 1);
  std::string_view whole = taken;
  if (held > 0 || end == std::string_view::npos) {
    std::copy(taken.begin(), taken.end(), held_ + held);
    held_size_ += taken.size();
    whole = {held_, held_size_};
  }
  bytes.remove_prefix(taken.size());
  if (end == std::string_view::npos) {
    const bool may_go_on = whole.size() < kMaxHeader && may_become_header(whole);
    return may_go_on ? ReadResult::kIncomplete : fail(malformed::kNoLength);
  }
  held_size_ = 0;
  return decode(whole.substr(0, whole.size() - 1), header);
}

// A line without its '\n'.
ReadResult HeaderReader::decode(std::string_view line, ItemHeader& header) noexcept {
  header.type = line[0];
  if (protocol_ == Protocol::kResp3 && line.size() == 3 && line[1] == '?')
    return fail("a streamed reply, which no server is known to send");
  if (line.size() < 3 || line.back() != '\r') return fail(malformed::kNoLength);
  std::int64_t number = 0;
  const char* const last = line.data() + line.size() - 1;
  const auto [after, failure] = std::from_chars(line.data() + 1, last, number);
  const bool minus_zero = number == 0 && line[1] == '-';
  if (failure != std::errc() || after != last || number < -1 || minus_zero) return fail(malformed::kNoLength);
  header.nil = number == -1;
  header.number = static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0));
  return ReadResult::kDone;
}

}  // namespace rediscluster
