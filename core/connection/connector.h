// Opening a connection: name lookup, connect, TLS, handshake. Never waits: whoever drives the connection
// polls fd() for events() until wakes_at() and calls advance(), so that the work can pass from one caller to
// the next.
//
// Of a name's addresses one that refuses is passed over at once. One that is silent may be slow or a black
// hole: after a while the next is tried beside it, and the first to answer is taken.
#pragma once

#include <memory>
#include <optional>

#include "connection/session_setup.h"
#include "net/socket.h"

namespace rediscluster {

class Connector {
 public:
  enum class State { kPending, kConnected, kFailed };

  // To the node of that address; where and as whom, the params say if there are any.
  // With anybody, it need not be the node that is known there.
  Connector(const Address& node, const ConnectionSettings& settings, TimePoint now,
            const ConnectParams* params = nullptr, bool anybody = false);

  State advance(TimePoint now);
  int fd() const noexcept;
  short events() const noexcept;
  TimePoint gives_up_at() const noexcept { return gives_up_at_; }
  TimePoint wakes_at() const noexcept;  // then there is something to do although nothing has happened
  // What the node has not done yet, for those who run out of time before the dial does. A literal.
  const char* pending_step() const noexcept;

  Socket take_socket() noexcept { return std::move(socket_); }  // once kConnected
  ErrorPtr take_error() noexcept { return std::move(error_); }  // once kFailed

 private:
  enum class Phase { kLookup, kConnecting, kTls, kSessionSetup, kConnected };

  const char* what_did_not_come() const noexcept;  // in time: how the message begins
  State fail(ErrorPtr error) noexcept;
  State fail_at(std::string_view what);
  State fail_to_look_up(ErrorPtr why);
  State fail_to_connect(int failure);
  State advance_connects(TimePoint now);
  void begin_connect(TimePoint now);
  State advance_tls();
  State advance_session_setup();
  State fail_in_session_setup(const Transfer& received, int send_failure);
  State fail_in_tls(std::string_view why);
  State fail_in_transfer(int failure);
  std::string_view hint() const noexcept;
  std::string where() const;  // the node, and what leads there

  const Address& node_;
  const Address& to_;
  const Credentials& credentials_;
  const ConnectionSettings& settings_;
  std::vector<std::string> names() const;

  const TimePoint gives_up_at_;
  const bool any_node_;
  Phase phase_ = Phase::kLookup;
  std::unique_ptr<NameLookup> lookup_;
  std::vector<Endpoint> endpoints_;
  std::size_t next_endpoint_ = 0;
  TimePoint next_at_{};             // when the next address is tried although none has failed
  std::vector<Socket> connecting_;  // oldest first
  UniqueFd any_connecting_;         // an epoll of them, where the name has several addresses
  int last_failure_ = 0;
  Socket socket_;
  short tls_events_ = 0;
  std::unique_ptr<SessionSetup> session_setup_;
  ErrorPtr error_;
};

}  // namespace rediscluster
