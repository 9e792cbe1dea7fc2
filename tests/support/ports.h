// Free TCP ports for servers that run beside those of other test binaries.
#pragma once

#include <utility>

namespace test_support {

constexpr int kBusOffset = 10000;  // from a node's port to that of its cluster bus

// A port P in 10000..19999 on loopback, with P + 10000 (the cluster bus) free too; both are below the range
// of ephemeral ports. No other test binary is given it while this object lives, even when the server is down.
class PortReservation {
 public:
  static PortReservation take();  // port() is 0 when nothing is free

  PortReservation() = default;
  PortReservation(PortReservation&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), port_(std::exchange(other.port_, 0)) {}
  PortReservation& operator=(PortReservation&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(port_, other.port_);
    return *this;
  }
  ~PortReservation();

  int port() const { return port_; }

 private:
  PortReservation(int fd, int port) : fd_(fd), port_(port) {}

  int fd_ = -1;
  int port_ = 0;
};

}  // namespace test_support
