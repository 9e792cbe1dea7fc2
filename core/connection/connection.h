// One connection to a node, shared by any number of callers without a thread of its own.
//
// Two roles are held by callers in turn:
//  * the leader reads: it polls, receives, parses every reply that is there and finishes the requests they
//    belong to, until its own is finished; then it hands the role to the oldest caller that sleeps.
//  * the writer sends what has been queued, its own request and everybody's, and never waits: when the
//    socket is full the leader goes on when there is room.
// A caller that finds no leader leads; one that finds no writer writes; every other waits.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "base/budget.h"
#include "base/buffer.h"
#include "connection/connector.h"
#include "connection/peer_failures.h"
#include "connection/request.h"
#include "sync/mutex.h"

namespace rediscluster {

class Connection;

// Who gives a connection to callers.
class ConnectionOwner {
 public:
  // Gives them another from now on, since nothing has come over this one for too long. False: there is no
  // other, so this one has to go on.
  virtual bool replace(Connection& silent) noexcept = 0;

 protected:
  ~ConnectionOwner() = default;
};

class Connection {
 public:
  // Budget and peer_failures: of the node. Without an owner it is for one caller at a time.
  Connection(const Address& address, const ConnectionSettings& settings, Counters& counters, Budget& budget,
             PeerFailures& peer_failures, ConnectionOwner* owner = nullptr);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // What submit() left its caller with; hand it to finish().
  struct SubmitResult {
    bool leads = false;
    TimePoint now{};
  };

  // Encodes the request's `size` bytes by `write(char*)` and queues it: its place among the replies due and
  // on the wire is one step. Sends unless another does. The caller who is going to wait at once may lead.
  template <class Write>
  SubmitResult submit(Request& request, std::size_t size, TimePoint now, Deadline deadline, Write&& write,
                      bool may_lead = true);

  // Returns with the request finished and the caller's own, at the latest at the deadline: then with
  // RC_ERR_TIMEOUT in it, and with the replies of its batch that had come.
  void finish(RequestPtr& request, SubmitResult turn, Deadline deadline);

  // The same, but returns false at `until` with the request still under way.
  bool wait_until(Request& request, SubmitResult turn, Deadline until) noexcept;

  // Drives the connection until the request is finished or until then, if nobody else does; the request stays
  // under way. True when it is finished.
  bool try_progress(Request& request, Deadline until);

  // Takes back what has not been sent: it is the caller's again. False: it has, or it is finished.
  bool withdraw(Request& request) noexcept;

  // Whoever answers the next connection is to be asked who he is, and need not be the node that is known
  // there.
  void accept_any_node(bool yes) noexcept { any_node_.store(yes, std::memory_order_relaxed); }
  bool accepts_any_node() const noexcept { return any_node_.load(std::memory_order_relaxed); }

  void close() noexcept;      // every request, now and later, fails with RC_ERR_CLOSED
  void reconnect() noexcept;  // the connection is of no use any more: open another for the next request
  // The same for a connection that was begun before `since`, once the replies due on it have come.
  void drain(TimePoint since) noexcept;
  bool connected() const noexcept { return connected_.load(std::memory_order_relaxed); }
  bool idle() const noexcept;  // connected, and no reply is due
  bool led() const noexcept { return leading_.load(std::memory_order_relaxed); }  // callers wait
  std::uint64_t under_way() const noexcept {                                      // requests; a moment ago
    const std::uint64_t completed = completed_.load(std::memory_order_acquire);   // first: it is never ahead
    return submitted_.load(std::memory_order_relaxed) - completed;
  }
  // In the middle of a large reply: what is sent now is answered late.
  bool receiving_large_reply() const noexcept {
    return receiving_large_reply_.load(std::memory_order_relaxed);
  }
  // It takes nothing more until its connection, which is silent, has ended.
  bool silent() const noexcept;
  // When bytes last came from the node.
  TimePoint last_received_at() const noexcept {
    return TimePoint(Duration(last_received_at_.load(std::memory_order_relaxed)));
  }
  // While it connects: in brackets, what the node has not done yet.
  std::string pending_step() const;

