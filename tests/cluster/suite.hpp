// The servers that the tests of a program share: started once, put back before each test that asks for it,
// and ended with the program.
#pragma once

#include <cstdlib>
#include <string>

#include "test_cluster.h"

inline test_cluster* cluster;

// For programs that want other servers than `start` does.
inline int start_cluster(const test_cluster_options& options) {
  cluster = test_cluster_start(&options);
  return cluster == nullptr ? -1 : 0;
}

// Three primaries with a replica each. Setup of a group; `stop` is its teardown.
inline int start(void**) {
  cluster = test_cluster_start(nullptr);
  return cluster == nullptr ? -1 : 0;
}

inline int stop(void**) {
  test_cluster_stop(cluster);
  return 0;
}

// Setup of a test.
inline int reset(void**) { return test_cluster_reset(cluster) ? 0 : -1; }

// What a node answers, as test_node_text has it; "" where it has nothing.
template <class... Arguments>
std::string text_at(test_cluster* servers, int node, const char* format, Arguments... arguments) {
  char* text = test_node_text(servers, node, format, arguments...);
  std::string copy = text == nullptr ? "" : text;
  std::free(text);
  return copy;
}
template <class... Arguments>
std::string text_at(int node, const char* format, Arguments... arguments) {
  return text_at(cluster, node, format, arguments...);
}

// How often a node has executed a command, named in lower case.
inline long executed(int node, const std::string& command) {
  const std::string info = text_at(node, "INFO commandstats");
  const std::string field = "cmdstat_" + command + ":calls=";
  const auto at = info.find(field);
  return at == std::string::npos ? 0 : std::stol(info.substr(at + field.size()));
}
