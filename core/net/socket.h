// A TCP connection, plain or encrypted, that never raises SIGPIPE, and blocks only where it is asked to.
#pragma once

#include <cstddef>
#include <memory>

#include "base/clock.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "sync/unique_fd.h"

namespace rediscluster {

class Socket {
 public:
  Socket() noexcept = default;

  // Begins to connect; connected once the socket is writable and take_failure() says 0.
  static Socket connect(const Endpoint& endpoint, int& failure) noexcept;

  int fd() const noexcept { return fd_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
  int take_failure() noexcept;

  // From now on what is sent and received goes through the stream.
  void encrypt(std::unique_ptr<TlsStream> stream) noexcept { tls_ = std::move(stream); }
  TlsStream* tls() const noexcept { return tls_.get(); }

  Transfer send(const char* data, std::size_t size) noexcept {
    return tls_ == nullptr ? send_plain(data, size) : tls_->send(data, size);
  }
  Transfer receive(char* data, std::size_t size) noexcept {
    return tls_ == nullptr ? receive_plain(data, size) : tls_->receive(data, size);
  }
  // Waits for something to come, for at most about what allow_wait() was told. For plain connections only.
  Transfer wait_and_receive(char* data, std::size_t size) noexcept;
  void allow_wait(milliseconds most) noexcept;  // once it is connected
  bool may_wait() const noexcept { return tls_ == nullptr; }
  Transfer peek(char* byte) noexcept;  // what receive would say, without taking anything
  // What a transfer's failure means.
  std::string reason(int failure) const;
  bool out_of_memory() const noexcept { return tls_ != nullptr && tls_->out_of_memory(); }
  void close() noexcept {
    tls_.reset();
    fd_.reset();
  }

 private:
  Transfer send_plain(const char* data, std::size_t size) noexcept;
  Transfer receive_plain(char* data, std::size_t size) noexcept;

  UniqueFd fd_;
  std::unique_ptr<TlsStream> tls_;  // after fd_, which it uses to the last
};

}  // namespace rediscluster
