// Who leads a connection, and what it is to do next.
#include <poll.h>

#include <algorithm>
#include <new>

#include "connection/connection.h"

namespace rediscluster {

bool Connection::try_lead() noexcept {
  const MutexLock lock(mutex_);
  return !led_.exchange(true, std::memory_order_relaxed);
}

Connection::Turn Connection::lead_or_park(Request& request) noexcept {
  const MutexLock lock(mutex_);
  if (request.done()) return Turn::kDone;
  if (!led_.exchange(true, std::memory_order_relaxed)) return Turn::kLeads;
  std::uint32_t waiting = Request::kWaiting;
  return request.phase.compare_exchange_strong(waiting, Request::kParked) ? Turn::kParked : Turn::kDone;
}

void Connection::leave() noexcept {
  Request* heir = nullptr;
  for (bool close_first = false;; apply_pending_close()) {
    heir = find_heir(close_first);
    if (!close_first) break;
  }
  leader.give_up();
  if (heir != nullptr) unpark_one(heir->phase);
}

// The caller that has slept longest has the role from here on; null: nobody has. Unless the connection is to
// be given up and nobody sleeps who would do it: then the role stays with this caller.
Request* Connection::find_heir(bool& close_first) noexcept {
  const MutexLock lock(mutex_);
  replies_.append(taken_);
  auto [heir, awaited] = replies_.promote_oldest();
  if (heir == nullptr) heir = unsent_.promote_oldest();
  if (silent() && !awaited) [[unlikely]]
    pending_close_.store(std::max(pending_close(), CloseReason::kSilent), std::memory_order_relaxed);
  close_first = heir == nullptr && pending_close() != CloseReason::kNone;
  if (heir != nullptr || close_first) return heir;
  led_.store(false, std::memory_order_relaxed);
  if (!connected()) [[unlikely]]
    release_idle();
  return nullptr;
}

// Gives back what only a connection in use needs.
void Connection::release_idle() noexcept {
  if (state() != ConnectionState::kClosed && (under_way() != 0 || connector_)) return;
  wake_fd_.reset();
  connecting_since_.store(0, std::memory_order_relaxed);
  replies_.release_memory();
  unsent_.release_memory();
  writer_.assume();  // without a connection nobody writes
  out_.release_memory();
}

int Connection::fd() const noexcept { return connector_ ? connector_->fd() : socket_.fd(); }

short Connection::events() const noexcept {
  if (connector_) return connector_->events();
  return static_cast<short>(is_stuck(writer_state()) ? POLLIN | POLLOUT : POLLIN);
}

TimePoint Connection::wakes_at(TimePoint now) const noexcept {
  if (pending_close() != CloseReason::kNone) return now;
  if (connector_) return connector_->wakes_at();
  if (!connected() || unread_) return now;
  if (writer_state() == WriterState::kFailed && socket_.tls() != nullptr) return now;
  if (is_ending(state())) {
    const MutexLock lock(mutex_);
    if (drained()) return now;
  }
  return TimePoint::max();
}

void Connection::advance(TimePoint now, short ready) noexcept {
  try {
    if (pending_close() != CloseReason::kNone) return apply_pending_close();
    close_if_drained();
    if (!connected()) return open(now);
    if (std::exchange(unread_, false)) {
      receive(false);
      return close_if_drained();
    }
    // A plain socket tells by poll() what has become of it. TLS may have failed, as for want of memory, over
    // a connection that is well.
    if (writer_state() == WriterState::kFailed && socket_.tls() != nullptr) return receive_the_last();
    if ((ready & POLLOUT) != 0) resume_writing();
    if ((ready & ~POLLOUT) != 0) {
      receive(false);
      close_if_drained();
    }
  } catch (const std::bad_alloc&) {
    fail_all(Code::kNoMemory, "out of memory: free some and call again");
  }
}

}  // namespace rediscluster
