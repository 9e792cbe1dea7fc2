#include "nodes/registry.h"

namespace rediscluster {

Node& Nodes::at(const Address& address) {
  const Address key = canonical(address);
  const MutexLock lock(mutex_);
  auto& node = nodes_[key];
  if (node == nullptr) {
    node = std::make_unique<Node>(address, settings_, counters_);
    if (closed_) node->close();
  }
  return *node;
}

void Nodes::close() noexcept {
  const MutexLock lock(mutex_);
  closed_ = true;
  for (const auto& [address, node] : nodes_) {
    if (node != nullptr) node->close();
  }
}

}  // namespace rediscluster
