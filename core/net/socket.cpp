#include "net/socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <system_error>

namespace rediscluster {
namespace {

// An idle connection whose peer went without a word is noticed within 15 + 3 * 5 s; one that takes no bytes
// within 30 s. No thread of ours watches: the kernel does.
constexpr int kKeepAliveIdleSeconds = 15;
constexpr int kKeepAliveIntervalSeconds = 5;
constexpr int kKeepAliveProbes = 3;
constexpr int kUnacknowledgedMs = 30000;

void set_option(int fd, int level, int name, int value) noexcept {
  setsockopt(fd, level, name, &value, sizeof value);  // a system without it still works
}

Transfer outcome(ssize_t moved) noexcept {
  Transfer transfer;
  if (moved >= 0) {
    transfer.bytes = static_cast<std::size_t>(moved);
  } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    transfer.would_block = true;
  } else {
    transfer.failure = errno;
  }
  return transfer;
}

Transfer received(ssize_t moved) noexcept {
  Transfer transfer = outcome(moved);
  transfer.closed = moved == 0;
  return transfer;
}

}  // namespace

Socket Socket::connect(const Endpoint& endpoint, int& failure) noexcept {
  Socket socket;
  socket.fd_ = UniqueFd(::socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) {
    failure = errno;
    return socket;
  }
  const int fd = socket.fd();
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledgedMs);
  failure = 0;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.length) != 0 &&
      errno != EINPROGRESS && errno != EINTR) {
    failure = errno;
    socket.close();
  }
  return socket;
}

int Socket::take_failure() noexcept {
  int failure = 0;
  socklen_t size = sizeof failure;
  if (getsockopt(fd(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0) return errno;
  return failure;
}

Transfer Socket::send_plain(const char* data, std::size_t size) noexcept {
  return outcome(::send(fd(), data, size, MSG_NOSIGNAL | MSG_DONTWAIT));
}

Transfer Socket::receive_plain(char* data, std::size_t size) noexcept {
  return received(::recv(fd(), data, size, MSG_DONTWAIT));
}

Transfer Socket::wait_and_receive(char* data, std::size_t size) noexcept {
  return received(::recv(fd(), data, size, 0));
}

void Socket::allow_wait(milliseconds most) noexcept {
  if (!may_wait()) return;
  const timeval limit{0, static_cast<suseconds_t>(std::chrono::microseconds(most).count())};
  if (setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0) return;
  fcntl(fd(), F_SETFL, 0);  // it has no other flag than O_NONBLOCK
}

Transfer Socket::peek(char* byte) noexcept {
  if (tls_ != nullptr) return tls_->peek(byte);
  return received(::recv(fd(), byte, 1, MSG_PEEK | MSG_DONTWAIT));
}

std::string Socket::reason(int failure) const {
  std::string told = tls_ == nullptr ? std::string() : tls_->failure();
  return told.empty() ? std::generic_category().message(failure) : told;
}

}  // namespace rediscluster
