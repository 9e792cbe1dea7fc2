// A TCP connection that never raises SIGPIPE, and blocks only where it is asked to.
#pragma once

#include <cstddef>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "net/resolver.h"

namespace rediscluster {

// Bytes moved, or why none were.
struct Transfer {
  std::size_t bytes = 0;
  bool would_block = false;
  bool closed = false;  // by the peer, in order
  int failure = 0;      // errno, or 0
};

class Socket {
 public:
  Socket() noexcept = default;

  // Begins to connect; connected once the socket is writable and take_failure() says 0.
  static Socket connect(const Endpoint& endpoint, int& failure) noexcept;

  int fd() const noexcept { return fd_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
  int take_failure() noexcept;

  Transfer send(const char* data, std::size_t size) noexcept;
  Transfer receive(char* data, std::size_t size) noexcept;
  // Waits for something to come, for at most about what allow_wait() was told.
  Transfer wait_and_receive(char* data, std::size_t size) noexcept;
  void allow_wait(milliseconds most) noexcept;  // once it is connected
  Transfer peek(char* byte) noexcept;           // what receive would say, without taking anything
  void close() noexcept { fd_.reset(); }

 private:
  UniqueFd fd_;
};

}  // namespace rediscluster
