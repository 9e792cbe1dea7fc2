#include "resp/skipper.h"

#include <algorithm>
#include <limits>

#include "resp/item_type.h"
#include "resp/read_result.h"

namespace rediscluster {
namespace {

constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

}  // namespace

void Skipper::begin_attribute() noexcept {
  begin(0);  // what is in it counts, it does not
  state_ = State::kAtType;
}

void Skipper::begin(std::uint64_t items) noexcept {
  items_left_ = items;
  state_ = items > 0 ? State::kAtType : State::kIdle;
  failure_ = nullptr;
}

void Skipper::begin_in_line(std::uint64_t items, bool after_carriage_return) noexcept {
  begin(items);
  type_ = '+';
  carriage_return_ = after_carriage_return;
  state_ = State::kInLine;
}

void Skipper::begin_in_string(std::uint64_t items, std::uint64_t bytes) noexcept {
  begin(items);
  type_ = '$';
  bytes_left_ = bytes;
  state_ = State::kInBytes;
}

std::size_t Skipper::consume(std::string_view bytes) noexcept {
  std::size_t at = 0;
  while (active() && failure_ == nullptr && at < bytes.size()) {
    if (state_ == State::kInBytes) {
      const auto came = std::min<std::uint64_t>(bytes.size() - at, bytes_left_);
      at += static_cast<std::size_t>(came);
      bytes_left_ -= came;
      if (bytes_left_ == 0) end_item();
    } else if (state_ == State::kAtType) {
      read_type(bytes[at++]);
    } else {
      read_in_line(bytes[at++]);
    }
  }
  return at;
}

void Skipper::read_type(char type) noexcept {
  if (!is_type_of(type, Protocol::kResp3)) {
    failure_ = malformed::kNoType;
    return;
  }
  type_ = type;
  carriage_return_ = negative_ = has_digits_ = false;
  number_ = 0;
  state_ = State::kInLine;
}

void Skipper::read_in_line(char byte) noexcept {
  if (carriage_return_ && byte == '\n') {
    end_line();
    return;
  }
  if (is_string_type(type_) || is_aggregate_type(type_)) {
    const bool is_digit = byte >= '0' && byte <= '9';
    const bool is_sign = byte == '-' && !has_digits_ && !negative_;
    negative_ = negative_ || is_sign;
    if (carriage_return_ || !(is_digit || is_sign || (byte == '\r' && has_digits_)))
      failure_ = malformed::kNoLength;
    has_digits_ = has_digits_ || is_digit;
    const auto digit = static_cast<std::uint64_t>(is_digit ? byte - '0' : 0);
    if (is_digit && number_ > (kLargest - digit) / 10) failure_ = "a length that no number can hold";
    if (is_digit) number_ = number_ * 10 + digit;
  }
  carriage_return_ = byte == '\r';
}

void Skipper::end_line() noexcept {
  if (negative_ && number_ != 1) {  // nil is the only one
    failure_ = "a length that is negative";
    return;
  }
  if (is_string_type(type_) && !negative_) {
    bytes_left_ = number_ + 2;
    state_ = State::kInBytes;
    return;
  }
  if (is_aggregate_type(type_) && !negative_) {
    items_left_ = saturating_add(items_left_, items_of(type_, number_));
  }
  end_item();
}

void Skipper::end_item() noexcept {
  if (type_ != '|') --items_left_;  // that one only stands in front of an item
  state_ = items_left_ > 0 ? State::kAtType : State::kIdle;
}

}  // namespace rediscluster
