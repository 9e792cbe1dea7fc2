// A cluster that is seen through the fault proxy, and what its servers really have.
#pragma once

#include <sstream>

#include "fault_proxy.h"
#include "handle.hpp"
#include "suite.hpp"

inline fault_proxy* proxy;

// Setup and teardown of a group, and the setup of a test.
inline int start_behind_proxy(void**) {
  proxy = fault_proxy_start();
  test_cluster_options options{};
  options.announce_port = fault_proxy_add;
  options.announce_context = proxy;
  return start_cluster(options);
}
inline int stop_behind_proxy(void** state) {
  stop(state);
  fault_proxy_stop(proxy);
  return 0;
}
inline int reset_behind_proxy(void** state) {
  fault_proxy_heal(proxy);
  return reset(state);
}

inline Handle open_through_proxy() {
  return open_handle_at(fault_proxy_port(proxy, test_node_port(cluster, 0)), 10000);
}

inline std::string key(int tag, const char* name) { return tagged(tag, name); }

inline int owner_of(int tag) { return test_cluster_primary_of(cluster, slot_of(key(tag, ""))); }

inline int port_of(int tag) { return test_node_port(cluster, owner_of(tag)); }

// What the server has, asked past the proxy: a line each.
inline Words lines_of(int tag, const char* format, const char* name) {
  std::istringstream in(text_at(owner_of(tag), format, key(tag, name).c_str()));
  Words lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

inline Words ids_of(int tag, const char* name) { return lines_of(tag, "LRANGE %s 0 -1", name); }

inline long number(int tag, const char* name) {
  const Words lines = lines_of(tag, "GET %s", name);
  return lines.empty() ? 0 : std::stol(lines[0]);
}
