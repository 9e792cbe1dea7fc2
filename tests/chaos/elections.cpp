#include "chaos/elections.h"

#include <fstream>

namespace chaos {
namespace {

// What every version of the servers writes when a replica has the votes of the majority.
constexpr const char* kWon = "Failover election won";

}  // namespace

void Elections::begin() { before_ = won_by_node(); }

std::map<int, int> Elections::won_by_node() const {
  std::map<int, int> won;
  for (int node = 0; node < test_cluster_node_count(world_.cluster()); ++node) {
    std::ifstream log(test_node_log(world_.cluster(), node));
    for (std::string line; std::getline(log, line);) {
      if (line.find(kWon) != std::string::npos) ++won[node];
    }
  }
  return won;
}

std::map<int, int> Elections::since_begin() const {
  std::map<int, int> by_shard;
  for (const auto& [node, won] : won_by_node()) {
    const auto before = before_.find(node);
    const int more = won - (before == before_.end() ? 0 : before->second);
    if (more > 0) by_shard[World::shard_of(node)] += more;
  }
  return by_shard;
}

}  // namespace chaos
