// The usual reply, which is one piece and has come whole: a string, a status, an integer or nil, read where
// it lies. RESP3 adds a double and a boolean.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

#include "resp/reply.h"

namespace rediscluster {

struct PlainReply {
  ReplyType type = ReplyType::kNil;
  std::string_view text;     // kString, kStatus, kDouble
  std::int64_t integer = 0;  // kInteger, kBool
  double number = 0;         // kDouble
};

// Whatever the locale; "inf" and "nan" are among them. False: it is none.
bool read_double(std::string_view text, double& number) noexcept;

namespace plain {

inline constexpr std::ptrdiff_t kMaxDigits = 18;  // so that no number overflows

inline bool ends_line(const char* at) noexcept { return std::memcmp(at, "\r\n", 2) == 0; }

// The number in a line, of which the first byte is past. Returns the line's end, or null where it is no
// number, has a zero in front, or has not all come.
inline const char* read_number(const char* at, const char* end, std::int64_t& number) noexcept {
  const char* const first = at;
  std::uint64_t value = 0;
  for (; at != end && static_cast<unsigned char>(*at - '0') <= 9; ++at)
    value = value * 10 + static_cast<unsigned char>(*at - '0');
  if (at == first || at - first > kMaxDigits || (*first == '0' && at - first > 1) || end - at < 2 ||
      !ends_line(at))
    return nullptr;
  number = static_cast<std::int64_t>(value);
  return at + 2;
}

inline const char* read_integer(const char* at, const char* end, PlainReply& reply) noexcept {
  const bool negative = at != end && *at == '-';
  reply.type = ReplyType::kInteger;
  const char* const after = read_number(at + (negative ? 1 : 0), end, reply.integer);
  if (!negative) return after;
  reply.integer = -reply.integer;
  return reply.integer == 0 ? nullptr : after;
}

// A string and its end of line, of which the first byte is past. Null where it is none, or has not all come.
inline const char* read_text(const char* at, const char* end, std::string_view& found) noexcept {
  std::int64_t length = 0;
  const char* const text = read_number(at, end, length);
  if (text == nullptr || end - text < length + 2 || !ends_line(text + length)) return nullptr;
  found = {text, static_cast<std::size_t>(length)};
  return text + length + 2;
}

inline const char* read_string(const char* at, const char* end, PlainReply& reply) noexcept {
  const char* const after = read_text(at, end, reply.text);
  if (after != nullptr) {
    reply.type = ReplyType::kString;
    return after;
  }
  constexpr std::string_view kNil = "-1\r\n";
  const bool nil = std::string_view(at, static_cast<std::size_t>(end - at)).starts_with(kNil);
  return nil ? at + kNil.size() : nullptr;
}

// One with a stray end of line in it is a status to some versions of hiredis only.
inline const char* read_status(const char* at, const char* end, PlainReply& reply) noexcept {
  const char* const text = at;
  while (at != end && static_cast<unsigned char>(*at) > '\r') ++at;
  if (end - at < 2 || !ends_line(at)) return nullptr;
  reply.type = ReplyType::kStatus;
  reply.text = {text, static_cast<std::size_t>(at - text)};
  return at + 2;
}

}  // namespace plain

// How many bytes it takes of their beginning. Reads only what is beyond doubt: 0 for anything else, and for
// what is malformed, which is redisReader's to judge.
inline std::size_t read_plain(std::string_view bytes, PlainReply& reply) noexcept {
  if (bytes.empty()) return 0;
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  const char* after = nullptr;
  if (*begin == '$') {
    after = plain::read_string(begin + 1, end, reply);
  } else if (*begin == '+') {
    after = plain::read_status(begin + 1, end, reply);
  } else if (*begin == ':') {
    after = plain::read_integer(begin + 1, end, reply);
  }
  return after == nullptr ? 0 : static_cast<std::size_t>(after - begin);
}

// The same of what only RESP3 has.
std::size_t read_plain_resp3(std::string_view bytes, PlainReply& reply) noexcept;

}  // namespace rediscluster
