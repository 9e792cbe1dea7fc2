// A descriptor and its end. In a forked child its number may be another file's by then: see base/fork.h.
#pragma once

#include <utility>

#include "sync/fork.h"

namespace rediscluster {

class UniqueFd {
 public:
  UniqueFd() noexcept = default;
  // Of a new descriptor. 0, 1 and 2 are left to the program, which may have closed its input, output or
  // errors and still write to them: it would write to a node. Negative where errno says why there is none.
  explicit UniqueFd(int fd) noexcept
      : fd_(fd < 0 || fd >= kFirstFree ? fd : leave_the_standard_ones(fd)), generation_(fork_generation()) {
    if (fd_ >= 0) close_in_children(fd_);
  }
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)), generation_(other.generation_) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(generation_, other.generation_);
    other.reset();
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void reset() noexcept {
    const int fd = std::exchange(fd_, -1);
    if (fd >= 0 && generation_ == fork_generation()) close_here(fd);
  }

 private:
  static constexpr int kFirstFree = 3;
  static int leave_the_standard_ones(int fd) noexcept;

  int fd_ = -1;
  std::uint32_t generation_ = 0;
};

}  // namespace rediscluster
