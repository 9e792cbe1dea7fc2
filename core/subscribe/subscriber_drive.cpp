// What the driver of a group does in a pass, and what is done before it by a thread that holds nothing.
#include <poll.h>

#include <algorithm>

#include "base/text.h"
#include "resp/server_answer.h"
#include "subscribe/subscriber_group.h"

namespace rediscluster {
namespace {

// How often a refresh of the slot map that was wanted is pushed on: it has no descriptor to wait for.
constexpr Duration kPushRefresh = milliseconds(10);

}  // namespace

// Functions of the user's may run here, and listeners: without the lock, and while somebody else may drive.
void SubscriberGroup::tend(TimePoint now) {
  std::vector<Reconciler::Moved> moved;
  {
    const MutexLock lock(mutex_);
    moved = reconciler_.take_moved();
    if (reconciler_.take_refresh_wanted() && context_.topology.satisfied(refresh_))
      refresh_ = context_.topology.request_refresh();
  }
  for (const Reconciler::Moved& one : moved) learn(one, now);
  context_.topology.poll_refresh(now);
  if (settings_.connect_hooks != nullptr) ask_user();
  if (context_.log != nullptr) context_.log->deliver();
}

void SubscriberGroup::learn(const Reconciler::Moved& moved, TimePoint now) {
  const Redirect redirect = parse_redirect(moved.line);
  const bool named = !redirect.host.empty() && redirect.host != "?";
  if (!redirect.valid || redirect.host == "?" || (named && !check_host(redirect.host).ok())) {
    context_.topology.request_refresh();
    return;
  }
  const std::string host(named ? redirect.host : std::string_view(moved.told_by->address().host));
  context_.topology.learn_moved(redirect.slot, context_.nodes.at({host, redirect.port}), now);
}

// For one connection after the other.
void SubscriberGroup::ask_user() {
  if (settings_.connect_hooks->resolving()) return;  // this thread is inside of such a function
  for (;;) {
    SubscriberLink* link = nullptr;
    {
      const MutexLock lock(mutex_);
      for (const auto& [of, connection] : connections_) {
        if (!connection->needs_params()) continue;
        connection->asking = true;
        link = of;
        break;
      }
    }
    if (link == nullptr) return;
    std::unique_ptr<ConnectParams> params;
    const auto give = [&] {
      const MutexLock lock(mutex_);
      if (const auto at = connections_.find(link); at != connections_.end())
        at->second->give_params(std::move(params));
    };
    try {
      params = std::make_unique<ConnectParams>(
          settings_.connect_hooks->resolve(link->node.address(), settings_.credentials));
    } catch (...) {
      give();
      throw;
    }
    give();
    ring();
  }
}

// False: something is to be done without the lock first.
bool SubscriberGroup::prepare(TimePoint now) {
  if (reconciler_.has_moved()) return false;
  if (map_changed_.exchange(false)) {
    try {
      reconciler_.set_layout(std::make_shared<const Layout>(layout_of(*context_.topology.keep_map())), now);
    } catch (...) {
      map_changed_.store(true);
      throw;
    }
  }
  reconciler_.tick(now);
  for (const auto& [node, link] : reconciler_.links()) {
    auto& connection = connections_[link.get()];
    if (connection == nullptr) {
      connection = std::make_unique<SubscriberConnection>(reconciler_, *link, settings_, context_.counters);
      connection->ping_after = ping_after_;
      connection->pausing = pausing_;
    }
    if (!link->in_use && !connection->down() && link->expected.empty()) connection->close();
    advance(*connection, now, false);
    if (connection->needs_params()) return false;
  }
  reconciler_.tick(now);  // after what has failed
  return true;
}

void SubscriberGroup::advance(SubscriberConnection& connection, TimePoint now, bool readable) {
  ErrorPtr error = connection.advance(now, readable);
  if (error == nullptr) return;
  if (context_.log != nullptr) context_.log->add(LogLevel::kWarning, error->message);
  trouble_ = std::move(error);
}

int SubscriberGroup::poll_timeout(TimePoint until, TimePoint now) {
  TimePoint at = std::min(until, reconciler_.wakes_at());
  for (const auto& [link, connection] : connections_) at = std::min(at, connection->wakes_at());
  if (!context_.topology.satisfied(refresh_)) at = std::min(at, now + kPushRefresh);
  if (at <= now) return 0;
  constexpr std::int64_t kLongest = 60'000;
  return static_cast<int>(std::min<std::int64_t>(
      std::chrono::ceil<milliseconds>(std::min(at, now + milliseconds(kLongest)) - now).count(), kLongest));
}

void SubscriberGroup::pass(TimePoint until, TimePoint now) {
  std::vector<pollfd> polled;
  std::vector<SubscriberConnection*> connections;  // they stay while this thread drives
  int timeout = 0;
  {
    const MutexLock lock(mutex_);
    if (!prepare(now)) return;
    polled.push_back({bell_.get(), POLLIN, 0});
    for (const auto& [link, connection] : connections_) {
      if (connection->down()) continue;
      polled.push_back({connection->fd(), connection->events(), 0});
      connections.push_back(connection.get());
    }
    // What a refresh or a MOVED is to be asked of is done without the lock, so soon.
    timeout = reconciler_.refresh_wanted() || reconciler_.has_moved() ? 0 : poll_timeout(until, now);
  }
  if (::poll(polled.data(), polled.size(), timeout) < 0) return;  // a signal
  if (polled[0].revents != 0) read_bell();
  now = Clock::now();
  const MutexLock lock(mutex_);
  for (std::size_t i = 0; i < connections.size(); ++i) {
    SubscriberConnection& connection = *connections[i];
    if (polled[i + 1].revents != 0 || connection.wakes_at() <= now)
      advance(connection, now, (polled[i + 1].revents & ~POLLOUT) != 0);
  }
}

}  // namespace rediscluster
