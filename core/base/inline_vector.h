// A vector that needs no allocation while it has few elements.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace rediscluster {

// Elements are copied as bytes are: pointers, numbers. Up to kInline of them are part of the object itself.
template <class T, std::size_t kInline>
class InlineVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  void push_back(T element) {
    if (size_ < kInline && many_.empty()) {
      few_[size_] = element;
    } else {
      if (many_.empty()) many_.assign(few_.begin(), few_.end());
      many_.resize(size_);  // what remove_if() has left behind
      many_.push_back(element);
    }
    ++size_;
  }
  template <class Condition>
  void remove_if(const Condition& condition) {
    size_ = static_cast<std::size_t>(std::remove_if(begin(), end(), condition) - begin());
  }

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  const T& operator[](std::size_t i) const noexcept { return begin()[i]; }
  T* begin() noexcept { return many_.empty() ? few_.data() : many_.data(); }
  T* end() noexcept { return begin() + size_; }
  const T* begin() const noexcept { return many_.empty() ? few_.data() : many_.data(); }
  const T* end() const noexcept { return begin() + size_; }

 private:
  std::array<T, kInline> few_{};
  std::vector<T> many_;  // all of them, once there have been more than kInline
  std::size_t size_ = 0;
};

}  // namespace rediscluster
