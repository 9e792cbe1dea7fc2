// Single nodes of a cluster: looking at them, stopping and starting them, commands to them.
#include <cstdlib>
#include <cstring>

#include "cluster_internal.h"
#include "cluster_view.h"
#include "test_process.h"
#include "test_wait.h"

namespace test_support {

Node* node_at(test_cluster* cluster, int number) {
  const std::lock_guard<std::mutex> lock(cluster->mutex);
  if (number >= 0 && number < static_cast<int>(cluster->nodes.size())) {
    return cluster->nodes[static_cast<size_t>(number)].get();
  }
  complain("there is no node %d", number);
  return nullptr;
}

int node_count(test_cluster* cluster) {
  const std::lock_guard<std::mutex> lock(cluster->mutex);
  return static_cast<int>(cluster->nodes.size());
}

std::vector<Node*> responding_nodes(test_cluster* cluster) {
  const std::lock_guard<std::mutex> lock(cluster->mutex);
  std::vector<Node*> nodes;
  for (const auto& node : cluster->nodes) {
    if (node->responds()) nodes.push_back(node.get());
  }
  return nodes;
}

}  // namespace test_support

using namespace test_support;

namespace {

constexpr int kOwnerTimeoutMs = 15000;

bool has_role(Node& node, const char* role) {
  return text(node.admin.command("ROLE")).rfind(std::string(role) + "\n", 0) == 0;
}

Reply command_to(test_cluster* cluster, int number, const char* format, va_list arguments) {
  Node* node = node_at(cluster, number);
  if (node == nullptr) return nullptr;
  Reply reply = node->admin.commandv(format, arguments);
  if (!reply) complain("node %d (%s) does not answer", number, node->address.c_str());
  return reply;
}

int find_owner(test_cluster* cluster, int slot) {
  int owner = -1;
  unsigned long long epoch = 0;
  for (int i = 0; i < node_count(cluster); ++i) {
    Node* node = node_at(cluster, i);
    if (!node->responds()) continue;
    const NodeView view = ask_myself(*node);
    if (!view.primary || !view.owns(slot)) continue;
    // A primary that was just restarted may not know yet that it lost its slots.
    if (owner >= 0 && view.epoch < epoch) continue;
    owner = i;
    epoch = view.epoch;
  }
  return owner;
}

std::string describe(Node& node) {
  if (!node.alive()) return node.address + " does not run";
  if (node.stopped) return node.address + " is stopped";
  return node.address + " says " + text(node.admin.command("CLUSTER NODES"));
}

// The first word of the format names the command; values stay out of messages.
std::string command_name(const char* format) { return std::string(format, strcspn(format, " ")); }

}  // namespace

extern "C" int test_cluster_node_count(test_cluster* cluster) { return node_count(cluster); }

extern "C" const char* test_node_host(test_cluster* cluster, int number) {
  const Node* node = node_at(cluster, number);
  return node != nullptr ? node->host.c_str() : "";
}

extern "C" int test_node_port(test_cluster* cluster, int number) {
  const Node* node = node_at(cluster, number);
  return node != nullptr ? node->port : 0;
}

extern "C" const char* test_node_address(test_cluster* cluster, int number) {
  const Node* node = node_at(cluster, number);
  return node != nullptr ? node->address.c_str() : "";
}

extern "C" pid_t test_node_pid(test_cluster* cluster, int number) {
  Node* node = node_at(cluster, number);
  return node != nullptr && node->alive() ? node->pid.load() : 0;
}

extern "C" const char* test_node_log(test_cluster* cluster, int number) {
  const Node* node = node_at(cluster, number);
  return node != nullptr ? node->log.c_str() : "";
}

extern "C" int test_node_is_primary(test_cluster* cluster, int number) {
  Node* node = node_at(cluster, number);
  return node != nullptr && node->responds() && has_role(*node, "master");
}

extern "C" int test_cluster_primary_of(test_cluster* cluster, int slot) {
  int owner = -1;
  // During an election, or when a busy machine made nodes lose sight of each other, there may be none.
  if (TEST_WAIT((owner = find_owner(cluster, slot)) >= 0, kOwnerTimeoutMs)) return owner;
  complain("no node owns slot %d:", slot);
  for (int i = 0; i < node_count(cluster); ++i)
    complain("  node %d: %s", i, describe(*node_at(cluster, i)).c_str());
  return -1;
}

extern "C" int test_cluster_replica_of(test_cluster* cluster, int number) {
  const Node* primary = node_at(cluster, number);
  for (int i = 0; primary != nullptr && i < node_count(cluster); ++i) {
    Node* node = node_at(cluster, i);
    if (node->responds() && ask_myself(*node).primary_id == primary->id) return i;
  }
  return -1;
}

extern "C" int test_node_stop(test_cluster* cluster, int number) {
  Node* node = node_at(cluster, number);
  if (node == nullptr || !node->responds() || !test_process_stop(node->pid)) return 0;
  node->stopped = true;
  return 1;
}

extern "C" int test_node_continue(test_cluster* cluster, int number) {
  Node* node = node_at(cluster, number);
  if (node == nullptr || !node->alive()) return 0;
  if (!node->stopped) return 1;
  if (!test_process_continue(node->pid)) return 0;
  node->stopped = false;
  return 1;
}

extern "C" int test_node_kill(test_cluster* cluster, int number) {
  Node* node = node_at(cluster, number);
  if (node == nullptr || !node->alive()) return 0;
  test_process_kill(node->pid);
  node->alive();  // notes that it is gone
  return 1;
}

extern "C" int test_node_restart(test_cluster* cluster, int number) {
  Node* node = node_at(cluster, number);
  if (node == nullptr) return 0;
  if (node->alive()) test_node_kill(cluster, number);
  return launch(*cluster, *node) && wait_ready(*node);
}

extern "C" int test_node_ok(test_cluster* cluster, int number, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const Reply reply = command_to(cluster, number, format, arguments);
  va_end(arguments);
  if (ok(reply)) return 1;
  complain("%s at node %d: %s", command_name(format).c_str(), number, text(reply).c_str());
  return 0;
}

extern "C" int test_cluster_ok(test_cluster* cluster, const char* format, ...) {
  int all = 1;
  for (Node* node : responding_nodes(cluster)) {
    va_list arguments;
    va_start(arguments, format);
    const Reply reply = node->admin.commandv(format, arguments);
    va_end(arguments);
    if (ok(reply)) continue;
    complain("%s at %s: %s", command_name(format).c_str(), node->address.c_str(), text(reply).c_str());
    all = 0;
  }
  return all;
}

extern "C" long long test_node_int(test_cluster* cluster, int number, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const Reply reply = command_to(cluster, number, format, arguments);
  va_end(arguments);
  if (reply && reply->type == REDIS_REPLY_INTEGER) return reply->integer;
  const std::string answer = text(reply);
  char* end = nullptr;
  const long long value = strtoll(answer.c_str(), &end, 10);
  if (ok(reply) && !answer.empty() && *end == '\0') return value;
  complain("%s at node %d: no integer: %s", command_name(format).c_str(), number, answer.c_str());
  return TEST_NODE_FAILED;
}

extern "C" char* test_node_text(test_cluster* cluster, int number, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const Reply reply = command_to(cluster, number, format, arguments);
  va_end(arguments);
  if (!reply || reply->type == REDIS_REPLY_NIL) return nullptr;
  return strdup(text(reply).c_str());
}
