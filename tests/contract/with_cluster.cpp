// Runs a command beside a cluster of its own, and stops the cluster when the command ends.
//   contract_with_cluster COMMAND [ARGUMENT...]
// The command finds RC_TEST_NODES and RC_TEST_CONTROL in its environment. See README.md.
#include <sys/eventfd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "control.h"
#include "temp_folder.h"
#include "test_process.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: contract_with_cluster COMMAND [ARGUMENT...]\n");
    return 2;
  }
  test_cluster_options options{};
  options.primaries = 3;
  options.replicas_per_primary = 1;
  options.node_timeout_ms = 2000;
  test_cluster* cluster = test_cluster_start(&options);
  if (cluster == nullptr) return 1;
  std::string nodes;
  for (int i = 0; i < test_cluster_node_count(cluster); ++i) {
    if (i > 0) nodes += ',';
    nodes += test_node_address(cluster, i);
  }
  const std::string path = std::string(test_support::temp_folder()) + "/control";
  setenv("RC_TEST_NODES", nodes.c_str(), 1);
  setenv("RC_TEST_CONTROL", path.c_str(), 1);

  const int stop = eventfd(0, EFD_CLOEXEC);
  contract::Control control(cluster);
  std::thread server([&] {
    if (!control.serve(path, stop)) std::fprintf(stderr, "cannot listen at %s\n", path.c_str());
  });
  const int status = test_process_run(argv + 1);
  eventfd_write(stop, 1);
  server.join();
  test_cluster_stop(cluster);
  return status;
}
