#include "connection/node.h"

#include <algorithm>

namespace rediscluster {
namespace {

// A private lane that nobody has needed for so long: there were more of them than anybody needed at a time.
constexpr Duration kIdleFor = std::chrono::seconds(30);
// A connection to a node that is in no map any more. One that imports a slot is not in it yet.
constexpr Duration kUnusedFor = std::chrono::seconds(30);
constexpr std::uint64_t kOne = 256;  // caller, in Node::crowd_
constexpr std::uint64_t kMany = 3 * kOne;

}  // namespace

Node::Node(Address address, const ConnectionSettings& settings, Counters& counters)
    : address_(std::move(address)), name_(to_string(address_)), settings_(settings), counters_(counters) {
  shared_.reserve(kMostShared);
  shared_.push_back(new_lane());
  usual_ = shared_.front().get();
}

Node::~Node() { delete for_reading_.load(); }

std::unique_ptr<Lane> Node::new_lane() {
  LaneOwner* const owner = this;
  return std::make_unique<Lane>(address_, settings_, counters_, budget_, losses_, owner);
}

Node& Node::for_reading() {
  if (Node* there = for_reading_.load(std::memory_order_acquire)) return *there;
  if (settings_.for_reading == nullptr) return *this;  // it is the one
  const std::lock_guard lock(mutex_);
  if (Node* there = for_reading_.load(std::memory_order_relaxed)) return *there;
  auto made = std::make_unique<Node>(address_, *settings_.for_reading, counters_);
  if (closed_) made->close();
  for_reading_.store(made.get(), std::memory_order_release);
  return *made.release();
}

Lane& Node::lane_beside_others(Lane& usual) {
  if (usual.congested()) return spare_lane();
  Lane* spare = spare_.load(std::memory_order_acquire);
  const std::uint64_t under_way = usual.under_way() + (spare == nullptr ? 0 : spare->under_way());
  // A running average. Of changes that meet one is lost, which does no harm.
  const std::uint64_t crowd = crowd_.load(std::memory_order_relaxed) * 15 / 16 + under_way * kOne / 16;
  crowd_.store(crowd, std::memory_order_relaxed);
  if (crowd >= kMany) return usual;
  if (spare == nullptr) spare = &spare_lane();
  return spare->led() ? usual : *spare;
}

Lane& Node::spare_lane() {
  if (Lane* spare = spare_.load(std::memory_order_acquire)) return *spare;
  const std::lock_guard lock(mutex_);
  if (spare_ == nullptr) spare_.store(another_lane(), std::memory_order_release);
  return spare_ == nullptr ? *usual_ : *spare_;
}

// With mutex_ held: one that takes what is new and that nobody is given yet. Null: all are silent.
Lane* Node::another_lane() {
  for (const auto& lane : shared_) {
    if (lane.get() != usual_ && lane.get() != spare_ && !lane->silent()) return lane.get();
  }
  if (shared_.size() == kMostShared) return nullptr;
  shared_.push_back(new_lane());
  if (closed_) shared_.back()->close();
  return shared_.back().get();
}

bool Node::replace(Lane& silent) noexcept {
  const std::lock_guard lock(mutex_);
  std::atomic<Lane*>* const place = &silent == usual_ ? &usual_ : &silent == spare_ ? &spare_ : nullptr;
  if (place == nullptr) return true;  // somebody else has done so
  try {
    Lane* const other = another_lane();
    if (other == nullptr) return false;
    place->store(other, std::memory_order_release);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

std::shared_ptr<Lane> Node::take_private() {
  const std::lock_guard lock(mutex_);
  busy_.reserve(busy_.size() + 1);
  std::shared_ptr<Lane> lane;
  if (idle_.empty()) {
    lane = std::make_shared<Lane>(address_, settings_, counters_, budget_, losses_);
    if (closed_) lane->close();
  } else {
    lane = std::move(idle_.back().lane);  // the one used last, so that those that are not needed age
    idle_.pop_back();
  }
  busy_.push_back(lane);
  return lane;
}

void Node::give_back(std::shared_ptr<Lane> lane) noexcept {
  const TimePoint now = Clock::now();
  std::shared_ptr<Lane> old;  // goes after the lock
  const std::lock_guard lock(mutex_);
  const auto at = std::find(busy_.begin(), busy_.end(), lane);
  std::swap(*at, busy_.back());
  busy_.pop_back();
  old = std::move(lane);
  if (closed_ || !in_map_ || !old->idle() || old->takes_anybody()) return;
  try {
    idle_.push_back({old, now});
  } catch (const std::bad_alloc&) {  // then it is closed
    return;
  }
  old.reset();
  if (now - idle_.front().since < kIdleFor) return;
  old = std::move(idle_.front().lane);
  idle_.erase(idle_.begin());
}

void Node::tidy(TimePoint now, bool in_map) noexcept {
  const std::lock_guard lock(mutex_);
  in_map_ = in_map;
  const auto needed =
      std::find_if(idle_.begin(), idle_.end(), [&](const Idle& idle) { return now - idle.since < kIdleFor; });
  idle_.erase(idle_.begin(), needed);
  if (!in_map) {
    for (const auto& lane : shared_) {
      if (now - lane->heard_at() >= kUnusedFor) lane->renew(now - kUnusedFor);
    }
  }
  if (Node* reading = for_reading_) reading->tidy(now, in_map);
}

bool Node::connected() const noexcept {
  const std::lock_guard lock(mutex_);
  const auto is_connected = [](const auto& lane) { return lane->connected(); };
  const Node* reading = for_reading_.load();
  return (reading != nullptr && reading->connected()) ||
         std::any_of(shared_.begin(), shared_.end(), is_connected) ||
         std::any_of(idle_.begin(), idle_.end(), [](const Idle& idle) { return idle.lane->connected(); }) ||
         std::any_of(busy_.begin(), busy_.end(), is_connected);
}

bool Node::asks_first() const noexcept {
  if (settings_.before_connect == nullptr) return false;
  const std::lock_guard lock(mutex_);
  return idle_.empty();
}

void Node::close() noexcept {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& lane : shared_) lane->close();
  idle_.clear();
  for (const auto& lane : busy_) lane->close();
  if (for_reading_ != nullptr) for_reading_.load()->close();
}

void Node::drop_idle() noexcept {
  const std::lock_guard lock(mutex_);
  idle_.clear();
  // Not at once: somebody may be sending.
  for (const auto& lane : shared_) lane->renew(Clock::now());
  if (for_reading_ != nullptr) for_reading_.load()->drop_idle();
}

void Node::renew(TimePoint since) noexcept {
  const std::lock_guard lock(mutex_);
  idle_.clear();
  for (const auto& lane : shared_) lane->renew(since);
  for (const auto& lane : busy_) lane->renew(since);
  if (for_reading_ != nullptr) for_reading_.load()->renew(since);
}

}  // namespace rediscluster
