// Arguments as C callers give them, checked, with the lengths they may have left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/args.h"
#include "base/status.h"

namespace rediscluster {

inline constexpr std::size_t kMaxArguments = 1048576;
inline constexpr std::uint64_t kMaxArgument = std::uint64_t{4} << 30;

inline constexpr std::uint64_t kMaxCommand = PTRDIFF_MAX / 2;

// The usual command, on the way of every call: lengths are given and nothing is wrong. It needs no Arguments.
// Returns the bytes of its arguments, and 0 for every other.
inline std::uint64_t plain_bytes(std::size_t count, const char* const* data,
                                 const std::size_t* lengths) noexcept {
  if (count - 1 >= kMaxArguments || data == nullptr || lengths == nullptr || lengths[0] == 0) return 0;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (data[i] == nullptr || lengths[i] > kMaxArgument) return 0;
    sum += lengths[i];
  }
  return sum <= kMaxCommand ? sum : 0;
}
inline bool is_plain(std::size_t count, const char* const* data, const std::size_t* lengths) noexcept {
  return plain_bytes(count, data, lengths) != 0;
}

class Arguments {
 public:
  // For messages: what the array is called, and what one of its elements is.
  struct Names {
    const char* count;
    const char* array;
    const char* lengths;
  };
  static constexpr Names kCommand{"argc", "argv", "argv_len"};
  static constexpr Names kKeys{"key_count", "keys", "key_len"};
  static constexpr Names kValues{"arg_count", "args", "arg_len"};

  Arguments() noexcept {}  // leaves room_ as it is, which is filled before it is read
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  // A command: at least a name. Throws bad_alloc.
  Status set_command(std::size_t count, const char* const* data, const std::size_t* lengths);
  // Keys, which may be empty, and none at all.
  Status set_keys(std::size_t count, const char* const* data, const std::size_t* lengths);

  // A script's other arguments, likewise.
  Status set_values(std::size_t count, const char* const* data, const std::size_t* lengths);

  Args view() const noexcept { return {count_, data_, lengths_}; }

 private:
  static constexpr std::size_t kRoom = 32;

  struct Copies {
    std::vector<std::size_t> lengths;
    std::vector<const char*> data;
  };

  Status set(const Names& names, std::size_t count, const char* const* data, const std::size_t* lengths);
  Status measure(const Names& names);
  Status check(const Names& names);
  void replace_nulls();
  Copies& copies();

  std::size_t count_ = 0;
  const char* const* data_ = nullptr;
  const std::size_t* lengths_ = nullptr;
  std::size_t room_[kRoom];  // lengths of what fits; longer lists take the heap
  std::unique_ptr<Copies> copies_;
};

}  // namespace rediscluster
