// A node of the cluster and the connections to it.
#pragma once

#include <memory>
#include <vector>

#include "connection/connection.h"
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
  // Everybody's. A few callers at a time are served sooner over two connections, many over one, where they
  // share system calls. While a large reply comes over the one, it is the other. One that falls silent is
  // replaced.
  Connection& connection() {
    Connection& usual = *usual_.load(std::memory_order_acquire);
    return usual.led() ? lane_beside_others(usual) : usual;
  }

  // A connection for one caller: a watch session, a blocking or large command. `give_back` keeps it for the
  // next one when it is idle, as long as so many are needed at a time, and closes it else.
  std::shared_ptr<Connection> lease();
  void give_back(std::shared_ptr<Connection> connection) noexcept;

  // The same node for those who read from it although it is a replica: over connections of their own.
  Node& for_reading();
  NodeHealth& health() noexcept { return health_; }
  NodeFacts& facts() noexcept { return facts_; }
  // When bytes last came from it on a connection that all share.
  TimePoint last_received_at() const noexcept {
    const Connection& usual = *usual_.load(std::memory_order_acquire);
    const Connection* spare = spare_.load(std::memory_order_acquire);
    return spare == nullptr ? usual.last_received_at()
                            : std::max(usual.last_received_at(), spare->last_received_at());
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

  Connection& lane_beside_others(Connection& usual);
  Connection& spare_lane();
  std::unique_ptr<Connection> new_lane();
  Connection* another_lane() REQUIRES(mutex_);
  bool replace(Connection& silent) noexcept override;

  const Address address_;
  const std::string name_;
  const ConnectionSettings& settings_;
  Counters& counters_;
  Budget budget_{kBudget};
  PeerFailures peer_failures_;
  std::atomic<std::uint64_t> concurrency_ewma_{
      0};  // how many were under way beside a new one, lately: 256ths
  NodeHealth health_;
  NodeFacts facts_;

  mutable Mutex mutex_;
  std::vector<std::unique_ptr<Connection>> shared_ GUARDED_BY(mutex_);  // those there have been; they stay
  std::atomic<Connection*> usual_;           // one of shared_; written under mutex_
  std::atomic<Connection*> spare_{nullptr};  // another, once there has been need of it; written under mutex_
  struct Idle {
    std::shared_ptr<Connection> connection;
    TimePoint since;
  };
  std::vector<Idle> idle_ GUARDED_BY(mutex_);  // the longest first
  std::vector<std::shared_ptr<Connection>> busy_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
  bool in_map_ GUARDED_BY(mutex_) = true;    // as far as tidy() has been told
  std::atomic<Node*> for_reading_{nullptr};  // written under mutex_; once there, it stays
};

// A private connection for as long as it is in scope.
class ConnectionLease {
 public:
  explicit ConnectionLease(Node& node) : node_(&node), connection_(node.lease()) {}
  ConnectionLease(ConnectionLease&&) noexcept = default;
  ConnectionLease(const ConnectionLease&) = delete;
  ConnectionLease& operator=(const ConnectionLease&) = delete;
  ConnectionLease& operator=(ConnectionLease&&) = delete;
  ~ConnectionLease() {
    if (connection_ != nullptr && !forked()) node_->give_back(std::move(connection_));
  }

  bool forked() const noexcept { return generation_ != fork_generation(); }  // it is the parent's

  Node& node() const noexcept { return *node_; }
  Connection& operator*() const noexcept { return *connection_; }
  Connection* operator->() const noexcept { return connection_.get(); }

 private:
  Node* node_;
  std::shared_ptr<Connection> connection_;
  std::uint32_t generation_ = fork_generation();
};

}  // namespace rediscluster
