// Every node that a handle has heard of, by canonical address. A node stays until the handle goes, so that a
// pointer to one is good for as long as its handle is. Of one that nobody uses little more stays than its
// address.
#pragma once

#include <map>

#include "nodes/node.h"
#include "sync/mutex.h"

namespace rediscluster {

class Nodes {
 public:
  Nodes(const ConnectionSettings& settings, Counters& counters) : settings_(settings), counters_(counters) {}

  Node& at(const Address& address);
  void close() noexcept;
  // Gives back what has not been needed for a while. In the map are those that it is true of.
  template <class InMap>
  void tidy(TimePoint now, const InMap& in_map) noexcept {
    const MutexLock lock(mutex_);
    for (const auto& [address, node] : nodes_) {
      if (node != nullptr) node->tidy(now, in_map(node.get()));
    }
  }
  void set_members(std::shared_ptr<const Members> members) {
    if (settings_.membership != nullptr) settings_.membership->set(std::move(members));
  }
  const ConnectionSettings& settings() const noexcept { return settings_; }
  Log* log() const noexcept { return settings_.log.get(); }  // null: nobody listens

 private:
  const ConnectionSettings& settings_;
  Counters& counters_;
  Mutex mutex_;
  std::map<Address, std::unique_ptr<Node>> nodes_ GUARDED_BY(mutex_);  // by canonical host
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace rediscluster
