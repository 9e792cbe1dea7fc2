// Runs a command beside a cluster of three primaries of its own, and stops the cluster when the command ends.
//   bench_with_cluster COMMAND [ARGUMENT...]
// The command finds BENCH_NODES and BENCH_SERVER_PIDS in its environment, each a list with commas.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "test_cluster.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_with_cluster COMMAND [ARGUMENT...]\n");
    return 2;
  }
  test_cluster_options options{};
  options.primaries = 3;
  options.node_timeout_ms = 15000;  // a busy machine is no failure
  test_cluster* cluster = test_cluster_start(&options);
  if (cluster == nullptr) return 1;
  std::string nodes;
  std::string pids;
  for (int i = 0; i < options.primaries; ++i) {
    if (i > 0) {
      nodes += ',';
      pids += ',';
    }
    nodes += test_node_address(cluster, i);
    pids += std::to_string(test_node_pid(cluster, i));
  }
  setenv("BENCH_NODES", nodes.c_str(), 1);
  setenv("BENCH_SERVER_PIDS", pids.c_str(), 1);

  int status = 1;
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    execvp(argv[1], argv + 1);
    std::perror(argv[1]);
    _exit(127);
  }
  const bool ended = child > 0 && waitpid(child, &status, 0) == child;
  test_cluster_stop(cluster);
  return ended && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
