#include "client/info.h"

#include <algorithm>
#include <iterator>

namespace rediscluster {

std::uint64_t Info::counter(std::string_view name) const noexcept {
  const auto found =
      std::find_if(counters.begin(), counters.end(), [&](const auto& entry) { return entry.first == name; });
  return found == counters.end() ? 0 : found->second;
}

int Info::slot_owner(int slot) const noexcept {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto& ranges = nodes[i].ranges;
    const auto behind = std::upper_bound(ranges.begin(), ranges.end(), slot,
                                         [](int at, const auto& range) { return at < range.first; });
    if (behind != ranges.begin() && slot <= std::prev(behind)->second) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace rediscluster
