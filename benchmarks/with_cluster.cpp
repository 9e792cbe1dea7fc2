// Runs a command beside a cluster of three primaries of its own, and stops the cluster when the command ends.
//   bench_with_cluster [--delay-ms ROUND_TRIP] COMMAND [ARGUMENT...]
// The command finds BENCH_NODES and BENCH_SERVER_PIDS in its environment, each a list with commas. With a
// delay, the nodes announce ports of relays, which this process has: BENCH_RELAY_PID.
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include "delay_relay.h"
#include "test_cluster.h"
#include "test_process.h"

namespace {

struct Network {
  std::chrono::microseconds each_way;
  std::map<int, std::unique_ptr<bench::DelayRelay>> relays;  // by the port of the node
};

int announce(int port, void* of_network) {
  auto& network = *static_cast<Network*>(of_network);
  auto& relay = network.relays[port];
  relay = std::make_unique<bench::DelayRelay>(network.each_way, port);
  return relay->port();
}

}  // namespace

int main(int argc, char** argv) {
  double delay_ms = 0;
  if (argc > 2 && std::strcmp(argv[1], "--delay-ms") == 0) {
    delay_ms = std::atof(argv[2]);
    argv += 2;
    argc -= 2;
  }
  if (argc < 2 || argv[1][0] == '-') {
    std::fprintf(stderr, "usage: bench_with_cluster [--delay-ms ROUND_TRIP] COMMAND [ARGUMENT...]\n");
    return 2;
  }
  test_cluster_options options{};
  options.primaries = 3;
  options.node_timeout_ms = 15000;  // a busy machine is no failure
  Network network{std::chrono::microseconds(std::lround(delay_ms * 500)), {}};
  if (delay_ms > 0) {
    options.announce_port = announce;
    options.announce_context = &network;
    setenv("BENCH_RELAY_PID", std::to_string(getpid()).c_str(), 1);
  }
  test_cluster* cluster = test_cluster_start(&options);
  if (cluster == nullptr) return 1;
  std::string nodes;
  std::string pids;
  for (int i = 0; i < options.primaries; ++i) {
    if (i > 0) {
      nodes += ',';
      pids += ',';
    }
    const int port = test_node_port(cluster, i);
    nodes += "127.0.0.1:" + std::to_string(delay_ms > 0 ? network.relays.at(port)->port() : port);
    pids += std::to_string(test_node_pid(cluster, i));
  }
  setenv("BENCH_NODES", nodes.c_str(), 1);
  setenv("BENCH_SERVER_PIDS", pids.c_str(), 1);

  const int status = test_process_run(argv + 1);
  test_cluster_stop(cluster);
  return status;
}
