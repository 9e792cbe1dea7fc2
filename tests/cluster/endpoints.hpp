// A cluster whose nodes are told where to say that they are.
#pragma once

#include "suite.hpp"

#include "expect.hpp"  // last

inline constexpr int kTimeoutMs = 10000;

inline int start_without_replicas(void**) { return start_cluster({}); }

// Where a client is told that the nodes are: a name, and ports, which no client can reach by itself.
inline constexpr const char* kNowhere = "nodes.nowhere.invalid";

inline bool tell_names(const char* name) {
  return test_cluster_ok(cluster, "CONFIG SET cluster-announce-hostname %s", name) != 0 &&
         test_cluster_ok(cluster, "CONFIG SET cluster-preferred-endpoint-type %s",
                         *name == '\0' ? "ip" : "hostname") != 0;
}

// A port that nobody listens at, told apart from that of every other node.
inline int announced_port(int node) { return 1 + node; }

inline bool tell_ports(bool true_ones) {
  bool all = true;
  for (int node = 0; node < test_cluster_node_count(cluster); ++node) {
    const int port = true_ones ? 0 : announced_port(node);
    // Who asks by TLS is told the one, and others, such as the harness, the other.
    all = test_node_ok(cluster, node, "CONFIG SET cluster-announce-port %d", port) != 0 && all;
    all = test_node_ok(cluster, node, "CONFIG SET cluster-announce-tls-port %d", port) != 0 && all;
  }
  return all;
}

// Every node tells each of these words; they travel from node to node.
inline bool all_tell(const std::vector<std::string>& words) {
  const auto told = [&] {
    for (int node = 0; node < test_cluster_node_count(cluster); ++node) {
      const std::string slots = text_at(node, "CLUSTER SLOTS");
      for (const auto& word : words) {
        if (slots.find("\n" + word + "\n") == std::string::npos) return false;
      }
    }
    return true;
  };
  return TEST_WAIT(told(), 15000) != 0;
}

inline int restore(void**) {
  test_cluster_ok(cluster, "CONFIG SET cluster-preferred-endpoint-type ip");
  test_cluster_ok(cluster, "CONFIG SET cluster-announce-hostname %s", "");
  return tell_ports(true) && test_cluster_reset(cluster) ? 0 : -1;
}

inline Options seed(const char* host = "127.0.0.1") {
  return options_for(host, test_node_port(cluster, 0), kTimeoutMs);
}

// "host:port host:port ", as the client knows the nodes.
inline std::string known_nodes(rc_cluster* handle) {
  rc_info* info = rc_cluster_info(handle, nullptr);
  std::string all;
  for (std::size_t i = 0; i < rc_info_node_count(info); ++i) {
    all += std::string(rc_info_node_host(info, i)) + ":" + std::to_string(rc_info_node_port(info, i)) + " ";
  }
  rc_info_free(info);
  return all;
}

// MOVED, and ASK for the keys of a slot that is under way, lead where nodes say.
inline bool redirects_are_followed(rc_cluster* handle) {
  const auto moved = counter(handle, "moved");
  const auto ask = counter(handle, "ask");
  if (!test_cluster_move_slot(cluster, slot_of("foo"), 0) || !all_nodes_serve(handle)) return false;
  if (!test_cluster_begin_move(cluster, slot_of("k"), 0)) return false;
  Error error;
  const bool asked = command(handle, {"SET", "{k}new", "v"}, error) != nullptr;
  if (!asked) std::fprintf(stderr, "SET at ASK: %s\n", rc_error_message(error.get()));
  if (!test_cluster_cancel_move(cluster, slot_of("k"), 0)) return false;
  return asked && counter(handle, "moved") > moved && counter(handle, "ask") > ask;
}

#define ENDPOINTS_TEST(name) cmocka_unit_test_teardown(name, restore)
