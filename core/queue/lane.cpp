#include "queue/lane.h"

#include <poll.h>
#include <sys/eventfd.h>

namespace rediscluster {
namespace {

// To look again at a socket that the kernel has no memory to watch.
constexpr Duration kLookAgain = milliseconds(5);

}  // namespace

Lane::Lane(Node& node, bool exclusive)
    : node_(node), exclusive_(exclusive), connection_(node.connection_driven_by(*this)) {
  // Nobody else knows it yet but the node, whose close() may be about to give the role back.
  while (!connection_->try_lead()) {
  }
}

Lane::~Lane() {
  connection_->leader.assume();
  connection_->leave();
  node_.give_up(connection_);
}

bool Lane::replace(Connection&) noexcept {
  replacement_wanted_.store(true, std::memory_order_relaxed);
  return true;
}

Lane::Event Lane::event_of(void* what) noexcept {
  const auto bits = reinterpret_cast<std::uintptr_t>(what);
  const bool woken = (bits & 1) != 0;
  return {reinterpret_cast<Lane*>(bits - (woken ? 1 : 0)), woken};
}

void Lane::on_event(const Event& event, std::uint32_t events, TimePoint now) noexcept {
  Connection& connection = *connection_;
  connection.leader.assume();
  if (event.woken) {
    eventfd_t ignored = 0;
    eventfd_read(connection.wake_fd(), &ignored);
    look_soon();
    return;
  }
  if (connection.connected() && connection.openings() == opening_) [[likely]] {
    if ((events & EPOLLOUT) != 0 && is_stuck(connection.writer_state())) {
      connection.advance(now, POLLOUT);
      look_soon();
    }
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read(now);
  } else {
    connection.advance(now, 0);
    look_soon();
  }
}

void Lane::read(TimePoint now) noexcept {
  Connection& connection = *connection_;
  connection.leader.assume();
  if (awaited() == 0 && connection.look_while_idle()) return look_soon();
  connection.advance(now, POLLIN);
  // Has what it is to be watched for changed?
  const bool is_watched = connection.connected() && connection.openings() == opening_ &&
                          is_stuck(connection.writer_state()) == ((events_ & EPOLLOUT) != 0);
  if (!is_watched || connection.wakes_at(now) <= now) [[unlikely]]
    look_soon();
}

void Lane::advance(TimePoint now) noexcept {
  Connection& connection = *connection_;
  connection.leader.assume();
  look_wanted_.store(false, std::memory_order_relaxed);
  wakes_at_ = TimePoint::min();  // watch() says when next
  if (connection.connected()) {
    if (is_stuck(connection.writer_state())) {
      pollfd socket{connection.fd(), POLLOUT, 0};
      if (::poll(&socket, 1, 0) == 1) connection.advance(now, socket.revents);
    }
    if (connection.look_while_idle()) return;
    connection.advance(now, POLLIN);
  } else if (connection.under_way() > 0 || connection.pending_close() != CloseReason::kNone) {
    connection.advance(now, 0);
  }
}

void Lane::watch(Poller& poller, TimePoint now) noexcept {
  Connection& connection = *connection_;
  connection.leader.assume();
  bool watched = true;
  if (wake_fd_ < 0) {
    watched = poller.watch_changes(connection.wake_fd(), EPOLLIN, wake_tag());
    if (watched) wake_fd_ = connection.wake_fd();
  }
  wakes_at_ = TimePoint::max();
  if (connection.connected()) {
    const std::uint32_t events = EPOLLIN | EPOLLRDHUP | (is_stuck(connection.writer_state()) ? EPOLLOUT : 0U);
    if (opening_ != connection.openings() || events != events_) {
      const bool is_watched = poller.watch_changes(connection.fd(), events, socket_tag());
      opening_ = is_watched ? connection.openings() : 0;
      events_ = events;
      watched = watched && is_watched;
    }
    wakes_at_ = connection.wakes_at(now);
  } else {
    opening_ = 0;
    if (connection.fd() >= 0) {
      const auto events = static_cast<std::uint32_t>(connection.events());  // the bits are those of epoll
      watched = poller.watch_once(connection.fd(), events, socket_tag()) && watched;
      wakes_at_ = connection.wakes_at(now);
    } else if (connection.under_way() > 0) {
      wakes_at_ = now;
    }
  }
  if (!watched) wakes_at_ = std::min(wakes_at_, now + kLookAgain);
}

void Lane::end_if_silent(TimePoint now) noexcept {
  if (!connection_->silent() || awaited() != 0) return;
  connection_->leader.assume();
  connection_->reconnect();
  connection_->advance(now, 0);
}

}  // namespace rediscluster
