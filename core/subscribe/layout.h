// What the placing of names needs to know of the slot map.
#pragma once

#include <array>
#include <vector>

#include "base/slots.h"

namespace rediscluster {

class Node;
class SlotMap;

struct Layout {
  struct Member {
    Node* node;
    Node* primary;  // itself, or the one it replicates
  };
  std::array<Node*, kSlotCount> owners{};  // null: none
  std::vector<Member> members;             // in the order of their addresses
  std::vector<Node*> primaries;            // those of them that are primaries with slots

  Node* owner(int slot) const noexcept { return owners[static_cast<std::size_t>(slot)]; }
  Node* primary_of(const Node* node) const noexcept {  // null: the node is not there
    for (const Member& member : members) {
      if (member.node == node) return member.primary;
    }
    return nullptr;
  }
};

Layout layout_of(const SlotMap& map);

}  // namespace rediscluster
