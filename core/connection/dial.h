// Opening a connection: name lookup, connect, handshake. Never waits: whoever drives the lane polls fd() for
// events() and calls advance(), so that the work can pass from one caller to the next.
#pragma once

#include <memory>
#include <optional>

#include "connection/settings.h"
#include "net/socket.h"
#include "resp/reply_parser.h"

namespace rediscluster {

class Dial {
 public:
  enum class State { kPending, kConnected, kFailed };

  Dial(const Address& address, const ConnectionSettings& settings, TimePoint now);

  State advance(TimePoint now);
  int fd() const noexcept;
  short events() const noexcept;
  TimePoint gives_up_at() const noexcept { return gives_up_at_; }

  Socket take_socket() noexcept { return std::move(socket_); }  // once kConnected
  ErrorPtr take_error() noexcept { return std::move(error_); }  // once kFailed

 private:
  enum class Phase { kLookup, kConnect, kConnecting, kHandshake, kConnected };

  State fail(ErrorPtr error) noexcept;
  State fail_at(std::string_view what);
  bool begin_connect();
  void begin_handshake();
  State advance_handshake();
  Status check_handshake_reply(const Reply& reply);

  const Address& address_;
  const ConnectionSettings& settings_;
  const TimePoint gives_up_at_;
  Phase phase_ = Phase::kLookup;
  std::unique_ptr<NameLookup> lookup_;
  std::vector<Endpoint> endpoints_;
  std::size_t next_endpoint_ = 0;
  int last_failure_ = 0;
  Socket socket_;
  std::string handshake_;  // bytes to send
  std::size_t handshake_sent_ = 0;
  int replies_due_ = 0;
  bool auth_due_ = false;  // the next reply is AUTH's
  std::unique_ptr<ReplyParser> parser_;
  ArenaPtr reply_;
  ErrorPtr error_;
};

}  // namespace rediscluster
