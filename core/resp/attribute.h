// Reads past an attribute of RESP3: pairs that a server puts in front of a reply, and that say something
// about it. Nobody here asks for them, and hiredis before 1.3 knows none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rediscluster {

class AttributeSkipper {
 public:
  // The next byte to skip is the '|' of an attribute.
  void begin() noexcept { active_ = true; }
  bool active() const noexcept { return active_; }
  // How many of the bytes belong to it, and are past; less than all: it has ended, or failed.
  std::size_t consume(std::string_view bytes) noexcept;
  const char* failure() const noexcept { return failure_; }  // null: none

 private:
  enum class At : std::uint8_t { kType, kLine, kBytes };

  void read_type(char type) noexcept;
  void read_in_line(char byte) noexcept;
  void end_line() noexcept;
  void end_item() noexcept;

  bool active_ = false;
  At at_ = At::kType;
  char type_ = 0;
  std::size_t line_ = 0;          // bytes of it that have come
  bool carriage_return_ = false;  // was the last of them
  bool negative_ = false;
  bool has_digits_ = false;
  std::uint64_t number_ = 0;
  std::uint64_t bytes_left_ = 0;  // of a string, its end of line with them
  std::uint64_t items_left_ = 0;  // that have not ended
  const char* failure_ = nullptr;
};

}  // namespace rediscluster
