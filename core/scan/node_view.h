// What a node says of itself in its answer to CLUSTER NODES: the one answer that has the marks of slots which
// are moving. CLUSTER SLOTS has not.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/slots.h"
#include "net/address.h"

namespace rediscluster {

struct NodeView {
  // A slot that is half here and half there: `[93->-id]` at its source, `[93-<-id]` at its target.
  struct Mark {
    int slot = 0;
    std::string node;  // the id of the other side
  };

  std::string id;
  bool is_primary = false;
  std::vector<bool> slots = std::vector<bool>(kSlotCount);  // that it owns
  std::vector<Mark> leaving;
  std::vector<Mark> arriving;

  bool owns(int slot) const noexcept { return is_primary && slots[static_cast<std::size_t>(slot)]; }
  const Mark* leaving_mark(int slot) const noexcept { return find(leaving, slot); }  // null: it stays
  const Mark* arriving_mark(int slot) const noexcept { return find(arriving, slot); }
  // Every key of the slot is here.
  bool has_all_of(int slot) const noexcept {
    return owns(slot) && (leaving.empty() || leaving_mark(slot) == nullptr);
  }

 private:
  static const Mark* find(const std::vector<Mark>& marks, int slot) noexcept;
};

// Nothing: the answer makes no sense.
std::optional<NodeView> parse_node_view(std::string_view cluster_nodes);

// A node, as the answer tells of it.
struct NodeLine {
  std::string_view id;
  Address address;
};
// Nothing: it is not told, or without an address.
std::optional<NodeLine> line_of_node(std::string_view cluster_nodes, std::string_view id);
// Who owns the slot; nothing too where that node is thought to have failed.
std::optional<NodeLine> line_of_owner(std::string_view cluster_nodes, int slot);

}  // namespace rediscluster
