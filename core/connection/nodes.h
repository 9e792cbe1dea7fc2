// Every node that a handle has heard of, by address. A node stays until the handle goes, so that a pointer to
// one is good for as long as its handle is.
#pragma once

#include <map>

#include "connection/node.h"

namespace rediscluster {

class Nodes {
 public:
  Nodes(const ConnectionSettings& settings, Counters& counters) : settings_(settings), counters_(counters) {}

  Node& at(const Address& address);
  void close() noexcept;
  Log* log() const noexcept { return settings_.log.get(); }  // null: nobody listens

 private:
  const ConnectionSettings& settings_;
  Counters& counters_;
  std::mutex mutex_;
  std::map<Address, std::unique_ptr<Node>> nodes_;  // guarded by mutex_
  bool closed_ = false;                             // guarded by mutex_
};

}  // namespace rediscluster
