// What the parts of the cluster harness share; tests include test_cluster.h.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "admin.h"
#include "ports.h"
#include "test_cluster.h"

namespace test_support {

constexpr int kSlots = 16384;

// Where a node has its socket for the harness, when clients can only come by TLS.
inline std::string admin_socket(const std::string& folder) { return folder + "/admin"; }

struct Node {
  Node(PortReservation reserved, const test_cluster& cluster);

  bool alive();     // the process exists
  bool responds();  // and is not stopped

  PortReservation reservation;
  const std::string host;
  const int port;
  const std::string address;
  const std::string folder;
  const std::string log;
  std::string id;
  std::atomic<pid_t> pid{0};
  std::atomic<bool> stopped{false};
  // By test_cluster_failover, the last time: a replica took its place, and it took another's. Far back at first.
  std::atomic<long long> replaced_at_ms{-1000000};
  std::atomic<long long> elected_at_ms{-1000000};
  AdminConnection admin;
};

}  // namespace test_support

struct test_cluster {
  bool cluster_mode = true;
  int primaries = 3;
  int replicas_per_primary = 1;
  int node_timeout_ms = 1000;
  bool partial_coverage = false;
  std::string password;  // given by the test
  std::string username;  // given by the test
  std::vector<std::string> user_rules{"~*", "+@all"};
  std::string admin_password;  // of the default user
  int tls = TEST_NO_TLS;
  bool ipv6 = false;
  std::vector<std::string> more_arguments;
  int (*announce_port)(int port, void* context) = nullptr;
  void* announce_context = nullptr;
  std::string folder;
  std::string log_folder;  // empty: each node's own

  std::mutex mutex;  // guards the vector; nodes stay where they are until reset or stop
  std::vector<std::unique_ptr<test_support::Node>> nodes;

  int original_count() const { return cluster_mode ? primaries * (1 + replicas_per_primary) : 1; }
};

namespace test_support {

// NULL, and a word on stderr, for a number that no node has.
Node* node_at(test_cluster* cluster, int number);
int node_count(test_cluster* cluster);

// The nodes that can answer now.
std::vector<Node*> responding_nodes(test_cluster* cluster);

int first_home_slot(const test_cluster& cluster, int primary);

// cluster_server.cpp: processes.
std::unique_ptr<Node> new_node(const test_cluster& cluster);
bool launch(const test_cluster& cluster, Node& node);
bool wait_ready(Node& node);  // until it answers; the tail of its log on stderr when it does not

// For one that did not come up because somebody took its port: another, launched. NULL when that is not
// the reason, or it has been tried often enough.
std::unique_ptr<Node> replacement(const test_cluster& cluster, Node& failed, int attempt);

// cluster_form.cpp: from single nodes to a cluster; with `used` they are cleared first.
bool form_cluster(test_cluster* cluster, bool used);

}  // namespace test_support
