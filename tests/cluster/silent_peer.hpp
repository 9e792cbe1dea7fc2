// A peer that accepts connections and says nothing.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>

// Accepts connections by its backlog, and takes what they say at most.
class SilentPeer {
 public:
  SilentPeer() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    listen(fd_, 16);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~SilentPeer() { close(fd_); }
  SilentPeer(const SilentPeer&) = delete;
  SilentPeer& operator=(const SilentPeer&) = delete;

  int port() const { return port_; }
  // What the first connection began with; "" if there was none, or it said nothing, as where a name has no
  // address.
  std::string heard() const {
    if (!readable(fd_)) return "";
    const int connection = accept(fd_, nullptr, nullptr);
    char bytes[4096];
    const ssize_t count = readable(connection) ? recv(connection, bytes, sizeof bytes, 0) : 0;
    close(connection);
    return {bytes, static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
  }

 private:
  static bool readable(int fd) {
    pollfd wanted{fd, POLLIN, 0};
    return poll(&wanted, 1, 5000) == 1;
  }

  const int fd_;
  int port_ = 0;
};
