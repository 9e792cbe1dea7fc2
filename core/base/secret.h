// Passwords do not stay behind in freed memory.
#pragma once

#include <string>
#include <string_view>

namespace rediscluster {

// A text that is wiped at the end of its life. Moving it copies: a short string's bytes stay where they were.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : text_(text) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other) { return this == &other ? *this : *this = other.view(); }
  Secret& operator=(std::string_view text) {
    wipe();
    text_.assign(text);
    return *this;
  }
  ~Secret() { wipe(); }

  bool empty() const noexcept { return text_.empty(); }
  std::string_view view() const noexcept { return text_; }
  bool operator==(std::string_view other) const noexcept { return text_ == other; }
  std::string& text() noexcept {
    return text_;
  }  // reserve() what it is to hold: growing leaves copies behind

  void wipe() noexcept {
    volatile char* bytes = text_.data();  // volatile: a compiler drops writes that nobody reads
    for (std::size_t i = 0; i < text_.size(); ++i) bytes[i] = '\0';
    text_.clear();
  }

 private:
  std::string text_;
};

}  // namespace rediscluster
