#include "drive/leader.h"

#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>

#include <algorithm>

namespace rediscluster {
namespace {

// To look again costs less than to sleep and be woken, a few times.
constexpr int kYields = 6;
// For how long a caller whose time is up waits for a leader to read what has come already.
constexpr Duration kLastLook = milliseconds(20);

// What became ready of the connection; 0 when woken or when the time is up.
short wait_for(const Connection& connection, TimePoint until, TimePoint now) noexcept
    REQUIRES(connection.leader) {
  pollfd waits[2] = {{connection.fd(), connection.events(), 0}, {connection.wake_fd(), POLLIN, 0}};
  const auto left = std::max(until - now, Duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec timeout{static_cast<time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
  if (ppoll(waits, 2, &timeout, nullptr) <= 0) return 0;
  if (waits[1].revents != 0) {
    eventfd_t ignored = 0;
    eventfd_read(waits[1].fd, &ignored);
  }
  return waits[0].revents;
}

void poll_and_advance(Connection& connection, Deadline deadline, TimePoint now) noexcept
    REQUIRES(connection.leader) {
  const TimePoint wakes_at = connection.wakes_at(now);
  if (wakes_at <= now) return connection.advance(now, 0);
  const short ready = wait_for(connection, std::min(deadline.look_at(now), wakes_at), now);
  connection.advance(Clock::now(), ready);
}

// It looks once at least, even if the time is up.
void lead(Connection& connection, const Request& request, TimePoint now, Deadline deadline) noexcept
    RELEASE(connection.leader) {
  bool looked = false;
  while (!request.done()) {
    if (looked && deadline.passed(now)) break;
    if (connection.may_wait_in_read() && deadline.left(now) > 2 * Connection::kReadSlice) {
      connection.wait_in_read();
    } else {
      poll_and_advance(connection, deadline, now);
    }
    looked = true;
    if (!request.done()) now = Clock::now();
  }
  connection.leave();
}

// True: this caller leads now. False: the request is done, or the time is up.
bool wait_for_turn(Connection& connection, Request& request, Deadline deadline) noexcept {
  for (int i = 0; i < kYields; ++i) {
    if (request.done()) return false;
    if (!connection.led()) break;
    sched_yield();
  }
  for (;;) {
    switch (connection.lead_or_park(request)) {
      case Connection::Turn::kDone:
        return false;
      case Connection::Turn::kLeads:
        return true;
      case Connection::Turn::kParked:
        break;
    }
    park(request.phase, Request::kParked, deadline);
    std::uint32_t phase = Request::kParked;
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

// A caller whose time is up looks once more, or lets the leader do so, before it says that nothing has come.
bool read_what_has_come(Connection& connection, const Request& request) noexcept {
  const TimePoint until = Clock::now() + kLastLook;
  for (int i = 0; !request.done(); ++i) {
    const auto look = connection.last_look(request, i < kYields, kLastLook);
    if (look == Connection::LastLook::kUseless) break;
    if (look == Connection::LastLook::kLeads) {
      connection.leader.assume();
      connection.receive_all(request, until);
      connection.leave();
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

}  // namespace

bool wait_until(Connection& connection, Request& request, Connection::SubmitResult turn,
                Deadline until) noexcept {
  if (turn.leads) {
    connection.leader.assume();
    lead(connection, request, turn.now, until);
  } else if (wait_for_turn(connection, request, until)) {
    connection.leader.assume();
    lead(connection, request, Clock::now(), until);
  }
  return request.done();
}

void finish(Connection& connection, RequestPtr& request, Connection::SubmitResult turn, Deadline deadline) {
  while (!wait_until(connection, *request, turn, deadline)) {
    if (!deadline.was_withdrawn()) {
      if (!read_what_has_come(connection, *request)) connection.abandon(request);
      return;
    }
    turn = {};
  }
}

bool try_progress(Connection& connection, Request& request, Deadline until) noexcept {
  if (!request.done() && connection.try_lead()) lead(connection, request, Clock::now(), until);
  return request.done();
}

}  // namespace rediscluster
