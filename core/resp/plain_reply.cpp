#include "resp/plain_reply.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/letter_case.h"

namespace rediscluster {

bool read_double(std::string_view text, double& number) noexcept {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (equals_lower(text, "inf")) {
    number = std::numeric_limits<double>::infinity();
  } else if (equals_lower(text, "nan")) {
    number = std::numeric_limits<double>::quiet_NaN();
  } else {
    // from_chars has words of its own for infinities.
    if (text.empty() || !((text[0] >= '0' && text[0] <= '9') || text[0] == '.')) return false;
    const auto end = text.data() + text.size();
    const auto [after, failure] = std::from_chars(text.data(), end, number);
    if (failure != std::errc() || after != end) return false;
  }
  number = std::copysign(number, negative ? -1.0 : 1.0);
  return true;
}

std::size_t read_plain_resp3(std::string_view bytes, PlainReply& reply) noexcept {
  if (bytes.starts_with("_\r\n")) return 3;
  if (bytes.starts_with("#t\r\n") || bytes.starts_with("#f\r\n")) {
    reply.type = ReplyType::kBool;
    reply.integer = bytes[1] == 't' ? 1 : 0;
    return 4;
  }
  if (!bytes.starts_with(',')) return 0;
  PlainReply line;
  const char* const end = bytes.data() + bytes.size();
  const char* const after = plain::read_status(bytes.data() + 1, end, line);
  if (after == nullptr || !read_double(line.text, reply.number)) return 0;
  reply.type = ReplyType::kDouble;
  reply.text = line.text;
  return static_cast<std::size_t>(after - bytes.data());
}

}  // namespace rediscluster
