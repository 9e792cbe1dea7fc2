#include "client/info.h"

#include <algorithm>

namespace rediscluster {

std::uint64_t Info::counter(std::string_view name) const noexcept {
  const auto found =
      std::find_if(counters.begin(), counters.end(), [&](const auto& entry) { return entry.first == name; });
  return found == counters.end() ? 0 : found->second;
}

}  // namespace rediscluster
