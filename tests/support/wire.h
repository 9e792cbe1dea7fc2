// One side of a connection through the fault proxy: a socket, in the clear or by TLS. Never waits.
#pragma once

#include <sys/types.h>

#include <cstddef>

struct ssl_st;
struct ssl_ctx_st;

namespace test_support {

class Wire {
 public:
  enum class Side { kClient, kServer };  // who it is to whoever is at the other end

  Wire(int fd, Side side, bool encrypted);
  ~Wire() { close(false); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  int fd() const { return fd_; }  // -1 once it is closed
  explicit operator bool() const { return fd_ >= 0; }

  // As recv() and send() do. What is sent by TLS may have to wait for something to be received.
  ssize_t receive(char* bytes, size_t size);
  ssize_t send(const char* bytes, size_t size);
  bool waits_for_room() const { return waits_for_room_; }  // after a send that failed with EAGAIN

  void say_end();
  void discard_input(char* bytes, size_t size);  // closes at its end
  void close(bool reset);

 private:
  ssize_t failed(int result);

  int fd_;
  ssl_st* tls_ = nullptr;
  bool waits_for_room_ = false;
};

}  // namespace test_support
