#include "calls/place.h"

#include <algorithm>

namespace rediscluster {

Node* Place::by(const SlotMap& map) const noexcept {
  if (!chosen->of_shards || &map == chosen->map.get()) return node;
  for (const auto& entry : map.entries()) {
    if (entry.node == node && entry.slots > 0) return node;
  }
  for (int slot = 0; slot < kSlotCount; ++slot) {
    if (chosen->map->owner(slot) != node) continue;
    Node* const owner = map.owner(slot);
    const bool asked_itself =
        std::find(chosen->nodes.begin(), chosen->nodes.end(), owner) != chosen->nodes.end();
    if (owner != nullptr && !asked_itself) return owner;
  }
  return nullptr;
}

}  // namespace rediscluster
