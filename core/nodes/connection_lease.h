// A connection for one caller, for as long as the lease is in scope.
#pragma once

#include <memory>

#include "nodes/node.h"
#include "sync/fork.h"

namespace rediscluster {

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