 private:
  // Why the connection is to be given up, by the leader.
  enum class CloseReason { kNone, kDrain, kSilent, kReconnect, kClosed };

  static UniqueFd new_wake_fd() noexcept;
  bool resolve_params(Request& request, TimePoint& now, Deadline deadline);
  void drain_if_suspect(const Request& request) noexcept;
  bool admit(Request& request);
  void reject(Request& request);
  bool pinned_elsewhere(const Request& request) const noexcept {
    return request.pinned && (!connected_ || draining_);
  }
  SubmitResult take_roles(std::unique_lock<Mutex> lock, const Request& request, TimePoint now,
                          bool may_lead) noexcept;
  static void refuse(Request& request, ErrorPtr error) noexcept;
  ErrorPtr over_budget() const;

  // Waiting.
  bool try_lead() noexcept;
  bool wait_for_turn(Request& request, Deadline deadline) noexcept;  // true: leads now
  void abandon(RequestPtr& request);
  bool is_unsent(const Request& request) const noexcept {  // with mutex_ held
    return request.begin >= queued_ - pending_.size();
  }
  bool take_back(Request& request) noexcept;
  void close_holes() noexcept;
  bool has_come(Request& request) noexcept;
  bool may_be_read() const noexcept;
  void judge_silence();
  void redirect_unsent(std::string_view why) noexcept;
  void settle() noexcept;

  // The leader's.
  void lead(Request& request, TimePoint now, Deadline deadline) noexcept;
  void leave() noexcept;
  bool hand_over(Request*& heir) noexcept;
  void rest() noexcept;
  void step(Deadline deadline, TimePoint now) noexcept;
  void open(Deadline deadline, TimePoint now);
  bool adopt_params();
  short wait_for(int fd, short events, TimePoint until, TimePoint now) noexcept;
  bool receive(bool wait);
  void receive_more();
  bool take(const Transfer& received, const char* bytes);
  void receive_all(const Request& until_done, TimePoint until) noexcept;
  void receive_the_last();
  void lose(int failure);
  void note_received() noexcept {
    last_received_at_.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed);
  }
  bool parse(const char* data, std::size_t size);
  bool refuse_unasked();
  bool refuse_nonsense();
  void refuse_reply(Request& request) noexcept;
  Request* front() noexcept;
  void complete(Request* request) noexcept;
  static void hand_back(Request* request, Request*& left) noexcept;
  void note_disconnected() noexcept;
  void fail_all(Code code, std::string_view message, const char* server_code = nullptr) noexcept;
  void drop_all(Code code, std::string_view message, const char* server_code) noexcept;
  void close_if_drained() noexcept;
  bool still_there(const Request& request) noexcept;

  // The writer's.
  void take_pending(RequestQueue& to) noexcept;
  void flush() noexcept;

  // Anybody's.
  void request_close(CloseReason why) noexcept;
  void apply_pending_close() noexcept;
  void wake() noexcept;

  // For how long a leader sleeps in the receiving call itself, which is cheaper than to poll before it, but
  // deaf to wake().
  static constexpr milliseconds kBlockingReadSlice{10};

  const Address& address_;
  const ConnectionSettings& settings_;
  Counters& counters_;
  Budget& budget_;               // of the node, for commands whose replies are due
  PeerFailures& peer_failures_;  // of the node
  ConnectionOwner* const owner_;
  UniqueFd wake_fd_;  // ends the leader's poll; there while a request is; written under mutex_

