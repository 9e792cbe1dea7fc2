#include "connection/connection.h"

#include <poll.h>
#include <sched.h>

#include "base/text.h"

namespace rediscluster {
namespace {

// A connection of which nothing was heard for so long is looked at before it is written to: a node that
// closed it meanwhile would leave the command's outcome unknown.
constexpr Duration kLookAfter = milliseconds(1);
// Looking again costs less than sleeping and being woken, a few times.
constexpr int kYields = 6;
// For how long a caller whose time is up waits for a leader to read what has come already.
constexpr Duration kLastLook = milliseconds(20);

}  // namespace

Connection::SubmitResult Connection::take_roles(std::unique_lock<Mutex> lock, const Request& request,
                                                TimePoint now, bool may_lead) noexcept {
  const bool nothing_due = under_way() == 0;
  submitted_.store(submitted_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (nothing_due) oldest_in_flight_since_ = now;
  const bool write = connected_.load(std::memory_order_relaxed) && !writing_ && !blocked_ && !draining_;
  const bool look = write && nothing_due && now.time_since_epoch() - Duration(last_received_at_) > kLookAfter;
  const bool lead = !leading_.load(std::memory_order_relaxed) && (may_lead || look);
  if (lead) leading_.store(true, std::memory_order_relaxed);
  if (write) {
    writing_ = true;
    if (lead ? look : leading_.load(std::memory_order_relaxed)) {
      lock.unlock();
      if (!lead) {
        sched_yield();  // others who are about to send share this send
      } else if (!still_there(request)) {
        if (!may_lead) leave();
        return {may_lead, now};
      }
      lock.lock();
      if (holes_ != 0) close_holes();  // of those who have queued and left meanwhile
    }
    if (lead) inflight_.append(taken_);
    take_pending(lead ? inflight_ : taken_);
    lock.unlock();
    flush();
  } else {
    lock.unlock();
  }
  if (lead && !may_lead) leave();
  return {lead && may_lead, now};
}

// With mutex_ held by the writer, whose out_ is empty, and no holes in pending_.
void Connection::take_pending(RequestQueue& to) noexcept {
  out_.swap(pending_);
  to.append(unsent_);
}

void Connection::flush() noexcept {
  for (;;) {
    const Transfer sent = socket_.send(out_.data() + out_at_, out_.size() - out_at_);
    out_at_ += sent.bytes;
    sent_ += sent.bytes;
    const bool stuck = sent.would_block || sent.failure != 0;  // the leader finds out why the socket failed
    if (!stuck && out_at_ < out_.size()) continue;
    const std::lock_guard lock(mutex_);
    if (stuck) {
      send_failure_ = sent.failure;
      blocked_ = true;
      writing_ = false;
      if (leading_) wake();
      return;
    }
    out_.clear();
    out_at_ = 0;
    if (holes_ != 0) close_holes();
    if (pending_.empty() || !connected_ || draining_) {
      writing_ = false;
      if (draining_ && leading_) wake();  // it may have found the last reply while we were still writing
      return;
    }
    take_pending(taken_);
  }
}

void Connection::finish(RequestPtr& request, SubmitResult turn, Deadline deadline) {
  while (!wait_until(*request, turn, deadline)) {
    if (!deadline.was_withdrawn()) return abandon(request);
    turn = {};
  }
}

bool Connection::wait_until(Request& request, SubmitResult turn, Deadline until) noexcept {
  if (turn.leads) {
    lead(request, turn.now, until);
  } else if (wait_for_turn(request, until)) {
    lead(request, Clock::now(), until);
  }
  return request.done();
}

bool Connection::try_progress(Request& request, Deadline until) {
  if (!request.done() && try_lead()) lead(request, Clock::now(), until);
  return request.done();
}

bool Connection::try_lead() noexcept {
  const std::lock_guard lock(mutex_);
  return !leading_.exchange(true, std::memory_order_relaxed);
}

bool Connection::wait_for_turn(Request& request, Deadline deadline) noexcept {
  for (int i = 0; i < kYields; ++i) {
    if (request.done()) return false;
    if (!leading_.load(std::memory_order_relaxed)) break;
    sched_yield();
  }
  for (;;) {
    std::uint32_t phase = Request::kWaiting;
    {
      const std::lock_guard lock(mutex_);
      if (request.done()) return false;
      // No leader is lost: who leaves looks for sleepers under the same lock.
      if (!leading_.load(std::memory_order_relaxed)) {
        leading_.store(true, std::memory_order_relaxed);
        return true;
      }
      if (!request.phase.compare_exchange_strong(phase, Request::kParked)) return false;
    }
    park(request.phase, Request::kParked, deadline);
    phase = Request::kParked;
    if (request.phase.compare_exchange_strong(phase, Request::kWaiting)) {
      if (deadline.passed(Clock::now())) return false;
      continue;
    }
    if (phase == Request::kDone) return false;
    phase = Request::kPromoted;
    request.phase.compare_exchange_strong(phase, Request::kWaiting);
    return true;
  }
}

std::string Connection::pending_step() const {
  const char* what = pending_step_.load(std::memory_order_relaxed);
  return what == nullptr ? std::string() : text(" (", what, ")");
}

// The deadline has passed. What was not handed to the socket is taken back; what was leaves a tombstone.
void Connection::abandon(RequestPtr& request) {
  if (has_come(*request)) return;
  if (take_back(*request)) {
    budget_.give_back(request->size);
    refuse(*request,
           make_error(Code::kTimeout, Outcome::kNotSent,
                      text("it could not be sent to ", to_string(address_), " in time", pending_step())));
    return;
  }
  RequestPtr remains = request->received_so_far();
  remains->sent = request->size;
  remains->failure =
      make_error(Code::kTimeout, Outcome::kUnknown, text("no answer from ", to_string(address_), " in time"));
  if (!request->become_tombstone()) return;  // it has just been finished
  // NOLINTNEXTLINE(bugprone-unused-return-value): the connection frees it when its reply has come
  request.release();
  request = std::move(remains);
  judge_silence();
}

// A process that was stopped for a while finds its replies in the socket, and its callers' time gone. So they
// look once more, or let the leader do so, before they say that nothing has come.
bool Connection::has_come(Request& request) noexcept {
  const TimePoint until = Clock::now() + kLastLook;
  for (int i = 0; !request.done(); ++i) {
    bool leads = false;
    {
      const std::lock_guard lock(mutex_);
      if (!connected_ || is_unsent(request)) break;
      leads = !leading_.exchange(true, std::memory_order_relaxed);
      // A leader that has read a moment ago may not have come to this request yet.
      const bool wait = may_be_read() || (i < kYields && Clock::now() - last_received_at() < kLastLook);
      if (!leads && !wait) break;
    }
    if (leads) {
      receive_all(request, until);
      leave();
      break;
    }
    const TimePoint now = Clock::now();
    if (now >= until) break;
    if (i < kYields) {
      sched_yield();
    } else {
      FutexWord nobody_wakes{0};
      park(nobody_wakes, 0, Deadline(now + kLastLook / 20));
    }
  }
  return request.done();
}

// With mutex_ held, so that the socket stays as it is.
bool Connection::may_be_read() const noexcept {
  pollfd socket{socket_.fd(), POLLIN, 0};
  return connected_ && poll(&socket, 1, 0) == 1;
}

// After a caller has left in vain. When nothing has come for too long, what is new goes over another
// connection. What is under way over this one keeps its time: the connection ends with the last of it.
void Connection::judge_silence() {
  bool silent = false;
  {
    const std::lock_guard lock(mutex_);
    if (!connected_) return;
    const TimePoint since = std::max(last_received_at(), oldest_in_flight_since_);
    // Nine tenths: a call's time began a little before its request was queued.
    if (!silent_ && (Clock::now() - since < settings_.silence / 10 * 9 || may_be_read())) return;
    silent = silent_;
  }
  if (!silent) {
    const std::string why = text("the connection to ", to_string(address_),
                                 " is silent although replies are due: another is opened");
    if (owner_ != nullptr && !owner_->replace(*this)) return;
    redirect_unsent(why);
  }
  settle();
}

// Lets nobody send over the connection any more. Who waits to do so is to go elsewhere.
void Connection::redirect_unsent(std::string_view why) noexcept {
  RequestQueue unsent;
  {
    const std::lock_guard lock(mutex_);
    if (!connected_ || silent_ || closed_) return;
    silent_ = true;
    admits_nothing_ = owner_ != nullptr;
    draining_ = true;
    unsent.append(unsent_);
    close_holes();  // of which all is one
    std::uint64_t count = 0;
    for (Request* at = unsent.front(); at != nullptr; at = at->next) {
      at->begin = 0;  // not among the unsent any more
      ++count;
    }
    submitted_.store(submitted_.load(std::memory_order_relaxed) - count, std::memory_order_relaxed);
  }
  Request* none = nullptr;
  while (Request* request = unsent.pop()) {
    budget_.give_back(request->size);
    request->failure = make_error(Code::kIo, Outcome::kNotSent, why);
    hand_back(request, none);
  }
}

// Ends a silent connection if all whose replies are due on it have left. A leader looks when it leaves.
void Connection::settle() noexcept {
  if (try_lead()) leave();
}

bool Connection::silent() const noexcept {
  const std::lock_guard lock(mutex_);
  return silent_;
}

// Its bytes stay as a hole: to move all that come after them, for each of many callers whose time runs out at
// once, would keep the last of them waiting.
bool Connection::take_back(Request& request) noexcept {
  const std::lock_guard lock(mutex_);
  if (request.done() || !is_unsent(request)) return false;
  unsent_.remove(&request);
  holes_ += request.size;
  if (holes_ > pending_.size() / 2) close_holes();
  request.queued = false;  // its caller's alone again, should anything fail from here on
  submitted_.store(submitted_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  return true;
}

bool Connection::withdraw(Request& request) noexcept {
  if (!take_back(request)) return false;
  budget_.give_back(request.size);
  return true;
}

// With mutex_ held.
void Connection::close_holes() noexcept {
  const std::uint64_t first = queued_ - pending_.size();
  std::size_t end = 0;
  for (Request* at = unsent_.front(); at != nullptr; at = at->next) {
    const auto from = static_cast<std::size_t>(at->begin - first);
    if (from != end) pending_.move(end, from, at->size);
    at->begin = first + end;
    end += at->size;
  }
  if (end == 0) pending_.clear();
  pending_.shorten(end);
  queued_ = first + end;
  holes_ = 0;
}

void Connection::request_close(CloseReason why) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (why == CloseReason::kClosed) closed_ = admits_nothing_ = true;
    pending_close_ = std::max(pending_close_, why);
    close_is_pending_ = true;
    if (connected_) draining_ = true;  // from now on, though the leader may be asleep
    if (leading_.exchange(true, std::memory_order_relaxed)) {
      wake();
      return;
    }
  }
  apply_pending_close();
  leave();
}

void Connection::close() noexcept { request_close(CloseReason::kClosed); }
void Connection::reconnect() noexcept { request_close(CloseReason::kReconnect); }

// Those who hear at the same time that it is outdated renew it once.
void Connection::drain(TimePoint since) noexcept {
  const Clock::rep dialed_at = connecting_since_.load(std::memory_order_relaxed);
  if (dialed_at != 0 && since.time_since_epoch().count() > dialed_at) request_close(CloseReason::kDrain);
}

bool Connection::idle() const noexcept {
  const std::lock_guard lock(mutex_);
  return connected_ && !close_is_pending_ && !draining_ && under_way() == 0;
}

// Asks for params where they are needed, by a caller who holds no role and no lock: the user's functions may
// call the cluster, and may have taken longer than the call has time. False: the request is refused.
bool Connection::resolve_params(Request& request, TimePoint& now, Deadline deadline) {
  const auto in_time = [&] {
    now = Clock::now();
    return !deadline.expired(now);
  };
  if (!has_params_ && !peer_failures_.connecting.backing_off(now)) {  // else it would be asked for nothing
    if (settings_.connect_hooks->resolving()) {
      refuse(request, make_error(Code::kUnsupported, Outcome::kNotSent,
                                 text("a callback that is asked before a connection is made has called the "
                                      "cluster, which needs a connection to ",
                                      to_string(address_), " for that: use another handle")));
      return false;
    }
    if (in_time()) {
      auto params =
          std::make_unique<ConnectParams>(settings_.connect_hooks->resolve(address_, settings_.credentials));
      const std::lock_guard lock(mutex_);
      if (!has_params_) {  // else another caller was first
        next_params_ = std::move(params);
        has_params_ = true;
      }
    }
  }
  if (in_time()) return true;
  refuse(request, make_error(Code::kTimeout, Outcome::kNotSent,
                             text("its time was up before it could be sent to ", to_string(address_),
                                  ": the callbacks that are asked before a connection is made took long")));
  return false;
}

// The node has ended another connection and has not been heard on this one since: the request goes over a new
// one, unless it makes sense on this one only.
void Connection::drain_if_suspect(const Request& request) noexcept {
  if (connected() && !draining_.load(std::memory_order_relaxed) && !request.pinned)
    request_close(CloseReason::kDrain);
}

void Connection::reject(Request& request) {
  if (closed_) {
    refuse(request, make_error(Code::kClosed, Outcome::kNotSent, "the cluster handle was closed"));
  } else if (!wake_fd_) {
    refuse(request,
           make_error(Code::kConnect, Outcome::kNotSent,
                      "no file descriptor left to connect to a node: raise the limit of open files"));
  } else if (admits_nothing_ || pinned_elsewhere(request)) {
    refuse(request, make_error(Code::kIo, Outcome::kNotSent,
                               text("the connection to ", to_string(address_), " was lost")));
  } else {
    refuse(request, over_budget());
  }
}

ErrorPtr Connection::over_budget() const {
  constexpr std::size_t kMebi = std::size_t{1024} * 1024;
  return make_error(Code::kBusy, Outcome::kNotSent,
                    text("commands of ", budget_.limit() / kMebi, " MiB are under way to ",
                         to_string(address_), " already: it takes them too slowly; send less at a time"));
}

void Connection::refuse(Request& request, ErrorPtr error) noexcept {
  request.failure = std::move(error);
  request.phase.store(Request::kDone, std::memory_order_relaxed);
}

}  // namespace rediscluster
