// Commands a second, and processor time a command, of ours against bare hiredis. Prints a Markdown table of
// ratios: rounds run in adjacent pairs, and only what happened in the same pair is compared.
//   bench_throughput [--pairs N] [--seconds S] [--only WORD]
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cases.h"
#include "cpu.h"

namespace {

struct Spread {
  double median, low, high;  // with the quartiles
};

Spread spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double part) {
    const double position = part * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const auto above = std::min(below + 1, values.size() - 1);
    return values[below] + (values[above] - values[below]) * (position - static_cast<double>(below));
  };
  return {at(0.5), at(0.25), at(0.75)};
}

void print(const Spread& ratio) { std::printf(" %.2f (%.2f–%.2f) |", ratio.median, ratio.low, ratio.high); }

void print_limits(const bench::Case& what) {
  if (what.least_rate > 0) std::printf(" rate ≥ %.2f", what.least_rate);
  if (what.most_client_cpu > 0) std::printf(", client ≤ %.2f", what.most_client_cpu);
  if (what.most_server_cpu > 0) std::printf(", server ≤ %.2f", what.most_server_cpu);
}

bool within(const bench::Case& what, const Spread& rate, const Spread& client, const Spread& server) {
  return rate.median >= what.least_rate &&
         (what.most_client_cpu == 0 || client.median <= what.most_client_cpu) &&
         (what.most_server_cpu == 0 || server.median <= what.most_server_cpu);
}

void compare(const bench::Case& what, const bench::Workload& workload, rc_cluster* cluster, int pairs,
             double seconds) {
  std::vector<int> everybody = workload.server_pids;
  everybody.push_back(getpid());
  bench::pin(everybody, what.one_cpu);
  bench::Clients ours;
  bench::Clients theirs;
  for (int i = 0; i < what.threads; ++i) {
    ours.push_back(bench::use_ours(cluster));
    theirs.push_back(bench::connect_hiredis(workload));
  }
  bench::run_round(what, workload, ours, seconds / 4);  // warm
  bench::run_round(what, workload, theirs, seconds / 4);
  std::vector<double> rate;
  std::vector<double> client;
  std::vector<double> server;
  std::vector<double> both;
  for (int i = 0; i < pairs; ++i) {
    bench::Round a;
    bench::Round b;
    if (i % 2 == 0) {  // a machine that slows down or speeds up favours neither
      a = bench::run_round(what, workload, ours, seconds);
      b = bench::run_round(what, workload, theirs, seconds);
    } else {
      b = bench::run_round(what, workload, theirs, seconds);
      a = bench::run_round(what, workload, ours, seconds);
    }
    rate.push_back(a.rate / b.rate);
    client.push_back(a.client_cpu / b.client_cpu);
    server.push_back(a.server_cpu / b.server_cpu);
    both.push_back((a.client_cpu + a.server_cpu) / (b.client_cpu + b.server_cpu));
  }
  const Spread of_rate = spread(rate);
  const Spread of_client = spread(client);
  const Spread of_server = spread(server);
  std::printf("| %s |", what.name);
  print(of_rate);
  print(of_client);
  print(of_server);
  print(spread(both));
  print_limits(what);
  std::printf(" | %s |\n", within(what, of_rate, of_client, of_server) ? "yes" : "**no**");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  int pairs = 15;
  double seconds = 0.2;
  const char* only = "";
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--pairs") == 0) pairs = std::max(1, std::atoi(argv[i + 1]));
    if (std::strcmp(argv[i], "--seconds") == 0) seconds = std::max(0.01, std::atof(argv[i + 1]));
    if (std::strcmp(argv[i], "--only") == 0) only = argv[i + 1];
  }
  const bench::Workload workload = bench::Workload::prepare();
  const bench::Cluster cluster = bench::open_ours(workload);
  std::printf("| case | commands/s | client CPU a command | server CPU a command | both | limits | held |\n");
  std::printf("|---|---|---|---|---|---|---|\n");
  for (const bench::Case& what : bench::all_cases()) {
    if (std::strstr(what.name, only) != nullptr) compare(what, workload, cluster.get(), pairs, seconds);
  }
  return 0;
}
