#include "nodes/node.h"

#include <algorithm>

namespace rediscluster {
namespace {

// A private connection that nobody has needed for so long: there were more of them than anybody needed at a
// time.
constexpr Duration kIdleFor = std::chrono::seconds(30);
// A connection to a node that is in no map any more. One that imports a slot is not in it yet.
constexpr Duration kUnusedFor = std::chrono::seconds(30);
constexpr std::uint64_t kOne = 256;  // caller, in Node::concurrency_ewma_
constexpr std::uint64_t kMany = 3 * kOne;

}  // namespace

Node::Node(Address address, const ConnectionSettings& settings, Counters& counters)
    : address_(std::move(address)), name_(to_string(address_)), settings_(settings), counters_(counters) {
  shared_.reserve(kMaxShared);
  shared_.push_back(new_connection());
  usual_ = shared_.front().get();
}

Node::~Node() { delete for_reading_.load(); }

std::unique_ptr<Connection> Node::new_connection() {
  ConnectionOwner* const owner = this;
  return std::make_unique<Connection>(address_, settings_, counters_, budget_, peer_failures_, owner);
}

Node& Node::for_reading() {
  if (Node* there = for_reading_.load(std::memory_order_acquire)) return *there;
  if (settings_.for_reading == nullptr) return *this;  // it is the one
  const MutexLock lock(mutex_);
  if (Node* there = for_reading_.load(std::memory_order_relaxed)) return *there;
  auto made = std::make_unique<Node>(address_, *settings_.for_reading, counters_);
  if (closed_) made->close();
  for_reading_.store(made.get(), std::memory_order_release);
  return *made.release();
}

Connection& Node::connection_beside_others(Connection& usual) {
  if (usual.receiving_large_reply()) return second_shared();
  Connection* second = second_shared_.load(std::memory_order_acquire);
  const std::uint64_t under_way = usual.under_way() + (second == nullptr ? 0 : second->under_way());
  // A running average. Of changes that meet one is lost, which does no harm.
  const std::uint64_t crowd =
      concurrency_ewma_.load(std::memory_order_relaxed) * 15 / 16 + under_way * kOne / 16;
  concurrency_ewma_.store(crowd, std::memory_order_relaxed);
  if (crowd >= kMany) return usual;
  if (second == nullptr) second = &second_shared();
  return second->led() ? usual : *second;
}

Connection& Node::second_shared() {
  if (Connection* second = second_shared_.load(std::memory_order_acquire)) return *second;
  const MutexLock lock(mutex_);
  if (second_shared_ == nullptr) second_shared_.store(add_shared(), std::memory_order_release);
  return second_shared_ == nullptr ? *usual_ : *second_shared_;
}

// With mutex_ held: one that takes what is new and that nobody is given yet. Null: all are silent.
Connection* Node::add_shared() {
  for (const auto& connection : shared_) {
    if (connection.get() != usual_ && connection.get() != second_shared_ && !connection->silent())
      return connection.get();
  }
  if (shared_.size() == kMaxShared) return nullptr;
  shared_.push_back(new_connection());
  if (closed_) shared_.back()->close();
  return shared_.back().get();
}

bool Node::replace(Connection& silent) noexcept {
  const MutexLock lock(mutex_);
  if (&silent != usual_ && &silent != second_shared_) return true;  // somebody else has done so
  std::atomic<Connection*>& place = &silent == usual_ ? usual_ : second_shared_;
  try {
    Connection* const other = add_shared();
    if (other == nullptr) return false;
    place.store(other, std::memory_order_release);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

std::shared_ptr<Connection> Node::lease() {
  const MutexLock lock(mutex_);
  busy_.reserve(busy_.size() + 1);
  std::shared_ptr<Connection> connection;
  if (idle_.empty()) {
    connection = std::make_shared<Connection>(address_, settings_, counters_, budget_, peer_failures_);
    if (closed_) connection->close();
  } else {
    connection =
        std::move(idle_.back().connection);  // the one used last, so that those that are not needed age
    idle_.pop_back();
  }
  busy_.push_back(connection);
  return connection;
}

void Node::give_back(std::shared_ptr<Connection> connection) noexcept {
  const TimePoint now = Clock::now();
  std::shared_ptr<Connection> old;  // goes after the lock
  const MutexLock lock(mutex_);
  const auto at = std::find(busy_.begin(), busy_.end(), connection);
  std::swap(*at, busy_.back());
  busy_.pop_back();
  old = std::move(connection);
  if (closed_ || !in_map_ || !old->idle() || old->accepts_any_node()) return;
  try {
    idle_.push_back({old, now});
  } catch (const std::bad_alloc&) {  // then it is closed
    return;
  }
  old.reset();
  if (now - idle_.front().since < kIdleFor) return;
  old = std::move(idle_.front().connection);
  idle_.erase(idle_.begin());
}

void Node::tidy(TimePoint now, bool in_map) noexcept {
  const MutexLock lock(mutex_);
  in_map_ = in_map;
  const auto needed =
      std::find_if(idle_.begin(), idle_.end(), [&](const Idle& idle) { return now - idle.since < kIdleFor; });
  idle_.erase(idle_.begin(), needed);
  if (!in_map) {
    for (const auto& connection : shared_) {
      if (now - connection->last_received_at() >= kUnusedFor) connection->drain(now - kUnusedFor);
    }
  }
  if (Node* reading = for_reading_) reading->tidy(now, in_map);
}

bool Node::owes_nothing() const noexcept {
  const Connection* second = second_shared_.load(std::memory_order_acquire);
  return usual_.load(std::memory_order_acquire)->under_way() == 0 &&
         (second == nullptr || second->under_way() == 0) && connected();
}

bool Node::connected() const noexcept {
  const MutexLock lock(mutex_);
  const auto is_connected = [](const auto& connection) { return connection->connected(); };
  const Node* reading = for_reading_.load();
  return (reading != nullptr && reading->connected()) ||
         std::any_of(shared_.begin(), shared_.end(), is_connected) ||
         std::any_of(idle_.begin(), idle_.end(),
                     [](const Idle& idle) { return idle.connection->connected(); }) ||
         std::any_of(busy_.begin(), busy_.end(), is_connected);
}

bool Node::asks_first() const noexcept {
  if (settings_.connect_hooks == nullptr) return false;
  const MutexLock lock(mutex_);
  return idle_.empty();
}

void Node::close() noexcept {
  const MutexLock lock(mutex_);
  closed_ = true;
  for (const auto& connection : shared_) connection->close();
  idle_.clear();
  for (const auto& connection : busy_) connection->close();
  if (for_reading_ != nullptr) for_reading_.load()->close();
}

void Node::drop_idle() noexcept {
  const MutexLock lock(mutex_);
  idle_.clear();
  // Not at once: somebody may be sending.
  for (const auto& connection : shared_) connection->drain(Clock::now());
  if (for_reading_ != nullptr) for_reading_.load()->drop_idle();
}

void Node::drain(TimePoint since) noexcept {
  const MutexLock lock(mutex_);
  idle_.clear();
  for (const auto& connection : shared_) connection->drain(since);
  for (const auto& connection : busy_) connection->drain(since);
  if (for_reading_ != nullptr) for_reading_.load()->drain(since);
}

}  // namespace rediscluster
