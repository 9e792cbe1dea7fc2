#include "subscribe/layout.h"

#include <algorithm>

#include "topology/slot_map.h"

namespace rediscluster {

Layout layout_of(const SlotMap& map) {
  Layout layout;
  for (int slot = 0; slot < kSlotCount; ++slot) {
    layout.owners[static_cast<std::size_t>(slot)] = map.owner(slot);
  }
  std::vector<const SlotMap::Entry*> entries;
  for (const auto& entry : map.entries()) entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(),
            [](const auto* a, const auto* b) { return a->node->address() < b->node->address(); });
  for (const auto* entry : entries) {
    layout.members.push_back({entry->node, entry->primary});
    if (entry->is_primary() && entry->slots > 0) layout.primaries.push_back(entry->node);
  }
  return layout;
}

}  // namespace rediscluster
