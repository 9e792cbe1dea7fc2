// Bytes that may be under way at a time.
#pragma once

#include <atomic>
#include <cstddef>

namespace rediscluster {

class Budget {
 public:
  explicit Budget(std::size_t limit) noexcept : limit_(limit) {}

  // False: too much is under way. What is alone is never refused.
  bool take(std::size_t bytes) noexcept {
    const std::size_t others = taken_.fetch_add(bytes, std::memory_order_relaxed);
    if (others == 0 || (bytes <= limit_ && others <= limit_ - bytes)) return true;
    give_back(bytes);
    return false;
  }
  std::size_t limit() const noexcept { return limit_; }
  void give_back(std::size_t bytes) noexcept { taken_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> taken_{0};
};

}  // namespace rediscluster
