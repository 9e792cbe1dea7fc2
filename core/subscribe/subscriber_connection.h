// A connection that only subscribes: it sends what the reconciler has put into its link, and tells it what
// the node says. It never waits: whoever drives it polls fd() for events() until wakes_at() and calls
// advance().
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "connection/connector.h"
#include "resp/reply_parser.h"
#include "subscribe/reconciler.h"

namespace rediscluster {

class SubscriberConnection {
 public:
  SubscriberConnection(Reconciler& reconciler, SubscriberLink& link, const ConnectionSettings& settings,
                       Counters& counters);

  SubscriberLink& link() const noexcept { return link_; }
  // The user's functions have to be asked before it connects, by a thread that holds nothing.
  bool needs_params() const noexcept {
    return settings_.connect_hooks != nullptr && down() && params_ == nullptr && !asking && may_open();
  }
  bool asking = false;  // somebody is at that
  void give_params(std::unique_ptr<ConnectParams> params) noexcept {
    params_ = std::move(params);
    asking = false;
  }

  // Of a subscription that pauses: while it has no room, nothing is read.
  const EventQueue* pausing = nullptr;
  Duration ping_after = milliseconds(5000);

  bool down() const noexcept { return connector_ == nullptr && !socket_; }
  int fd() const noexcept { return connector_ != nullptr ? connector_->fd() : socket_.fd(); }
  short events() const noexcept;
  TimePoint wakes_at() const noexcept;
  // Opens it where it is needed, sends, and reads where there may be something. An error: why the connection
  // was lost, or could not be made.
  ErrorPtr advance(TimePoint now, bool readable) noexcept;
  void close() noexcept;

 private:
  bool may_open() const noexcept { return link_.in_use && (!link_.failing || link_.may_retry); }
  bool paused() const noexcept { return pausing != nullptr && !pausing->has_room(); }
  ErrorPtr advance_connector(TimePoint now);
  ErrorPtr advance_open(TimePoint now, bool readable);
  void start_using_socket(TimePoint now);
  void encode_more();
  ErrorPtr send_more();
  ErrorPtr receive(TimePoint now);
  ErrorPtr parse(TimePoint now);
  ErrorPtr look_for_silence(TimePoint now);
  ErrorPtr lost(Code code, std::string_view why) const;
  void drop(TimePoint now) noexcept;

  Reconciler& reconciler_;
  SubscriberLink& link_;
  const ConnectionSettings& settings_;
  Counters& counters_;

  std::unique_ptr<ConnectParams> params_;  // as long as it connects
  std::unique_ptr<Connector> connector_;
  Socket socket_;
  std::unique_ptr<ReplyParser> parser_;
  std::unique_ptr<char[]> in_;  // what the parser has not used of it is still to be read
  ArenaPtr reply_;              // the one that is being read
  std::string out_;
  std::size_t out_at_ = 0;
  bool unread_ = false;  // there may be more, of which poll() does not tell

  TimePoint last_heard_{};
  TimePoint caught_up_at_{};  // all that had come by then was read
  TimePoint alive_at_{};      // the same, of the last time before something came
  std::optional<TimePoint> pinged_at_;
};

}  // namespace rediscluster
