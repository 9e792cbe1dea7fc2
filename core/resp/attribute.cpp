#include "resp/attribute.h"

#include <algorithm>

#include "resp/reply_parser.h"

namespace rediscluster {
namespace {

bool is_one_of(char type, std::string_view types) noexcept {
  return types.find(type) != std::string_view::npos;
}

bool is_string(char type) noexcept { return is_one_of(type, "$=!"); }
bool is_aggregate(char type) noexcept { return is_one_of(type, "*%~>|"); }

}  // namespace

std::size_t AttributeSkipper::consume(std::string_view bytes) noexcept {
  std::size_t at = 0;
  while (active_ && failure_ == nullptr && at < bytes.size()) {
    if (at_ == At::kBytes) {
      const auto came = std::min<std::uint64_t>(bytes.size() - at, bytes_left_);
      at += static_cast<std::size_t>(came);
      bytes_left_ -= came;
      if (bytes_left_ == 0) end_item();
    } else if (at_ == At::kType) {
      read_type(bytes[at++]);
    } else {
      read_in_line(bytes[at++]);
    }
  }
  return at;
}

void AttributeSkipper::read_type(char type) noexcept {
  if (!is_string(type) && !is_aggregate(type) && !is_one_of(type, "+-:_#,(")) {
    failure_ = "an attribute that holds something of no type";
    return;
  }
  type_ = type;
  line_ = 0;
  carriage_return_ = negative_ = has_digits_ = false;
  number_ = 0;
  at_ = At::kLine;
}

void AttributeSkipper::read_in_line(char byte) noexcept {
  if (carriage_return_ && byte == '\n') {
    end_line();
    return;
  }
  if (++line_ > ReplyParser::kLongestLine) failure_ = "a line of more than 1 MiB";
  if (is_string(type_) || is_aggregate(type_)) {
    const bool is_digit = byte >= '0' && byte <= '9';
    negative_ = negative_ || byte == '-';
    has_digits_ = has_digits_ || is_digit;
    const bool is_sign = byte == '-' && line_ == 1;
    if (carriage_return_ || !(is_digit || is_sign || (byte == '\r' && has_digits_)))
      failure_ = "an attribute with a length that is no number";
    if (is_digit) number_ = number_ * 10 + static_cast<std::uint64_t>(byte - '0');
    if (number_ > (is_string(type_) ? ReplyParser::kLongestString : ReplyParser::kMostElements))
      failure_ = "an attribute with a length past all limits";
  }
  carriage_return_ = byte == '\r';
}

void AttributeSkipper::end_line() noexcept {
  if (is_string(type_) && !negative_) {
    bytes_left_ = number_ + 2;
    at_ = At::kBytes;
    return;
  }
  const bool in_pairs = type_ == '%' || type_ == '|';
  if (is_aggregate(type_) && !negative_) items_left_ += in_pairs ? number_ * 2 : number_;
  end_item();
}

void AttributeSkipper::end_item() noexcept {
  at_ = At::kType;
  if (type_ != '|') --items_left_;  // that one only stands in front of an item
  active_ = items_left_ > 0;
}

}  // namespace rediscluster