  mutable Mutex mutex_;
  Buffer pending_;            // bytes of unsent_; guarded by mutex_
  RequestQueue unsent_;       // guarded by mutex_
  RequestQueue taken_;        // their bytes are the writer's; the leader collects them; guarded by mutex_
  std::uint64_t queued_ = 0;  // bytes ever queued; guarded by mutex_
  std::size_t holes_ = 0;     // bytes of pending_ that have been taken back; guarded by mutex_
  bool writing_ = false;      // somebody is the writer; guarded by mutex_
  CloseReason pending_close_ = CloseReason::kNone;  // guarded by mutex_
  bool closed_ = false;                             // guarded by mutex_
  bool silent_ = false;          // the connection owes replies and has said nothing; guarded by mutex_
  bool admits_nothing_ = false;  // closed, or silent and replaced: nothing enters; guarded by mutex_
  std::atomic<std::uint64_t> submitted_{0};  // requests; written under mutex_
  TimePoint
      oldest_in_flight_since_{};  // when the first of the replies now due was asked for; guarded by mutex_
  std::atomic<bool> leading_{false};           // somebody is the leader; written under mutex_
  std::atomic<bool> connected_{false};         // written by the leader under mutex_
  std::atomic<bool> blocked_{false};           // the socket took no more; written under mutex_
  std::atomic<int> send_failure_{0};           // of the socket that is blocked_ for good; written before that
  std::atomic<bool> close_is_pending_{false};  // pending_close_ is set; written under mutex_
  std::atomic<bool> draining_{false};  // nothing more is sent over this connection; written under mutex_
  std::atomic<bool> any_node_{false};
  std::atomic<bool> has_params_{false};  // next_params_ are for the connection that is open or to be opened
  std::unique_ptr<ConnectParams> next_params_;  // not yet followed; guarded by mutex_

  // The writer's.
  Buffer out_;
  std::size_t out_at_ = 0;
  std::uint64_t sent_ = 0;  // bytes ever sent

  // The leader's.
  std::unique_ptr<ConnectParams> used_params_;  // by connector_
  std::optional<Connector> connector_;
  std::atomic<const char*> pending_step_{nullptr};  // of connector_, for all to read
  Socket socket_;                                   // the writer sends on it while connected_
  std::unique_ptr<ReplyParser> parser_;
  RequestQueue inflight_;
  Request* last_abandoned_ =
      nullptr;  // the last of the first ones of inflight_ whose callers have left, as far as known
  std::atomic<std::uint64_t> completed_{0};
  std::atomic<Clock::rep> last_received_at_{0};
  std::atomic<Clock::rep> connecting_since_{0};  // 0: there is no connection, nor one being opened
  bool quiet_ = false;                           // nothing has come for a while
  bool unread_ = false;                          // something has come that poll() would not tell of
  std::size_t reply_bytes_ = 0;                  // received since the last request was finished
  std::atomic<bool> receiving_large_reply_{false};
};

inline bool Connection::admit(Request& request) {
  if (!wake_fd_ && !closed_) wake_fd_ = new_wake_fd();
  if (!admits_nothing_ && wake_fd_ && !pinned_elsewhere(request) && budget_.take(request.size)) [[likely]]
    return true;
  reject(request);
  return false;
}

template <class Write>
Connection::SubmitResult Connection::submit(Request& request, std::size_t size, TimePoint now,
                                            Deadline deadline, Write&& write, bool may_lead) {
  if (peer_failures_.closed_since(last_received_at_.load(std::memory_order_relaxed))) [[unlikely]]
    drain_if_suspect(request);
  if (settings_.connect_hooks != nullptr && !resolve_params(request, now, deadline)) [[unlikely]]
    return {};
  std::unique_lock lock(mutex_);
  request.size = size;
  request.begin = queued_;
  if (!admit(request)) return {};
  char* room = pending_.extend(size);
  if (room == nullptr) {
    budget_.give_back(size);
    refuse(request, no_memory_error());
    return {};
  }
  write(room);
  queued_ += size;
  unsent_.push(&request);
  request.queued = true;
  return take_roles(std::move(lock), request, now, may_lead);
}

}  // namespace rediscluster
