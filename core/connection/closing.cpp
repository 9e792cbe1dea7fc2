// A connection ends: at once, or when the last reply that is due has come.
#include <sched.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cassert>
#include <new>

#include "base/text.h"
#include "connection/connection.h"

namespace rediscluster {

void Connection::close() noexcept { request_close(CloseReason::kClosed); }
void Connection::reconnect() noexcept { request_close(CloseReason::kReconnect); }

// Those who hear at the same time that it is outdated renew it once.
void Connection::drain(TimePoint since) noexcept {
  const Clock::rep begun = connecting_since_.load(std::memory_order_relaxed);
  if (begun != 0 && since.time_since_epoch().count() > begun) request_close(CloseReason::kDrain);
}

// The leader carries it out; this caller does so where there is none.
void Connection::request_close(CloseReason why) noexcept {
  {
    const MutexLock lock(mutex_);
    pending_close_.store(std::max(pending_close(), why), std::memory_order_relaxed);
    // From now on nothing is sent or admitted, though the leader may be asleep.
    if (why == CloseReason::kClosed) {
      set_state(ConnectionState::kClosed);
    } else if (state() == ConnectionState::kOpen) {
      set_state(ConnectionState::kDraining);
    }
    if (led_.exchange(true, std::memory_order_relaxed)) return wake();
  }
  leader.assume();
  apply_pending_close();
  leave();
}

void Connection::apply_pending_close() noexcept {
  CloseReason why = CloseReason::kNone;
  {
    const MutexLock lock(mutex_);
    why = pending_close_.exchange(CloseReason::kNone, std::memory_order_relaxed);
  }
  try {
    apply(why);
  } catch (const std::bad_alloc&) {
    fail_all(why == CloseReason::kClosed ? Code::kClosed : Code::kIo, "the connection was given up");
  }
}

void Connection::apply(CloseReason why) {
  switch (why) {
    case CloseReason::kNone:
      return;
    case CloseReason::kDrain: {
      connector_.reset();
      {
        const MutexLock lock(mutex_);
        if (state() == ConnectionState::kOpen) set_state(ConnectionState::kDraining);
        if (state() == ConnectionState::kConnecting) set_state(ConnectionState::kDown);
      }
      return close_if_drained();
    }
    case CloseReason::kClosed:
      return fail_all(Code::kClosed, "the cluster handle was closed");
    case CloseReason::kSilent:
      return fail_all(Code::kIo,
                      text("the connection to ", to_string(address_), " was given up: silent for ",
                           std::chrono::duration_cast<milliseconds>(settings_.response_timeout).count(),
                           " ms although replies were due"));
    case CloseReason::kReconnect:
      return fail_all(Code::kIo, text("the connection to ", to_string(address_),
                                      " was given up: another is opened for the next command"));
  }
}

// Nothing is due on a connection that is to end then.
bool Connection::drained() const noexcept {
  return writer_state() == WriterState::kIdle && taken_.empty() && replies_.empty();
}

// What waits goes over the next connection, unless it makes sense on this one only.
void Connection::close_drained() noexcept {
  if (pending_close() != CloseReason::kNone) return;
  bool pinned = false;
  {
    const MutexLock lock(mutex_);
    if (!is_ending(state()) || !drained()) return;
    note_disconnected();
    pinned = unsent_.any_pinned();
  }
  socket_.close();
  if (pinned) fail_all(Code::kIo, "the connection was given up: the name leads to another node now");
}

void Connection::note_disconnected() noexcept {
  if (state() != ConnectionState::kClosed) set_state(ConnectionState::kDown);
  has_params_ = false;
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
    MutexLock lock(mutex_);
    note_disconnected();                               // so that no writer begins
    while (writer_state() == WriterState::kWriting) {  // it never waits, so neither do we for long
      lock.unlock();
      sched_yield();
      lock.lock();
    }
    set_writer_state(WriterState::kIdle);
    note_disconnected();
    replies_.append(taken_);
    sent = replies_.drop();
    unsent = unsent_.drop();
  }
  writer_.assume();  // nobody writes until there is a connection again
  const std::uint64_t sent_up_to = out_.sent();
  out_.clear();
  receiving_large_reply_.store(false, std::memory_order_relaxed);
  connector_.reset();
  pending_step_.store(nullptr, std::memory_order_relaxed);
  used_params_.reset();
  socket_.close();
  const auto fail = [&](Request* request, std::size_t bytes_sent) {
    const Outcome outcome = bytes_sent == 0 ? Outcome::kNotSent : Outcome::kUnknown;
    request->sent = bytes_sent;
    request->failure = make_error(code, outcome, message, server_code == nullptr ? "" : server_code);
    note_ended(*request);
    request->end();
  };
  while (Request* request = sent.pop()) {
    const std::uint64_t end = std::clamp(sent_up_to, request->begin, request->begin + request->size);
    fail(request, static_cast<std::size_t>(end - request->begin));
  }
  while (Request* request = unsent.pop()) fail(request, 0);
}

void Connection::wake() noexcept { eventfd_write(wake_fd_.get(), 1); }

}  // namespace rediscluster
