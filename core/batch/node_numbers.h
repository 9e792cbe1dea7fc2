// Numbers nodes in the order in which they are met: few are found by looking, many by a hash.
#pragma once

#include <array>
#include <cstddef>
#include <unordered_map>

namespace rediscluster {

class Node;

class NodeNumbers {
 public:
  // size() before, if the node is new.
  std::size_t of(const Node* node) {
    for (std::size_t i = 0; i < few_; ++i) {
      if (nodes_[i] == node) return i;
    }
    return beyond(node);
  }
  std::size_t size() const noexcept { return few_ + many_.size(); }

 private:
  static constexpr std::size_t kFew = 8;

  [[gnu::noinline]] std::size_t beyond(const Node* node) {
    if (few_ == kFew) return many_.try_emplace(node, size()).first->second;
    nodes_[few_] = node;
    return few_++;
  }

  std::array<const Node*, kFew> nodes_{};
  std::size_t few_ = 0;
  std::unordered_map<const Node*, std::size_t> many_;
};

}  // namespace rediscluster
