// Reads past what nobody keeps: an attribute of RESP3, which says something about the reply behind it and
// which nobody here asks for, or the rest of a reply that went past a limit. It counts what is still to come,
// so that no nesting takes memory, and none is too deep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rediscluster {

class Skipper {
 public:
  // The next byte to skip is the '|' of an attribute.
  void begin_attribute() noexcept;
  // So many items. Not more than 2^64: who promises as many is believed as long as he speaks.
  void begin(std::uint64_t items) noexcept;
  // The same where the first of them has begun: in its line, or in a string of which so many bytes are still
  // to come, its end of line with them.
  void begin_in_line(std::uint64_t items, bool after_carriage_return) noexcept;
  void begin_in_string(std::uint64_t items, std::uint64_t bytes) noexcept;

  bool active() const noexcept { return state_ != State::kIdle; }
  // How many of the bytes belong to it, and are past; less than all: it has ended, or failed.
  std::size_t consume(std::string_view bytes) noexcept;
  const char* failure() const noexcept { return failure_; }  // null: none

 private:
  enum class State : std::uint8_t {
    kIdle,    // nothing is being skipped
    kAtType,  // the next byte begins an item
    kInLine,  // of an item, to its end
    kInBytes  // of a string
  };

  void read_type(char type) noexcept;
  void read_in_line(char byte) noexcept;
  void end_line() noexcept;
  void end_item() noexcept;

  State state_ = State::kIdle;
  char type_ = 0;
  bool carriage_return_ = false;  // was the last byte of the line that has come
  bool negative_ = false;
  bool has_digits_ = false;
  std::uint64_t number_ = 0;
  std::uint64_t bytes_left_ = 0;  // of a string, its end of line with them
  std::uint64_t items_left_ = 0;  // that have not ended
  const char* failure_ = nullptr;
};

}  // namespace rediscluster
