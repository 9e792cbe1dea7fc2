// Passwords do not stay behind in freed memory.
#pragma once

#include <string>

namespace rediscluster {

inline void wipe(std::string& secret) noexcept {
  volatile char* bytes = secret.data();  // volatile: a compiler drops writes that nobody reads
  for (std::size_t i = 0; i < secret.size(); ++i) bytes[i] = '\0';
  secret.clear();
}

// A text that is wiped at the end of its scope.
class Secret {
 public:
  Secret() = default;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(text_); }

  std::string& text() noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace rediscluster
