// One connection to a node, shared by any number of callers, that opens itself again when it is lost. It has
// no thread, and never waits: callers move it, who hold one of two roles.
//
//  * The leader opens the connection, receives, and finishes the requests whose replies have come. It drives
//    the connection by fd(), events(), wakes_at() and advance(), as any event loop could: drive/leader.h does
//    so for callers in turn.
//  * The writer sends what has been queued, its own request and everybody's. When the socket is full, the
//    leader goes on when there is room.
//
// Its states are in docs/states.md, what holds at all times in docs/invariants.md.
#pragma once

#include <atomic>
#include <optional>

#include "base/budget.h"
#include "connection/connection_state.h"
#include "connection/connector.h"
#include "connection/out_bytes.h"
#include "connection/peer_failures.h"
#include "connection/reply_queue.h"
#include "connection/write_queue.h"
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

  // ---- Any caller ----

  // What submit() left its caller with: the leader's role, or not.
  struct SubmitResult {
    bool leads = false;
    TimePoint now{};
  };

  // Encodes the request's `size` bytes by `write(char*)` and queues it: its place among the replies due and
  // on the wire is one step. Sends unless another does. The caller who is going to wait at once may lead.
  template <class Write>
  SubmitResult submit(Request& request, std::size_t size, TimePoint now, Deadline deadline, Write&& write,
                      bool may_lead = true);

  // The two halves of submit(), for a queue, which leads its connections all the time and sends for many at
  // once. enqueue() queues the request, which tells its completion when it ends. False: it was refused, and
  // is its caller's with the failure in it; its completion is not told.
  template <class Write>
  bool enqueue(Request& request, std::size_t size, TimePoint now, Write&& write);
  // Sends what is queued, unless another does, or the connection is still to be opened.
  void send_queued() noexcept;
  // False: there is no descriptor left for it.
  bool make_wake_fd() noexcept;
  // Functions of the user's are to be asked before a request may be enqueued: by ask_first(), where that may
  // be. False: the request is refused, as above.
  bool asks_first() const noexcept { return settings_.connect_hooks != nullptr && !has_params_; }
  bool ask_first(Request& request, TimePoint& now, Deadline deadline) {
    return settings_.connect_hooks == nullptr || resolve_params(request, now, deadline);
  }

  // Takes back what has not been sent: it is the caller's again. False: it has, or it is finished.
  bool withdraw(Request& request) noexcept;

  // The caller's time is up. The request is finished and the caller's own: with its replies if they have just
  // come, else with RC_ERR_TIMEOUT in it, and with the replies of its batch that had come.
  void abandon(RequestPtr& request);

  // Whoever answers the next connection is to be asked who he is, and need not be the node that is known
  // there.
  void accept_any_node(bool yes) noexcept { any_node_.store(yes, std::memory_order_relaxed); }
  bool accepts_any_node() const noexcept { return any_node_.load(std::memory_order_relaxed); }

  void close() noexcept;      // every request, now and later, fails with RC_ERR_CLOSED
  void reconnect() noexcept;  // the connection is of no use any more: open another for the next request
  // The same for a connection that was begun before `since`, once the replies due on it have come.
  void drain(TimePoint since) noexcept;

  ConnectionState state() const noexcept { return state_.load(std::memory_order_relaxed); }
  WriterState writer_state() const noexcept { return writer_state_.load(std::memory_order_relaxed); }
  CloseReason pending_close() const noexcept { return pending_close_.load(std::memory_order_relaxed); }
  bool connected() const noexcept { return has_socket(state()); }
  bool idle() const noexcept;  // connected, and no reply is due
  bool led() const noexcept { return led_.load(std::memory_order_relaxed); }     // callers wait
  std::uint64_t under_way() const noexcept {                                     // requests; a moment ago
    const std::uint64_t completed = completed_.load(std::memory_order_acquire);  // first: it is never ahead
    return submitted_.load(std::memory_order_relaxed) - completed;
  }
  // In the middle of a large reply: what is sent now is answered late.
  bool receiving_large_reply() const noexcept {
    return receiving_large_reply_.load(std::memory_order_relaxed);
  }
  // It takes nothing more until its connection, which is silent, has ended.
  bool silent() const noexcept { return state() == ConnectionState::kSilent; }
  // When bytes last came from the node.
  TimePoint last_received_at() const noexcept {
    return TimePoint(Duration(last_received_at_.load(std::memory_order_relaxed)));
  }
  // While it connects: in brackets, what the node has not done yet.
  std::string pending_step() const;

  // ---- Who drives it ----

  // Held by the leader. Its flag is led().
  const Role leader{};

  // Takes the role, if nobody has it.
  bool try_lead() noexcept TRY_ACQUIRE(true, leader);
  // The same for a caller that would sleep else: he is parked in that case. No role is lost between the two:
  // who leaves looks for sleepers under the same lock.
  enum class Turn { kDone, kLeads, kParked };
  Turn lead_or_park(Request& request) noexcept;
  // Gives the role to the caller that has slept longest, or to nobody.
  void leave() noexcept RELEASE(leader);

  // What to poll, for what, and until when; then advance() is told what was ready of it. When wakes_at() has
  // passed there is something to do at once. wake_fd() is readable when somebody wants the leader to look.
  int fd() const noexcept REQUIRES(leader);
  short events() const noexcept REQUIRES(leader);
  int wake_fd() const noexcept REQUIRES(leader) { return wake_fd_.get(); }
  TimePoint wakes_at(TimePoint now) const noexcept REQUIRES(leader);
  void advance(TimePoint now, short ready) noexcept REQUIRES(leader);
  // How many sockets it has had: another one has another descriptor, which may have the same number.
  std::uint32_t openings() const noexcept REQUIRES(leader) { return openings_; }
  // For a leader whose descriptor is ready although no reply is due: has the node gone? It may close what is
  // idle, and what is queued goes over the next connection. False: replies are due, or something has come.
  bool look_while_idle() noexcept REQUIRES(leader);

  // For a leader that has nothing else to do: to wait in the receiving call itself is cheaper than to poll
  // before it, but deaf to wake_fd(), so it lasts at most about kReadSlice.
  static constexpr milliseconds kReadSlice{10};
  bool may_wait_in_read() const noexcept REQUIRES(leader) {
    return !quiet_ && state() == ConnectionState::kOpen && pending_close() == CloseReason::kNone &&
           !is_stuck(writer_state()) && socket_.may_wait();
  }
  void wait_in_read() noexcept REQUIRES(leader);

  // A caller whose time is up: may its reply be there? A process that was stopped for a while finds its
  // replies in the socket, and its callers' time gone.
  enum class LastLook {
    kUseless,
    kLeads,       // this caller leads now, and may look by receive_all()
    kOthersLook,  // wait a moment, and ask again
  };
  // `just_read`: a leader that has read within `recently` may not have come to this request yet.
  LastLook last_look(const Request& request, bool just_read, Duration recently) noexcept;
  // Reads what is there, until the request is done or for so long.
  void receive_all(const Request& until_done, TimePoint until) noexcept REQUIRES(leader);

 private:
  // A connection of which nothing was heard for so long is looked at before it is written to: a node that
  // closed it meanwhile would leave the command's outcome unknown.
  static constexpr Duration kLookAfter = milliseconds(1);

  // What submit() is to do about sending.
  enum class WritePlan : std::uint8_t { kNothing, kAtOnce, kAfterLook, kAfterGathering };
  struct Roles {
    bool leads = false;
    WritePlan plan = WritePlan::kNothing;
  };

  // Admission: submit.cpp.
  static UniqueFd new_wake_fd() noexcept;
  bool resolve_params(Request& request, TimePoint& now, Deadline deadline);
  void drain_if_suspect(const Request& request) noexcept;
  bool admit(Request& request, std::size_t size) REQUIRES(mutex_) {
    if (state() == ConnectionState::kOpen && budget_.take(size)) [[likely]]
      return true;
    return admit_or_refuse(request, size);
  }
  bool admit_or_refuse(Request& request, std::size_t size) REQUIRES(mutex_);
  static void refuse(Request& request, ErrorPtr error) noexcept;
  ErrorPtr over_budget() const;
  Roles elect(TimePoint now, bool may_lead) noexcept REQUIRES(mutex_);

  // Sending: writer.cpp.
  bool write_as_planned(const Request& request, Roles roles, bool may_lead) noexcept;
  bool look_before_writing(const Request& request) noexcept REQUIRES(leader) REQUIRES(writer_);
  bool has_gone() noexcept REQUIRES(writer_);
  void gather(bool leads) noexcept REQUIRES(writer_) REQUIRES(mutex_);
  void flush() noexcept RELEASE(writer_);
  void resume_writing() noexcept REQUIRES(leader);

  // Leaving without a reply: abandon.cpp.
  bool take_back(Request& request) noexcept;
  bool may_be_read() const noexcept REQUIRES(mutex_);
  void judge_silence();
  void redirect_unsent(std::string_view why) noexcept;

  // The leader's role: leadership.cpp.
  Request* find_heir(bool& close_first) noexcept REQUIRES(leader);
  void release_idle() noexcept REQUIRES(leader) REQUIRES(mutex_);

  // Opening: open.cpp.
  void open(TimePoint now) REQUIRES(leader);
  bool adopt_params() REQUIRES(leader);
  void start_using_socket(TimePoint now) REQUIRES(leader);

  // Receiving: receive.cpp.
  bool receive(bool wait) REQUIRES(leader);
  void receive_more() REQUIRES(leader);
  void receive_the_last() REQUIRES(leader);
  bool use(const Transfer& received, const char* bytes) REQUIRES(leader);
  void give_up(int failure) REQUIRES(leader);
  void give_up(ReplyQueue::Result result) REQUIRES(leader);
  void note_received() noexcept {
    last_received_at_.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed);
  }
  void note_ended(const Request& request) noexcept {
    completed_.store(completed_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    budget_.give_back(request.size);
  }

  // Ending: closing.cpp.
  void request_close(CloseReason why) noexcept;
  void apply_pending_close() noexcept REQUIRES(leader);
  void apply(CloseReason why) REQUIRES(leader);
  bool drained() const noexcept REQUIRES(leader) REQUIRES(mutex_);
  void close_if_drained() noexcept REQUIRES(leader) {
    if (is_ending(state())) [[unlikely]]
      close_drained();
  }
  void close_drained() noexcept REQUIRES(leader);
  void fail_all(Code code, std::string_view message, const char* server_code = nullptr) noexcept
      REQUIRES(leader);
  void drop_all(Code code, std::string_view message, const char* server_code) noexcept REQUIRES(leader);
  void note_disconnected() noexcept REQUIRES(mutex_);
  void set_state(ConnectionState state) noexcept REQUIRES(mutex_) {
    state_.store(state, std::memory_order_relaxed);
  }
  void set_writer_state(WriterState state) noexcept REQUIRES(mutex_) {
    writer_state_.store(state, std::memory_order_relaxed);
  }
  void wake() noexcept;

  const Address& address_;
  const ConnectionSettings& settings_;
  Counters& counters_;
  Budget& budget_;               // of the node, for commands whose replies are due
  PeerFailures& peer_failures_;  // of the node
  ConnectionOwner* const owner_;

  // Whoever sends on the socket. Its flag is WriterState::kWriting.
  const Role writer_{};

  mutable Mutex mutex_;
  WriteQueue unsent_ GUARDED_BY(mutex_);
  // Requests whose bytes a writer has taken to send. The leader appends them to replies_ before it matches
  // replies.
  RequestQueue taken_ GUARDED_BY(mutex_);
  // When the first of the replies now due was asked for.
  TimePoint oldest_in_flight_since_ GUARDED_BY(mutex_){};
  // The first of what is queued was queued when nothing was due, and nothing had come for a while.
  bool look_first_ GUARDED_BY(mutex_) = false;
  // What open() has not used yet of the answers of the user's functions.
  std::unique_ptr<ConnectParams> next_params_ GUARDED_BY(mutex_);

  // Written under mutex_, and read without it by those whom an old value does no harm.
  std::atomic<ConnectionState> state_{ConnectionState::kDown};
  std::atomic<WriterState> writer_state_{WriterState::kIdle};
  std::atomic<CloseReason> pending_close_{CloseReason::kNone};  // the leader carries it out
  std::atomic<bool> led_{false};                                // somebody is the leader
  std::atomic<std::uint64_t> submitted_{0};                     // requests
  // There are answers of the user's functions for the connection that is open or to be opened, so that
  // callers need not ask for them.
  std::atomic<bool> has_params_{false};
  UniqueFd wake_fd_;  // ends the leader's poll; there while a request is

  std::atomic<bool> any_node_{false};

  // The writer's. The leader may use it when nobody writes.
  OutBytes out_ GUARDED_BY(writer_);
  std::atomic<int> send_failure_{
      0};  // errno of the send that failed, or 0; stored before WriterState says so

  // The leader's.
  std::unique_ptr<ConnectParams> used_params_ GUARDED_BY(leader);  // by connector_
  std::optional<Connector> connector_ GUARDED_BY(leader);          // there while it connects
  Socket socket_;  // the leader replaces it when nobody writes; the writer sends on it while has_socket()
  ReplyQueue replies_ GUARDED_BY(leader);
  bool quiet_ GUARDED_BY(leader) = false;  // nothing has come for a while
  std::uint32_t openings_ GUARDED_BY(leader) = 0;
  // There may be more than was read: read before polling. OpenSSL may hold decrypted bytes that poll() cannot
  // tell of, and who is told of changes only is told once.
  bool unread_ GUARDED_BY(leader) = false;
  // Written by the leader, for all to read.
  std::atomic<const char*> pending_step_{nullptr};  // of connector_
  std::atomic<std::uint64_t> completed_{0};         // requests
  std::atomic<Clock::rep> last_received_at_{0};
  std::atomic<Clock::rep> connecting_since_{0};  // 0: there is no connection, nor one being opened
  std::atomic<bool> receiving_large_reply_{false};
};

