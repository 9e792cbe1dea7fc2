// TLS over a connected socket, by OpenSSL. A build without it (REDISCLUSTER_TLS=OFF) refuses to begin.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/secret.h"
#include "base/status.h"
#include "net/transfer.h"

struct ssl_ctx_st;
struct ssl_st;

namespace rediscluster {

bool tls_offered() noexcept;  // by this build

struct TlsSettings {
  bool enabled = false;
  bool verify = true;  // the peer's certificate, and that it was made out to the peer's name
  std::string ca_file;
  std::string ca_dir;  // neither: the system's store
  std::string certificate;
  std::string key;
  Secret key_password;
  std::string server_name;  // empty: the host that is connected to
  int min_version = 12;     // 1.2
};

// The certificates of a handle, read from their files again when these have changed.
class TlsContexts {
 public:
  explicit TlsContexts(const TlsSettings& settings) : settings_(settings) {}

  const TlsSettings& settings() const noexcept { return settings_; }
  Result<std::shared_ptr<ssl_ctx_st>> current();

 private:
  const TlsSettings settings_;
  std::mutex mutex_;
  std::shared_ptr<ssl_ctx_st> context_;   // guarded by mutex_
  std::vector<std::string> loaded_from_;  // what the files were like; guarded by mutex_
};

// One encrypted connection. One thread may send while another receives.
class TlsStream {
 public:
  enum class SessionSetup { kDone, kReads, kWrites, kFailed };

  // Over the socket `fd`, which it does not own, to the server of one of these names or addresses; the first
  // name among them is the one that the server is asked for.
  static Result<std::unique_ptr<TlsStream>> begin(TlsContexts& contexts, int fd,
                                                  std::vector<std::string> names);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // kReads and kWrites: to be called again when the socket can be read from or written to.
  SessionSetup handshake();

  Transfer send(const char* data, std::size_t size) noexcept;
  Transfer receive(char* data, std::size_t size) noexcept;
  Transfer peek(char* byte) noexcept;

  bool out_of_memory() const noexcept;  // is why it failed
  // What a peer that speaks no TLS had to say: an error line of Redis. Empty: nothing, or something else.
  std::string said_in_the_clear();
  // Why it failed, and what to do; empty where it is the connection below that did.
  std::string failure() const;

 private:
  TlsStream() = default;
  template <class Operation>
  Transfer transfer(Operation&& operation) noexcept;
  void note_failure() noexcept;
  bool cleaned_up() noexcept;

  // The socket, as OpenSSL reads and writes it, and what has come of that.
  struct Wire {
    int fd = -1;
    int failure = 0;     // errno
    bool ended = false;  // by the peer, in order
    char head[1024];     // what came first
    std::size_t head_size = 0;
  };
  friend struct WireAccess;

  mutable std::mutex mutex_;  // OpenSSL's objects are one thread's at a time
  Wire wire_;
  ssl_st* ssl_ = nullptr;
  std::vector<std::string> names_;
  bool no_reason_ = false;     // it failed without a word of OpenSSL or of the socket
  unsigned long failure_ = 0;  // OpenSSL's error
  long verify_failure_ = 0;
  int system_failure_ = 0;  // errno
  bool cleaned_up_ = false;
};

}  // namespace rediscluster
