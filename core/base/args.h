// A command as the caller gave it: borrowed argument bytes with their lengths.
#pragma once

#include <cstddef>
#include <string_view>

namespace rediscluster {

class Args {
 public:
  Args(std::size_t count, const char* const* data, const std::size_t* lengths) noexcept
      : count_(count), data_(data), lengths_(lengths) {}

  std::size_t size() const noexcept { return count_; }
  std::string_view operator[](std::size_t i) const noexcept { return {data_[i], lengths_[i]}; }
  std::size_t bytes() const noexcept {  // of all of them
    std::size_t sum = 0;
    for (std::size_t i = 0; i < count_; ++i) sum += lengths_[i];
    return sum;
  }

 private:
  std::size_t count_;
  const char* const* data_;
  const std::size_t* lengths_;
};

}  // namespace rediscluster
