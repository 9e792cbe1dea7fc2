// The life of a cluster: start, reset, stop.
#include "test_cluster.h"

#include <sys/stat.h>

#include "cluster_internal.h"
#include "cluster_view.h"
#include "temp_folder.h"
#include "test_access.h"
#include "test_process.h"
#include "test_wait.h"

using namespace test_support;

namespace {

constexpr int kForgetTimeoutMs = 10000;

std::string text_or_empty(const char* value) { return value != nullptr ? value : ""; }

std::vector<std::string> words_of(const char* const* words) {
  std::vector<std::string> list;
  for (; words != nullptr && *words != nullptr; ++words) list.emplace_back(*words);
  return list;
}

void apply(test_cluster& cluster, const test_cluster_options& options) {
  if (options.primaries > 0) cluster.primaries = options.primaries;
  cluster.replicas_per_primary = options.replicas_per_primary > 0 ? options.replicas_per_primary : 0;
  if (options.node_timeout_ms > 0) cluster.node_timeout_ms = options.node_timeout_ms;
  cluster.partial_coverage = options.partial_coverage != 0;
  if (options.password != nullptr) {
    cluster.password = options.password;
    cluster.username = text_or_empty(options.username);
  }
  if (options.user_rules != nullptr) cluster.user_rules = words_of(options.user_rules);
  if (options.tls != TEST_NO_TLS) cluster.tls = options.tls;
  cluster.ipv6 = options.ipv6 != 0;
  cluster.more_arguments = words_of(options.server_arguments);
  cluster.log_folder = text_or_empty(options.log_folder);
  cluster.announce_port = options.announce_port;
  cluster.announce_context = options.announce_context;
}

void apply_environment(test_cluster& cluster) {
  if (!test_access_is_restricted()) return;
  cluster.tls = TEST_MTLS;
  cluster.username = TEST_ACCESS_USERNAME;
  cluster.password = TEST_ACCESS_PASSWORD;
}

void settle_admin_password(test_cluster& cluster) {
  // With a user of its own, the default user's password must not let the test in by accident.
  cluster.admin_password = cluster.username.empty() ? cluster.password : "of-the-test-harness";
}

// All servers come up side by side. One whose port was taken in the meantime gets another.
bool start_servers(test_cluster& cluster) {
  for (int i = 0; i < cluster.original_count(); ++i) {
    cluster.nodes.push_back(new_node(cluster));
    if (!launch(cluster, *cluster.nodes.back())) return false;
  }
  for (auto& node : cluster.nodes) {
    for (int attempt = 1; !wait_ready(*node); ++attempt) {
      auto another = replacement(cluster, *node, attempt);
      if (!another) return false;
      node = std::move(another);
    }
  }
  return true;
}

test_cluster* start(std::unique_ptr<test_cluster> cluster) {
  static std::atomic<int> number{0};
  cluster->folder = std::string(test_process_folder()) + "/" + std::to_string(++number);
  mkdir(cluster->folder.c_str(), 0700);
  if (start_servers(*cluster) && (!cluster->cluster_mode || form_cluster(cluster.get(), false))) {
    return cluster.release();
  }
  test_cluster_stop(cluster.release());
  return nullptr;
}

bool remove_added_nodes(test_cluster& cluster) {
  std::vector<std::unique_ptr<Node>> added;
  {
    const std::lock_guard<std::mutex> lock(cluster.mutex);
    while (static_cast<int>(cluster.nodes.size()) > cluster.original_count()) {
      added.push_back(std::move(cluster.nodes.back()));
      cluster.nodes.pop_back();
    }
  }
  for (const auto& node : added) {
    test_process_kill(node->pid);
    remove_folder(node->folder);
  }
  return !added.empty();
}

bool run_all(test_cluster& cluster) {
  for (auto& node : cluster.nodes) {
    if (node->stopped && node->alive()) {
      test_process_continue(node->pid);
      node->stopped = false;
    }
    if (!node->alive() && !launch(cluster, *node)) return false;
  }
  for (auto& node : cluster.nodes) {
    if (!wait_ready(*node)) return false;
    node->admin.command("CLIENT UNPAUSE");
  }
  return true;
}

bool clear_keys(test_cluster& cluster) {
  const int count = cluster.cluster_mode ? cluster.primaries : 1;
  for (int i = 0; i < count; ++i) {
    Node& node = *cluster.nodes[static_cast<size_t>(i)];
    const Reply reply = node.admin.command("FLUSHALL");
    if (!ok(reply)) {
      complain("FLUSHALL at %s: %s", node.address.c_str(), text(reply).c_str());
      return false;
    }
  }
  for (int i = 0; cluster.cluster_mode && cluster.replicas_per_primary > 0 && i < count; ++i) {
    cluster.nodes[static_cast<size_t>(i)]->admin.command("WAIT %d 1000", cluster.replicas_per_primary);
  }
  return true;
}

}  // namespace

