// What a handle knows of its cluster at one moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rediscluster {

struct NodeInfo {
  std::string host;
  int port = 0;
  bool is_primary = false;
  bool is_connected = false;
  int slot_count = 0;
};

struct Info {
  std::vector<NodeInfo> nodes;  // primaries first
  int slots_covered = 0;
  std::vector<std::string> seeds;  // "host:port"
  std::vector<std::pair<std::string_view, std::uint64_t>> counters;

  std::uint64_t counter(std::string_view name) const noexcept;  // 0 for a name that is none
};

}  // namespace rediscluster
