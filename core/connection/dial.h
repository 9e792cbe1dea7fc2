// Opening a connection: name lookup, connect, handshake. Never waits: whoever drives the lane polls fd() for
// events() until wakes_at() and calls advance(), so that the work can pass from one caller to the next.
//
// Of a name's addresses one that refuses is passed over at once. One that is silent may be slow or a black
// hole: after a while the next is tried beside it, and the first to answer is taken.
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

  // How much is asked of the node before the connection counts as open. After one was lost, an answer: a
  // process that is being killed goes on accepting for a moment.
  enum class Proof { kAccepts, kAnswers };

  Dial(const Address& address, const ConnectionSettings& settings, TimePoint now,
       Proof proof = Proof::kAccepts);

  State advance(TimePoint now);
  int fd() const noexcept;
  short events() const noexcept;
  TimePoint gives_up_at() const noexcept { return gives_up_at_; }
  TimePoint wakes_at() const noexcept;  // then there is something to do although nothing has happened

  Socket take_socket() noexcept { return std::move(socket_); }  // once kConnected
  ErrorPtr take_error() noexcept { return std::move(error_); }  // once kFailed

 private:
  enum class Phase { kLookup, kConnecting, kHandshake, kConnected };

  State fail(ErrorPtr error) noexcept;
  State fail_at(std::string_view what);
  State fail_to_connect(int failure);
  State advance_connects(TimePoint now);
  void begin_connect(TimePoint now);
  void begin_handshake();
  State advance_handshake();
  Status check_handshake_reply(const Reply& reply);

  const Address& address_;
  const ConnectionSettings& settings_;
  const TimePoint gives_up_at_;
  const Proof proof_;
  Phase phase_ = Phase::kLookup;
  std::unique_ptr<NameLookup> lookup_;
  std::vector<Endpoint> endpoints_;
  std::size_t next_endpoint_ = 0;
  TimePoint next_at_{};             // when the next address is tried although none has failed
  std::vector<Socket> connecting_;  // oldest first
  UniqueFd any_connecting_;         // an epoll of them, where the name has several addresses
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