extern "C" test_cluster* test_cluster_start(const test_cluster_options* options) {
  auto cluster = std::make_unique<test_cluster>();
  apply_environment(*cluster);
  if (options != nullptr) apply(*cluster, *options);
  settle_admin_password(*cluster);
  return start(std::move(cluster));
}

extern "C" test_cluster* test_server_start(const char* const* server_arguments) {
  auto cluster = std::make_unique<test_cluster>();
  cluster->cluster_mode = false;
  cluster->more_arguments = words_of(server_arguments);
  return start(std::move(cluster));
}

extern "C" void test_cluster_stop(test_cluster* cluster) {
  if (cluster == nullptr) return;
  for (const auto& node : cluster->nodes) test_process_kill(node->pid);
  remove_folder(cluster->folder);
  delete cluster;
}

extern "C" int test_cluster_reset(test_cluster* cluster) {
  const bool had_more = remove_added_nodes(*cluster);
  if (!run_all(*cluster)) return 0;
  if (cluster->cluster_mode && (had_more || !as_started(cluster))) return form_cluster(cluster, true);
  return clear_keys(*cluster);
}

extern "C" int test_cluster_remove_added(test_cluster* cluster) {
  std::vector<std::string> ids;
  for (int i = cluster->original_count(); i < node_count(cluster); ++i) {
    ids.push_back(node_at(cluster, i)->id);
  }
  remove_added_nodes(*cluster);
  for (Node* node : responding_nodes(cluster)) {
    for (const std::string& id : ids) node->admin.command("CLUSTER FORGET %s", id.c_str());
  }
  return test_cluster_wait_ok(cluster, kForgetTimeoutMs);
}

extern "C" int test_cluster_wait_ok(test_cluster* cluster, int timeout_ms) {
  std::string problem;
  if (TEST_WAIT((problem = disagreement(cluster)).empty(), timeout_ms)) return 1;
  complain("the cluster is not ok after %d ms: %s", timeout_ms, problem.c_str());
  return 0;
}

extern "C" int test_cluster_add_node(test_cluster* cluster) {
  std::unique_ptr<Node> created = new_node(*cluster);
  if (!launch(*cluster, *created)) return -1;
  for (int attempt = 1; !wait_ready(*created); ++attempt) {
    auto another = replacement(*cluster, *created, attempt);
    if (!another) return -1;
    created = std::move(another);
  }
  created->id = text(created->admin.command("CLUSTER MYID"));
  for (const Node* other : responding_nodes(cluster)) {
    created->admin.command("CLUSTER MEET %s %d", other->host.c_str(), other->port);
  }
  int number;
  {
    const std::lock_guard<std::mutex> lock(cluster->mutex);
    number = static_cast<int>(cluster->nodes.size());
    cluster->nodes.push_back(std::move(created));
  }
  return test_cluster_wait_ok(cluster, 10000) ? number : -1;
}
