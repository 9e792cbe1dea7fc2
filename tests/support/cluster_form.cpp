// Makes a cluster of single nodes by hand, which is faster than redis-cli --cluster create.
#include "cluster_internal.h"
#include "cluster_view.h"
#include "test_wait.h"

namespace test_support {
namespace {

constexpr int kStepTimeoutMs = 10000;
constexpr int kAgreeTimeoutMs = 30000;

bool clear(Node& node) {
  // Only an empty primary can be reset. A replica refuses FLUSHALL, and its keys go with the reset.
  std::string answer;
  const bool done = TEST_WAIT((node.admin.command("FLUSHALL"),
                               answer = text(node.admin.command("CLUSTER RESET HARD")), answer == "OK"),
                              kStepTimeoutMs);
  if (!done) complain("CLUSTER RESET HARD at %s: %s", node.address.c_str(), answer.c_str());
  return done;
}

bool name_node(Node& node, int epoch) {
  node.id = text(node.admin.command("CLUSTER MYID"));
  const Reply reply = node.admin.command("CLUSTER SET-CONFIG-EPOCH %d", epoch);
  if (!ok(reply)) complain("CLUSTER SET-CONFIG-EPOCH at %s: %s", node.address.c_str(), text(reply).c_str());
  return ok(reply);
}

bool assign_slots(const test_cluster& cluster, Node& node, int primary) {
  std::vector<std::string> words = {"CLUSTER", "ADDSLOTS"};
  for (int slot = first_home_slot(cluster, primary); slot < first_home_slot(cluster, primary + 1); ++slot) {
    words.push_back(std::to_string(slot));
  }
  const Reply reply = node.admin.command(words);
  if (!ok(reply)) complain("CLUSTER ADDSLOTS at %s: %s", node.address.c_str(), text(reply).c_str());
  return ok(reply);
}

bool replicate(Node& replica, const Node& primary) {
  // Refused until the two have met.
  std::string answer;
  const bool done =
      TEST_WAIT((answer = text(replica.admin.command("CLUSTER REPLICATE %s", primary.id.c_str()))) == "OK",
                kStepTimeoutMs);
  if (!done) complain("CLUSTER REPLICATE at %s: %s", replica.address.c_str(), answer.c_str());
  return done;
}

}  // namespace

int first_home_slot(const test_cluster& cluster, int primary) { return kSlots * primary / cluster.primaries; }

bool form_cluster(test_cluster* cluster, bool used) {
  const int count = node_count(cluster);
  std::vector<Node*> nodes;
  for (int i = 0; i < count; ++i) nodes.push_back(node_at(cluster, i));

  for (int i = 0; used && i < count; ++i) {
    if (!clear(*nodes[static_cast<size_t>(i)])) return false;
  }
  for (int i = 0; i < count; ++i) {
    if (!name_node(*nodes[static_cast<size_t>(i)], i + 1)) return false;
  }
  for (int i = 0; i < cluster->primaries; ++i) {
    if (!assign_slots(*cluster, *nodes[static_cast<size_t>(i)], i)) return false;
  }
  // Gossip would spread the word too, but only a node a second.
  for (size_t a = 0; a < nodes.size(); ++a) {
    for (size_t b = a + 1; b < nodes.size(); ++b) {
      nodes[a]->admin.command("CLUSTER MEET %s %d", nodes[b]->host.c_str(), nodes[b]->port);
    }
  }
  for (int i = cluster->primaries; i < count; ++i) {
    const int primary = i % cluster->primaries;
    if (!replicate(*nodes[static_cast<size_t>(i)], *nodes[static_cast<size_t>(primary)])) return false;
  }
  return test_cluster_wait_ok(cluster, kAgreeTimeoutMs) == 1;
}

}  // namespace test_support
