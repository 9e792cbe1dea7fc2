// The one rule for which of a node's connections a piece of work gets: the shared one, unless it would hold
// up others there or must not be disturbed by them.
#pragma once

#include <optional>

#include "connection/large.h"
#include "nodes/connection_lease.h"

namespace rediscluster {

enum class Sharing {
  kShared,     // it may go over the connection that all callers share
  kExclusive,  // it blocks, or it leaves a state on its connection
};

class ConnectionChoice {
 public:
  // `bytes`: of what is to be sent.
  ConnectionChoice(Node& node, Sharing sharing, std::size_t bytes) {
    if (sharing == Sharing::kExclusive || holds_others_up(bytes)) [[unlikely]]
      lease_.emplace(node);
    connection_ = lease_ ? &**lease_ : &node.connection();
  }

  Connection& operator*() const noexcept { return *connection_; }
  Connection* operator->() const noexcept { return connection_; }
  bool is_leased() const noexcept { return lease_.has_value(); }
  ConnectionLease& lease() noexcept { return *lease_; }  // if it is
  // For a request that goes on although its call does not wait for it any more.
  std::optional<ConnectionLease> take_lease() noexcept { return std::move(lease_); }

 private:
  std::optional<ConnectionLease> lease_;
  Connection* connection_;
};

}  // namespace rediscluster
