// What is asked of the cluster: keys, their 16-byte values, and where each key lives.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct Endpoint {
  std::string host;
  int port = 0;
};

struct Key {
  std::string name;
  std::string value;
  std::size_t node = 0;  // of Workload::nodes
};

inline constexpr std::size_t kKeys = 3000;
inline constexpr std::size_t kPipelined = 100;  // commands

struct Workload {
  std::vector<Endpoint> nodes;
  std::vector<int> server_pids;
  std::vector<Key> keys;

  // From BENCH_NODES and BENCH_SERVER_PIDS, which bench_with_cluster sets. Writes every key's value.
  static Workload prepare();
};

[[noreturn]] void die(const std::string& message);

}  // namespace bench
