// A connection admits a request, or refuses it at once.
#include <sys/eventfd.h>

#include "base/text.h"
#include "connection/connection.h"

namespace rediscluster {

UniqueFd Connection::new_wake_fd() noexcept { return UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

bool Connection::make_wake_fd() noexcept {
  const MutexLock lock(mutex_);
  if (!wake_fd_) wake_fd_ = new_wake_fd();
  return static_cast<bool>(wake_fd_);
}

// Asks the user's functions for connect parameters where they are needed. A caller does so who holds no role
// and no lock: the functions may call the cluster, and may take longer than the call has time. False: the
// request is refused.
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
      const MutexLock lock(mutex_);
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
  if (state() == ConnectionState::kOpen && !request.pinned) request_close(CloseReason::kDrain);
}

// For a connection that is not open, or a budget that is used up.
bool Connection::admit_or_refuse(Request& request, std::size_t size) {
  const ConnectionState now = state();
  if (now == ConnectionState::kClosed) {
    refuse(request, make_error(Code::kClosed, Outcome::kNotSent, "the cluster handle was closed"));
    return false;
  }
  if (!wake_fd_) wake_fd_ = new_wake_fd();
  if (!wake_fd_) {
    refuse(request,
           make_error(Code::kConnect, Outcome::kNotSent,
                      "no file descriptor left to connect to a node: raise the limit of open files"));
    return false;
  }
  const bool silent_for_good = now == ConnectionState::kSilent && owner_ != nullptr;
  if (silent_for_good || (request.pinned && now != ConnectionState::kOpen)) {
    refuse(request, make_error(Code::kIo, Outcome::kNotSent,
                               text("the connection to ", to_string(address_), " was lost")));
    return false;
  }
  if (budget_.take(size)) return true;
  refuse(request, over_budget());
  return false;
}

ErrorPtr Connection::over_budget() const {
  constexpr std::size_t kMebi = std::size_t{1024} * 1024;
  return make_error(Code::kBusy, Outcome::kNotSent,
                    text("commands of ", budget_.limit() / kMebi, " MiB are under way to ",
                         to_string(address_), " already: it takes them too slowly; send less at a time"));
}

// It was never queued, so its caller sees the failure at once.
void Connection::refuse(Request& request, ErrorPtr error) noexcept {
  request.failure = std::move(error);
  request.phase.store(Request::kDone, std::memory_order_relaxed);
}

}  // namespace rediscluster
