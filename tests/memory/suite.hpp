// The servers of the trials: nodes that ask for a password, so that opening a connection has its longest way.
#pragma once

#include "cluster/handle.hpp"
#include "cluster/suite.hpp"

inline constexpr const char* kPassword = "s3cret";

inline int start_with_password(void**) {
  test_cluster_options options{};
  options.password = kPassword;
  return start_cluster(options);
}

// The same, each of the three with a replica.
inline int start_with_password_and_replicas(void**) {
  test_cluster_options options{};
  options.password = kPassword;
  options.replicas_per_primary = 1;
  return start_cluster(options);
}

// What lets a handle in that knows the first so many nodes.
inline Options options_to_come_in(int nodes = 1) {
  Options options(rc_options_new());
  for (int node = 0; node < nodes; ++node) {
    rc_options_add_node(options.get(), test_node_host(cluster, node), test_node_port(cluster, node), nullptr);
  }
  rc_options_set_password(options.get(), kPassword, nullptr);
  test_access_by_tls(options.get());
  return options;
}
