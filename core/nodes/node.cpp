#include "nodes/node.h"

#include <algorithm>

namespace rediscluster {
namespace {

// A connection to a node that is in no map any more. One that imports a slot is not in it yet.
constexpr Duration kUnusedFor = std::chrono::seconds(30);
constexpr std::uint64_t kOne = 256;  // caller, in Node::concurrency_ewma_
constexpr std::uint64_t kMany = 3 * kOne;

}  // namespace

Node::Node(Address address, const ConnectionSettings& settings, Counters& counters)
    : address_(std::move(address)), name_(to_string(address_)), settings_(settings), counters_(counters) {}

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

Connection& Node::first_shared() {
  const MutexLock lock(mutex_);
  if (usual_ == nullptr) usual_.store(add_shared(), std::memory_order_release);
  return *usual_;
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
  if (auto idle = private_.lease_idle()) return idle;
  auto connection = std::make_shared<Connection>(address_, settings_, counters_, budget_, peer_failures_);
  if (closed_) connection->close();
  private_.add(connection);
  return connection;
}

std::shared_ptr<Connection> Node::connection_driven_by(ConnectionOwner& driver) {
  const MutexLock lock(mutex_);
  auto connection =
      std::make_shared<Connection>(address_, settings_, counters_, budget_, peer_failures_, &driver);
  if (closed_) connection->close();
  private_.add(connection);
  return connection;
}

void Node::give_up(const std::shared_ptr<Connection>& connection) noexcept {
  const MutexLock lock(mutex_);
  private_.remove(connection);
}

void Node::give_back(std::shared_ptr<Connection> connection) noexcept {
  const TimePoint now = Clock::now();
  std::shared_ptr<Connection> old;  // goes after the lock
  const MutexLock lock(mutex_);
  old = private_.give_back(std::move(connection), !closed_ && in_map_, now);
}

void Node::tidy(TimePoint now, bool in_map) noexcept {
  const MutexLock lock(mutex_);
  in_map_ = in_map;
  private_.close_unneeded(now);
  if (!in_map) {
    for (const auto& connection : shared_) {
      if (now - connection->last_received_at() >= kUnusedFor) connection->drain(now - kUnusedFor);
    }
  }
  if (Node* reading = for_reading_) reading->tidy(now, in_map);
}

bool Node::owes_nothing() const noexcept {
  const auto owes = [](const Connection* shared) { return shared != nullptr && shared->under_way() != 0; };
  return !owes(usual_.load(std::memory_order_acquire)) &&
         !owes(second_shared_.load(std::memory_order_acquire)) && connected();
}

bool Node::connected() const noexcept {
  const MutexLock lock(mutex_);
  const Node* reading = for_reading_.load();
  return (reading != nullptr && reading->connected()) || private_.connected() ||
         std::any_of(shared_.begin(), shared_.end(),
                     [](const auto& connection) { return connection->connected(); });
}

bool Node::asks_first() const noexcept {
  if (settings_.connect_hooks == nullptr) return false;
  const MutexLock lock(mutex_);
  return !private_.has_idle();
}

void Node::close() noexcept {
  const MutexLock lock(mutex_);
  closed_ = true;
  for (const auto& connection : shared_) connection->close();
  private_.close();
  if (for_reading_ != nullptr) for_reading_.load()->close();
}

void Node::drop_idle() noexcept {
  const MutexLock lock(mutex_);
  private_.close_idle();
  // Not at once: somebody may be sending.
  for (const auto& connection : shared_) connection->drain(Clock::now());
  if (for_reading_ != nullptr) for_reading_.load()->drop_idle();
}

void Node::drain(TimePoint since) noexcept {
  const MutexLock lock(mutex_);
  private_.drain(since);
  for (const auto& connection : shared_) connection->drain(since);
  if (for_reading_ != nullptr) for_reading_.load()->drain(since);
}

}  // namespace rediscluster