inline Connection::Roles Connection::elect(TimePoint now, bool may_lead) noexcept {
  const bool nothing_due = under_way() == 0;
  submitted_.store(submitted_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (nothing_due) oldest_in_flight_since_ = now;
  const bool writes = state() == ConnectionState::kOpen && writer_state() == WriterState::kIdle;
  const bool look = writes && nothing_due && now - last_received_at() > kLookAfter;
  Roles roles;
  const bool others_lead = led();
  roles.leads = !others_lead && (may_lead || look);
  if (roles.leads) led_.store(true, std::memory_order_relaxed);
  if (!writes) return roles;
  set_writer_state(WriterState::kWriting);
  writer_.assume();
  if (roles.leads && look) [[unlikely]] {
    roles.plan = WritePlan::kAfterLook;
  } else if (others_lead) {
    roles.plan = WritePlan::kAfterGathering;
  } else {
    roles.plan = WritePlan::kAtOnce;
    gather(roles.leads);
  }
  return roles;
}

inline void Connection::gather(bool leads) noexcept {
  if (leads) {
    leader.assume();
    replies_.append(taken_);
    out_.take(unsent_, replies_.requests());
  } else {
    out_.take(unsent_, taken_);
  }
}

template <class Write>
Connection::SubmitResult Connection::submit(Request& request, std::size_t size, TimePoint now,
                                            Deadline deadline, Write&& write, bool may_lead) {
  if (peer_failures_.closed_since(last_received_at_.load(std::memory_order_relaxed))) [[unlikely]]
    drain_if_suspect(request);
  if (settings_.connect_hooks != nullptr && !resolve_params(request, now, deadline)) [[unlikely]]
    return {};
  Roles roles;
  {
    const MutexLock lock(mutex_);
    if (!admit(request, size)) return {};
    char* const room = unsent_.extend(request, size);
    if (room == nullptr) {
      budget_.give_back(size);
      refuse(request, no_memory_error());
      return {};
    }
    write(room);
    unsent_.push(request);
    request.queued = true;
    roles = elect(now, may_lead);
  }
  if (roles.plan != WritePlan::kNothing || (roles.leads && !may_lead))
    roles.leads = write_as_planned(request, roles, may_lead);
  return {roles.leads, now};
}

template <class Write>
bool Connection::enqueue(Request& request, std::size_t size, TimePoint now, Write&& write) {
  if (peer_failures_.closed_since(last_received_at_.load(std::memory_order_relaxed))) [[unlikely]]
    drain_if_suspect(request);
  const MutexLock lock(mutex_);
  if (!admit(request, size)) return false;
  char* const room = unsent_.extend(request, size);
  if (room == nullptr) {
    budget_.give_back(size);
    refuse(request, no_memory_error());
    return false;
  }
  write(room);
  unsent_.push(request);
  request.queued = true;
  if (under_way() == 0) {
    oldest_in_flight_since_ = now;
    look_first_ = now - last_received_at() > kLookAfter;
  }
  submitted_.store(submitted_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return true;
}

}  // namespace rediscluster
