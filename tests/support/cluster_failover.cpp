// CLUSTER FAILOVER, and what has to be true before the servers follow it.
#include <algorithm>

#include "cluster_internal.h"
#include "cluster_view.h"
#include "test_wait.h"

using namespace test_support;

namespace {

constexpr int kReadyTimeoutMs = 30000;
constexpr int kAttempts = 3;
constexpr int kAttemptTimeoutMs = 6000;  // the servers themselves give one up after 5 s

bool knows_as_replica(Node& observer, const Node& replica, const Node& primary) {
  for (const NodeView& seen : ask_view(observer)) {
    if (seen.id == replica.id) return seen.healthy && seen.primary_id == primary.id;
  }
  return false;
}

// What is missing for the failover, or nothing. The servers answer OK to CLUSTER FAILOVER without it too, but
// then nothing comes of it until it is asked for again, while the primary makes its clients wait: a primary
// listens only to a node that it knows as its replica, which it learns from that node's next ping; the others
// vote only for what they know as a replica, and once in two node timeouts about one primary; a replica waits
// until it has all that its primary has, and stands for election once in four node timeouts.
std::string missing(test_cluster* cluster, Node& replica, const Node& primary) {
  for (Node* node : responding_nodes(cluster)) {
    if (!knows_as_replica(*node, replica, primary)) return node->address + " does not know it as the replica";
  }
  if (text(replica.admin.command("INFO replication")).find("master_link_status:up") == std::string::npos)
    return "its link to the primary is down";
  const long long votes_last = std::max(2 * cluster->node_timeout_ms, 2000);
  if (test_now_ms() <= std::max(primary.replaced_at_ms + votes_last, replica.elected_at_ms + 2 * votes_last))
    return "its last election was just now";
  return {};
}

bool has_taken_over(Node& replica, Node* primary) {
  return ask_myself(replica).primary && (primary == nullptr || ask_myself(*primary).primary_id == replica.id);
}

}  // namespace

extern "C" int test_cluster_failover(test_cluster* cluster, int number) {
  Node* replica = node_at(cluster, number);
  if (replica == nullptr || !replica->responds()) return 0;
  const NodeView before = ask_myself(*replica);
  Node* primary = nullptr;
  for (Node* node : responding_nodes(cluster)) {
    if (node->id == before.primary_id) primary = node;
  }
  const auto failed = [&](const std::string& why) {
    complain("CLUSTER FAILOVER at node %d (%s): %s", number, replica->address.c_str(), why.c_str());
    return 0;
  };
  std::string lacks;
  if (primary != nullptr &&
      !TEST_WAIT((lacks = missing(cluster, *replica, *primary)).empty(), kReadyTimeoutMs)) {
    return failed(lacks);
  }
  std::string answer;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    answer = text(replica->admin.command(primary != nullptr ? "CLUSTER FAILOVER" : "CLUSTER FAILOVER FORCE"));
    if (answer != "OK") break;
    if (!TEST_WAIT(has_taken_over(*replica, primary), kAttemptTimeoutMs)) continue;
    replica->elected_at_ms = test_now_ms();
    if (primary != nullptr) primary->replaced_at_ms = test_now_ms();
    return 1;
  }
  return failed(answer == "OK" ? "it came to nothing" : answer);
}
