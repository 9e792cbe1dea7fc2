// A node of the cluster and the connections to it. One that was only heard of has none, and is small.
#pragma once

#include <memory>
#include <vector>

#include "nodes/connection_pool.h"
#include "nodes/node_facts.h"
#include "nodes/node_health.h"
#include "sync/mutex.h"

namespace rediscluster {

class Node final : private ConnectionOwner {
 public:
  Node(Address address, const ConnectionSettings& settings, Counters& counters);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const Address& address() const noexcept { return address_; }
  const std::string& name() const noexcept { return name_; }  // "127.0.0.1:7000"
  // The connection that a new command should use. With fewer than about three callers at a time the node uses
  // two shared connections, which lowers latency; with more it uses one, so that callers share system calls.
  // While one is receiving a large reply, the other is used. One that falls silent is replaced. Throws
  // bad_alloc.
  Connection& connection() {
    Connection* const usual = usual_.load(std::memory_order_acquire);
    if (usual == nullptr) [[unlikely]]
      return first_shared();
    return usual->led() ? connection_beside_others(*usual) : *usual;
  }

  // A connection for one caller: a watch session, a blocking or large command. `give_back` keeps it for the
  // next one when it is idle, as long as so many are needed at a time, and closes it else.
  std::shared_ptr<Connection> lease();
  void give_back(std::shared_ptr<Connection> connection) noexcept;

  // A connection that `driver` alone drives, and gives to its own callers, until it gives it up.
  std::shared_ptr<Connection> connection_driven_by(ConnectionOwner& driver);
  void give_up(const std::shared_ptr<Connection>& connection) noexcept;

  // The same node for those who read from it although it is a replica: over connections of their own.
  // for_reading_so_far(): this node itself as long as nobody has asked for that.
  Node& for_reading();
  Node& for_reading_so_far() noexcept {
    Node* const there = for_reading_.load(std::memory_order_acquire);
    return there == nullptr ? *this : *there;
  }
  NodeHealth& health() noexcept { return health_; }
  NodeFacts& facts() noexcept { return facts_; }
  // When bytes last came from it on a connection that several callers share.
  TimePoint last_received_at() const noexcept {
    const Connection* usual = usual_.load(std::memory_order_acquire);
    const Connection* second = second_shared_.load(std::memory_order_acquire);
    const TimePoint elsewhere(Duration(heard_at_.load(std::memory_order_relaxed)));
    if (usual == nullptr) return elsewhere;
    const TimePoint at = std::max(elsewhere, usual->last_received_at());
    return second == nullptr ? at : std::max(at, second->last_received_at());
  }
  // Bytes have come from it over a connection of a queue.
  void note_heard(TimePoint at) noexcept {
    heard_at_.store(at.time_since_epoch().count(), std::memory_order_relaxed);
  }

  // It has answered all that it was sent over connections that all share, and one of its connections is open.
  bool owes_nothing() const noexcept;

  bool connected() const noexcept;
  // A private connection would have to ask the user's functions before it connects.
  bool asks_first() const noexcept;
  // This thread is inside of such a function, which must not ask again.
  bool being_asked_about() const noexcept {
    return settings_.connect_hooks != nullptr && settings_.connect_hooks->resolving();
  }
  void close() noexcept;
  // Closes what nobody uses, and the rest when the last reply that is due has come.
  void drop_idle() noexcept;
  // Now and then: closes what has not been needed for a while, of a node that is in no map the rest too.
  void tidy(TimePoint now, bool in_map) noexcept;
  // Closes what was begun before `since`, as soon as no reply is due on it: the name leads to another node
  // now.
  void drain(TimePoint since) noexcept;

 private:
  static constexpr std::size_t kBudget = std::size_t{256} * 1024 * 1024;  // of commands under way

  // That are silent and wait for the last of what is under way, and the two that take what is new.
  static constexpr std::size_t kMaxShared = 8;

  Connection& first_shared();
  Connection& connection_beside_others(Connection& usual);
  Connection& second_shared();
  std::unique_ptr<Connection> new_connection();
  Connection* add_shared() REQUIRES(mutex_);
  bool replace(Connection& silent) noexcept override;

  const Address address_;
  const std::string name_;
  const ConnectionSettings& settings_;
  Counters& counters_;
  Budget budget_{kBudget};
  PeerFailures peer_failures_;
  // Moving average of the number of requests that were under way when a new one arrived, times 256. Written
  // by callers that meet another; of changes that meet one is lost, which does no harm.
  std::atomic<std::uint64_t> concurrency_ewma_{0};
  std::atomic<Clock::rep> heard_at_{0};  // of queues
  NodeHealth health_;
  NodeFacts facts_;

  mutable Mutex mutex_;
  // Those that there have been; they stay. None before the first use.
  std::vector<std::unique_ptr<Connection>> shared_ GUARDED_BY(mutex_);
  std::atomic<Connection*> usual_{nullptr};          // one of shared_; written under mutex_
  std::atomic<Connection*> second_shared_{nullptr};  // another, when there was need of it; written so too
  ConnectionPool private_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
  bool in_map_ GUARDED_BY(mutex_) = true;    // as far as tidy() has been told
  std::atomic<Node*> for_reading_{nullptr};  // written under mutex_; once there, it stays
};

}  // namespace rediscluster
