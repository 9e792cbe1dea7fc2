#include "wire.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "test_certificates.h"

#ifdef TEST_WITH_OPENSSL
#include <openssl/err.h>
#include <openssl/ssl.h>
#endif

namespace test_support {

#ifdef TEST_WITH_OPENSSL
namespace {

// Both sides show a certificate and ask for one. For the process's life.
SSL_CTX* make_context(const SSL_METHOD* method, const char* certificate, const char* key) {
  SSL_CTX* context = SSL_CTX_new(method);
  SSL_CTX_use_certificate_file(context, test_tls_file(certificate), SSL_FILETYPE_PEM);
  SSL_CTX_use_PrivateKey_file(context, test_tls_file(key), SSL_FILETYPE_PEM);
  SSL_CTX_load_verify_locations(context, test_tls_file("ca.crt"), nullptr);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return context;
}

SSL_CTX* context_of(Wire::Side side) {
  static SSL_CTX* const client = make_context(TLS_client_method(), "client.crt", "client.key");
  static SSL_CTX* const server = make_context(TLS_server_method(), "server.crt", "server.key");
  return side == Wire::Side::kClient ? client : server;
}

}  // namespace
#endif

Wire::Wire(int fd, [[maybe_unused]] Side side, [[maybe_unused]] bool encrypted) : fd_(fd) {
  const int yes = 1;
  if (fd_ >= 0) setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
#ifdef TEST_WITH_OPENSSL
  if (fd_ < 0 || !encrypted) return;
  tls_ = SSL_new(context_of(side));
  SSL_set_fd(tls_, fd_);
  if (side == Side::kClient) {
    SSL_set_connect_state(tls_);
  } else {
    SSL_set_accept_state(tls_);
  }
#endif
}

ssize_t Wire::failed([[maybe_unused]] int result) {
#ifdef TEST_WITH_OPENSSL
  const int failure = errno;
  const int reason = SSL_get_error(tls_, result);
  ERR_clear_error();
  errno = EAGAIN;
  waits_for_room_ = reason == SSL_ERROR_WANT_WRITE;
  if (waits_for_room_ || reason == SSL_ERROR_WANT_READ) return -1;
  if (reason == SSL_ERROR_ZERO_RETURN) return 0;
  if (reason == SSL_ERROR_SSL) return 0;  // nothing more comes, as with one that ends without a word
  errno = failure == EAGAIN || failure == 0 ? ECONNRESET : failure;
  return failure == 0 ? 0 : -1;
#else
  return -1;
#endif
}

ssize_t Wire::receive(char* bytes, size_t size) {
#ifdef TEST_WITH_OPENSSL
  if (tls_ != nullptr) {
    errno = 0;
    const int count = SSL_read(tls_, bytes, static_cast<int>(size));
    return count > 0 ? count : failed(count);
  }
#endif
  return recv(fd_, bytes, size, MSG_DONTWAIT);
}

ssize_t Wire::send(const char* bytes, size_t size) {
#ifdef TEST_WITH_OPENSSL
  if (tls_ != nullptr) {
    errno = 0;
    const int count = SSL_write(tls_, bytes, static_cast<int>(size));
    if (count > 0) return count;
    if (failed(count) == 0) errno = EPIPE;
    return -1;
  }
#endif
  waits_for_room_ = true;
  return ::send(fd_, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Wire::say_end() { shutdown(fd_, SHUT_WR); }

void Wire::discard_input(char* bytes, size_t size) {
  const ssize_t count = recv(fd_, bytes, size, MSG_DONTWAIT);
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) close(false);
}

void Wire::close(bool reset) {
#ifdef TEST_WITH_OPENSSL
  SSL_free(tls_);
#endif
  tls_ = nullptr;
  if (fd_ < 0) return;
  const linger at_once{1, 0};
  if (reset) setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(fd_);
  fd_ = -1;
}

}  // namespace test_support
