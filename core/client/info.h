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
  std::string id = {};  // empty: not told
  int primary = -1;     // the index of the node that it replicates; -1: it is a primary
  std::vector<std::pair<int, int>> ranges = {};  // of its slots, first and last, in order
};

struct Info {
  std::vector<NodeInfo> nodes;  // primaries first
  int slots_covered = 0;
  std::vector<std::string> seeds;  // "host:port"
  std::vector<std::pair<std::string_view, std::uint64_t>> counters;

  std::uint64_t counter(std::string_view name) const noexcept;  // 0 for a name that is none
  int slot_owner(int slot) const noexcept;                      // the index of a node; -1: none
};

}  // namespace rediscluster
