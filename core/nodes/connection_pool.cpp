#include "nodes/connection_pool.h"

#include <algorithm>
#include <new>

namespace rediscluster {
namespace {

// One that nobody has needed for so long: there were more of them than anybody needed at a time.
constexpr Duration kIdleFor = std::chrono::seconds(30);

}  // namespace

std::shared_ptr<Connection> ConnectionPool::lease_idle() {
  if (idle_.empty()) return nullptr;
  busy_.push_back(idle_.back().connection);
  idle_.pop_back();
  return busy_.back();
}

void ConnectionPool::remove(const std::shared_ptr<Connection>& connection) noexcept {
  const auto at = std::find(busy_.begin(), busy_.end(), connection);
  std::swap(*at, busy_.back());
  busy_.pop_back();
}

std::shared_ptr<Connection> ConnectionPool::give_back(std::shared_ptr<Connection> connection, bool keep,
                                                      TimePoint now) noexcept {
  remove(connection);
  if (!keep || !connection->idle() || connection->accepts_any_node()) return connection;
  try {
    idle_.push_back({connection, now});
  } catch (const std::bad_alloc&) {  // then it is closed
    return connection;
  }
  if (now - idle_.front().since < kIdleFor) return nullptr;
  std::shared_ptr<Connection> old = std::move(idle_.front().connection);
  idle_.erase(idle_.begin());
  return old;
}

bool ConnectionPool::connected() const noexcept {
  return std::any_of(idle_.begin(), idle_.end(),
                     [](const Idle& idle) { return idle.connection->connected(); }) ||
         std::any_of(busy_.begin(), busy_.end(),
                     [](const auto& connection) { return connection->connected(); });
}

void ConnectionPool::close_unneeded(TimePoint now) noexcept {
  const auto needed =
      std::find_if(idle_.begin(), idle_.end(), [&](const Idle& idle) { return now - idle.since < kIdleFor; });
  idle_.erase(idle_.begin(), needed);
}

void ConnectionPool::close() noexcept {
  idle_.clear();
  for (const auto& connection : busy_) connection->close();
}

void ConnectionPool::drain(TimePoint since) noexcept {
  idle_.clear();
  for (const auto& connection : busy_) connection->drain(since);
}

}  // namespace rediscluster
