// What is asked of the cluster: keys, their values, and where each key lives. The drivers of other languages
// have the same: README.md.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace bench {

struct Endpoint {
  std::string host;
  int port = 0;
};

struct Key {
  std::string name;
  std::string value;
  std::size_t node = 0;  // of the nodes that the keys were made for
};

inline constexpr std::size_t kPipelined = 100;  // commands, where a pipeline's length is not given
inline constexpr std::size_t kOneSlot = 100;    // keys of one slot, for MGET
inline constexpr std::size_t kHuge = 4194304;   // bytes

struct Workload {
  std::size_t size = 0;  // bytes of a value
  std::vector<Key> keys;
  std::vector<Key> one_slot;
};

std::vector<Endpoint> parse_nodes(const std::string& list);  // "host:port,host:port"
std::vector<Endpoint> nodes_of_environment();                // BENCH_NODES, which bench_with_cluster sets

// One node is asked which of them owns which slot.
Workload make_workload(const std::vector<Endpoint>& nodes, std::size_t size);

// The index of the owner of each slot, as the node says.
std::vector<std::size_t> owners_of_slots(const std::vector<Endpoint>& nodes, const Endpoint& asked);

[[noreturn]] void die(const std::string& message);

}  // namespace bench
