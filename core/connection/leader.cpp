// The leader's part of a connection: opening the connection, reading from it, giving it up.
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <memory>
#include <new>
#include <utility>

#include "base/text.h"
#include "connection/connection.h"
#include "connection/large.h"
#include "sync/per_thread.h"

namespace rediscluster {
namespace {

constexpr int kReadsInARow = 16;                     // then the leader looks whether its own reply has come
constexpr std::size_t kFew = std::size_t{4} * 1024;  // bytes that most of what comes at a time is less than

// As much as the parser is fed with at a time. Of the thread that receives.
struct Many {
  std::unique_ptr<char[]> bytes{new (std::nothrow) char[ReplyParser::kFeed]};
};

}  // namespace

Connection::Connection(const Address& address, const ConnectionSettings& settings, Counters& counters,
                       Budget& budget, PeerFailures& peer_failures, ConnectionOwner* owner)
    : address_(address),
      settings_(settings),
      counters_(counters),
      budget_(budget),
      peer_failures_(peer_failures),
      owner_(owner) {}

UniqueFd Connection::new_wake_fd() noexcept { return UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

Connection::~Connection() { fail_all(Code::kClosed, "the cluster handle was closed"); }

void Connection::lead(Request& request, TimePoint now, Deadline deadline) noexcept {
  bool looked = false;
  while (!request.done()) {
    if (looked && deadline.passed(now)) break;
    step(deadline, now);
    looked = true;
    if (!request.done()) now = Clock::now();
  }
  leave();
}

void Connection::leave() noexcept {
  Request* heir = nullptr;
  while (!hand_over(heir)) apply_pending_close();
  if (heir != nullptr) unpark_one(heir->phase);
}

// To the caller that has slept longest, or to nobody. False: there is an order that nobody would carry out.
bool Connection::hand_over(Request*& heir) noexcept {
  const std::lock_guard lock(mutex_);
  inflight_.append(taken_);
  const auto promote = [&](Request* at) {
    if (at->phase.load(std::memory_order_relaxed) != Request::kParked) return false;
    std::uint32_t phase = Request::kParked;
    return at->phase.compare_exchange_strong(phase, Request::kPromoted);
  };
  bool awaited = false;
  for (Request* at = last_abandoned_ == nullptr ? inflight_.front() : last_abandoned_->next; at != nullptr;
       at = at->next) {
    if (promote(at)) heir = at;
    awaited = awaited || at->phase.load(std::memory_order_relaxed) != Request::kAbandoned;
    if (heir != nullptr) break;
    if (!awaited)
      last_abandoned_ =
          at;  // for many whose time runs out at once: each leaves without a walk past the others
  }
  for (Request* at = unsent_.front(); at != nullptr && heir == nullptr; at = at->next) {
    if (promote(at)) heir = at;
  }
  if (silent_ && !awaited) {
    pending_close_ = std::max(pending_close_, CloseReason::kSilent);
    close_is_pending_ = true;
  }
  if (heir == nullptr && close_is_pending_) return false;
  if (heir == nullptr) {
    leading_.store(false, std::memory_order_relaxed);
    if (!connected_) [[unlikely]]
      rest();
  }
  return true;
}

// With mutex_ held, and nobody leading: gives back what only a connection in use needs.
void Connection::rest() noexcept {
  if (closed_ || (under_way() == 0 && !connector_)) {
    wake_fd_.reset();
    connecting_since_.store(0, std::memory_order_relaxed);
    parser_.reset();
    pending_.release();
    out_.release();
  }
}

void Connection::step(Deadline deadline, TimePoint now) noexcept {
  try {
    if (close_is_pending_.load(std::memory_order_relaxed)) return apply_pending_close();
    close_if_drained();
    if (!connected_.load(std::memory_order_relaxed)) return open(deadline, now);
    if (!quiet_ && !blocked_ && socket_.may_wait() && deadline.left(now) > 2 * kBlockingReadSlice) {
      quiet_ = !receive(true);
      return close_if_drained();
    }
    if (std::exchange(unread_, false)) {
      receive(false);
      return close_if_drained();
    }
    if (blocked_ && send_failure_ != 0 && socket_.tls() != nullptr) return receive_the_last();
    const auto events = static_cast<short>(blocked_ ? POLLIN | POLLOUT : POLLIN);
    const short ready = wait_for(socket_.fd(), events, deadline.look_at(now), now);
    if ((ready & POLLOUT) != 0) {
      bool write = false;
      {
        const std::lock_guard lock(mutex_);
        write = blocked_ && !writing_;
        if (write) {
          blocked_ = false;
          writing_ = true;
        }
      }
      if (write) flush();
    }
    if ((ready & ~POLLOUT) != 0) {
      receive(false);
      close_if_drained();
    }
  } catch (const std::bad_alloc&) {
    fail_all(Code::kNoMemory, "out of memory: free some and call again");
  }
}

void Connection::open(Deadline deadline, TimePoint now) {
  if (!connector_) {
    if (const ErrorPtr refused = peer_failures_.connecting.why_not_yet(now))
      return drop_all(refused->code, refused->message, refused->server_code);
    if (settings_.connect_hooks != nullptr && !adopt_params()) return;
    connecting_since_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    connector_.emplace(address_, settings_, now, used_params_.get(), accepts_any_node());
  }
  const Connector::State state = connector_->advance(now);
  pending_step_.store(state == Connector::State::kPending ? connector_->pending_step() : nullptr,
                      std::memory_order_relaxed);
  switch (state) {
    case Connector::State::kPending:
      wait_for(connector_->fd(), connector_->events(), deadline.sooner(connector_->wakes_at()).look_at(now),
               now);
      return;
    case Connector::State::kFailed: {
      const ErrorPtr error = connector_->take_error();
      connector_.reset();
      if (error->code == Code::kConnect) peer_failures_.connecting.note(*error, now);
      fail_all(error->code, error->message, error->server_code);
      return;
    }
    case Connector::State::kConnected:
      break;
  }
  peer_failures_.connecting.forget();
  parser_ = std::make_unique<ReplyParser>(settings_.protocol == 3 ? Protocol::kResp3 : Protocol::kResp2);
  socket_ = connector_->take_socket();
  socket_.allow_wait(kBlockingReadSlice);
  connector_.reset();
  used_params_.reset();
  unread_ = false;
  if (settings_.log != nullptr)
    settings_.log->add(LogLevel::kInfo, text("connected to ", to_string(address_)));
  note_received();  // it has answered the handshake
  count(counters_.connects);
  {
    const std::lock_guard lock(mutex_);
    connected_ = true;
    oldest_in_flight_since_ = std::max(oldest_in_flight_since_, now);
    if (holes_ != 0) close_holes();
    if (pending_.empty()) return;
    writing_ = true;
    take_pending(taken_);
  }
  flush();
}

// False: there are none for this connection, or they say that there is to be none.
bool Connection::adopt_params() {
  {
    const std::lock_guard lock(mutex_);
    if (next_params_ != nullptr) {
      used_params_ = std::move(next_params_);
      has_params_ = true;
    }
  }
  if (used_params_ == nullptr) {  // the last connection ended while commands waited: their callers ask
    fail_all(Code::kIo, text("the connection to ", to_string(address_), " was lost"));
    return false;
  }
  if (used_params_->refused == nullptr) return true;
  const ErrorPtr refused = std::move(used_params_->refused);
  fail_all(refused->code, refused->message);
  return false;
}

// What became ready of `fd`; 0 when woken or when the time is up.
short Connection::wait_for(int fd, short events, TimePoint until, TimePoint now) noexcept {
  pollfd waits[2] = {{fd, events, 0}, {wake_fd_.get(), POLLIN, 0}};
  const auto left = std::max(until - now, Duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec timeout{static_cast<time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
  if (ppoll(waits, 2, &timeout, nullptr) <= 0) return 0;
  if (waits[1].revents != 0) {
    eventfd_t ignored = 0;
    eventfd_read(wake_fd_.get(), &ignored);
  }
  return waits[0].revents;
}

// False: nothing more is to be received now, for the connection was given up.
inline bool Connection::take(const Transfer& received, const char* bytes) {
  if (received.failure != 0) [[unlikely]] {
    lose(received.failure);
    return false;
  }
  if (received.closed) [[unlikely]] {
    peer_failures_.note_close(Clock::now());
    fail_all(Code::kIo, text("the connection to ", to_string(address_), " was closed by the node"));
    return false;
  }
  quiet_ = false;
  note_received();
  reply_bytes_ += received.bytes;
  return parse(bytes, received.bytes);
}

// False: nothing has come.
bool Connection::receive(bool wait) {
  char few[kFew];
  const Transfer received =
      wait ? socket_.wait_and_receive(few, sizeof few) : socket_.receive(few, sizeof few);
  if (received.would_block) return false;
  if (take(received, few) && (received.bytes == sizeof few || socket_.tls() != nullptr)) [[unlikely]]
    receive_more();
  return true;
}

// A stack may be small: what is more goes through memory that the thread keeps. OpenSSL tells by nothing else
// than a further read whether there is more in its hands.
void Connection::receive_more() {
  char few[kFew / 4];
  Many* const mine = per_thread<Many>();
  const bool has_room = mine != nullptr && mine->bytes != nullptr;
  char* const room = has_room ? mine->bytes.get() : few;
  const std::size_t size = has_room ? ReplyParser::kFeed : sizeof few;
  const bool plain = socket_.tls() == nullptr;
  for (int i = 1; i < kReadsInARow; ++i) {
    const Transfer received = socket_.receive(room, size);
    if (received.would_block || !take(received, room) || (plain && received.bytes < size)) return;
  }
  unread_ = !plain;
}

// Of what is there already.
void Connection::receive_all(const Request& until_done, TimePoint until) noexcept {
  try {
    while (connected_.load(std::memory_order_relaxed) && !close_is_pending_.load(std::memory_order_relaxed) &&
           !until_done.done() && receive(false) && Clock::now() < until) {
    }
    close_if_drained();
  } catch (const std::bad_alloc&) {
    fail_all(Code::kNoMemory, "out of memory: free some and call again");
  }
}

// What cannot send may still have replies to be read. A plain socket tells by poll() what has become of it;
// TLS may have failed, as for want of memory, over a connection that is well.
void Connection::receive_the_last() {
  const int failure = send_failure_;
  while (connected_.load(std::memory_order_relaxed) && receive(false)) {
  }
  if (connected_.load(std::memory_order_relaxed)) lose(failure);
}

void Connection::lose(int failure) {
  const bool no_memory = socket_.out_of_memory();
  if (!no_memory) peer_failures_.note_close(Clock::now());
  fail_all(no_memory ? Code::kNoMemory : Code::kIo,
           text("the connection to ", to_string(address_),
                " was lost: ", no_memory ? "out of memory" : socket_.reason(failure)));
}

// False: the connection was given up.
bool Connection::parse(const char* data, std::size_t size) {
  parser_->feed(data, size);
  while (parser_->has_bytes()) {
    Request* request = front();
    if (request == nullptr && settings_.protocol == 2 && !parser_->passing_over()) return refuse_unasked();
    const Parsed parsed = parser_->next(request == nullptr ? Destination{} : request->destination());
    if (parsed != Parsed::kReply) [[unlikely]] {
      if (parsed == Parsed::kPush) continue;  // nobody listens
      if (parsed == Parsed::kFailed) return refuse_nonsense();
      if (parsed == Parsed::kIncomplete) {
        if (reply_bytes_ >= kLargeBytes) receiving_large_reply_.store(true, std::memory_order_relaxed);
        return true;
      }
      if (request != nullptr) refuse_reply(*request);
    }
    if (request == nullptr) return refuse_unasked();
    request->received.store(request->received.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    if (!request->finished()) continue;
    request->large = reply_bytes_ >= kLargeBytes;
    if (request->large) receiving_large_reply_.store(false, std::memory_order_relaxed);
    reply_bytes_ = 0;
    complete(inflight_.pop());
  }
  return true;
}

// With mutex_ held.
void Connection::note_disconnected() noexcept {
  connected_ = false;
  draining_ = false;
  has_params_ = false;
  silent_ = false;
  admits_nothing_ = closed_;
}

// The server has executed the command, but its reply goes past a limit of ours, or there was no memory for
// it. Its caller is told in the place of the reply, and nobody else: what is still to come of it is read
// past.
void Connection::refuse_reply(Request& request) noexcept {
  const Destination to = request.destination();
  if (to.arena == nullptr) return;  // its caller has left
  const bool no_memory = parser_->out_of_memory();
  // An error that could not be read may have been a refusal.
  const Outcome outcome = no_memory && parser_->refused_error() ? Outcome::kUnknown : Outcome::kExecuted;
  if (to.node == nullptr) to.arena->reset(Arena::create(0));
  Reply* const node = to.node != nullptr ? to.node : *to.arena == nullptr ? nullptr : &(*to.arena)->root();
  try {
    const std::string what =
        no_memory ? std::string("what there is no room for: out of memory: free some and call again")
                  : text("with ", parser_->refused(), ": such a reply is not kept");
    if (node != nullptr &&
        (*to.arena)->make_error(*node, no_memory ? Code::kNoMemory : Code::kProtocol, outcome, what, ""))
      return;
  } catch (const std::bad_alloc&) {
  }
  ErrorPtr out_of_memory = no_memory_error(outcome);  // lives as long as the program
  if (to.node == nullptr) {
    request.failure = std::move(out_of_memory);
  } else {
    *node = Reply();
    node->type = ReplyType::kError;
    node->error = out_of_memory.get();
  }
}

bool Connection::refuse_unasked() {
  fail_all(Code::kProtocol, text(to_string(address_), " sent a reply that nobody had asked for"));
  return false;
}

bool Connection::refuse_nonsense() {
  if (parser_->out_of_memory()) {
    fail_all(Code::kNoMemory, text("out of memory for a reply of ", to_string(address_)));
  } else {
    fail_all(Code::kProtocol, text(to_string(address_), " sent something that is not RESP (",
                                   parser_->failure(), "): check that a Redis node listens there"));
  }
  return false;
}

Request* Connection::front() noexcept {
  if (inflight_.empty()) {
    const std::lock_guard lock(mutex_);
    inflight_.append(taken_);
  }
  return inflight_.front();
}

void Connection::complete(Request* request) noexcept {
  completed_.store(completed_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  budget_.give_back(request->size);
  hand_back(request, last_abandoned_);
}

// To its caller, who may sleep, or be gone.
void Connection::hand_back(Request* request, Request*& left) noexcept {
  switch (request->phase.exchange(Request::kDone, std::memory_order_acq_rel)) {
    case Request::kParked:
      unpark_one(request->phase);
      break;
    case Request::kAbandoned:
      if (request == left) left = nullptr;
      RequestRecycler()(request);  // done now, and nobody else's
      break;
    default:
      break;
  }
}

// Gives the connection up: every request fails, each with the outcome that its bytes had.
void Connection::fail_all(Code code, std::string_view message, const char* server_code) noexcept {
  if (settings_.log != nullptr && code != Code::kClosed) settings_.log->add(LogLevel::kWarning, message);
  drop_all(code, message, server_code);
}

// The same, without a word of what has been told before.
void Connection::drop_all(Code code, std::string_view message, const char* server_code) noexcept {
  RequestQueue sent;
  RequestQueue unsent;
  {
    std::unique_lock lock(mutex_);
    connected_ = false;
    while (writing_) {  // it never waits, so neither do we for long
      lock.unlock();
      sched_yield();
      lock.lock();
    }
    sent.append(inflight_);
    sent.append(taken_);
    unsent.append(unsent_);
    blocked_ = false;
    pending_.clear();
    holes_ = 0;
    note_disconnected();
  }
  out_.clear();
  out_at_ = 0;
  reply_bytes_ = 0;
  receiving_large_reply_.store(false, std::memory_order_relaxed);
  connector_.reset();
  pending_step_.store(nullptr, std::memory_order_relaxed);
  used_params_.reset();
  socket_.close();
  const auto fail = [&](Request* request, std::size_t bytes_sent) {
    const Outcome outcome = bytes_sent == 0 ? Outcome::kNotSent : Outcome::kUnknown;
    request->sent = bytes_sent;
    request->failure = make_error(code, outcome, message, server_code == nullptr ? "" : server_code);
    complete(request);
  };
  while (Request* request = sent.pop()) {
    const std::uint64_t end = std::max(std::min(sent_, request->begin + request->size), request->begin);
    fail(request, static_cast<std::size_t>(end - request->begin));
  }
  while (Request* request = unsent.pop()) fail(request, 0);
  const std::lock_guard lock(mutex_);
  sent_ = queued_ - pending_.size();  // what was dropped counts as gone by
}

// For a leader who is the writer too, when nothing is due. Has the node gone, or sent what nobody asked for?
// As nothing has been sent, what is queued goes over the next connection.
bool Connection::still_there(const Request& request) noexcept {
  char byte = 0;
  const Transfer seen = socket_.peek(&byte);
  // What has come may be of a reply that went past a limit.
  if (seen.would_block || (seen.bytes > 0 && parser_->passing_over())) return true;
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    note_disconnected();
  }
  socket_.close();
  if (request.pinned) fail_all(Code::kIo, "the connection was closed by the node");
  return false;
}

// Ends a connection that is to be renewed when no reply is due on it any more. What waits goes over the next
// one, unless it makes sense on this one only.
void Connection::close_if_drained() noexcept {
  if (!draining_.load(std::memory_order_relaxed) || close_is_pending_.load(std::memory_order_relaxed)) return;
  bool pinned = false;
  {
    const std::lock_guard lock(mutex_);
    if (!draining_ || writing_ || blocked_) return;
    inflight_.append(taken_);
    if (!inflight_.empty()) return;
    note_disconnected();
    for (const Request* at = unsent_.front(); at != nullptr; at = at->next) pinned = pinned || at->pinned;
  }
  socket_.close();
  if (pinned) fail_all(Code::kIo, "the connection was given up: the name leads to another node now");
}

void Connection::apply_pending_close() noexcept {
  CloseReason why = CloseReason::kNone;
  {
    const std::lock_guard lock(mutex_);
    why = std::exchange(pending_close_, CloseReason::kNone);
    close_is_pending_ = false;
  }
  try {
    switch (why) {
      case CloseReason::kNone:
        return;
      case CloseReason::kDrain: {
        connector_.reset();
        {
          const std::lock_guard lock(mutex_);
          draining_ = connected_.load();
        }
        return close_if_drained();
      }
      case CloseReason::kClosed:
        return fail_all(Code::kClosed, "the cluster handle was closed");
      case CloseReason::kSilent:
        return fail_all(Code::kIo,
                        text("the connection to ", to_string(address_), " was given up: silent for ",
                             std::chrono::duration_cast<milliseconds>(settings_.silence).count(),
                             " ms although replies were due"));
      case CloseReason::kReconnect:
        return fail_all(Code::kIo, text("the connection to ", to_string(address_),
                                        " was given up: another is opened for the next command"));
    }
  } catch (const std::bad_alloc&) {
    fail_all(why == CloseReason::kClosed ? Code::kClosed : Code::kIo, "the connection was given up");
  }
}

void Connection::wake() noexcept { eventfd_write(wake_fd_.get(), 1); }

}  // namespace rediscluster
