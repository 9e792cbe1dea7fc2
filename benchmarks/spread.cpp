// MGET of 100 keys over all slots against 100 GETs in a pipeline, both ours: pairs, one after the other.
//   bench_spread [PAIRS]     prints the median of (time of the pipeline / time of MGET): 1 is as fast
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "client.h"

namespace {

constexpr std::size_t kKeys = 100;
constexpr int kRuns = 50;  // a pair

template <class Work>
double seconds(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRuns; ++i) work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  const int pairs = argc > 1 ? std::atoi(argv[1]) : 100;
  const std::vector<bench::Endpoint> nodes = bench::nodes_of_environment();
  const bench::Workload workload = bench::make_workload(nodes, 16);
  if (workload.keys.size() < kKeys) bench::die("the workload has too few keys");
  const auto writer = bench::hiredis(nodes)->caller();
  for (const bench::Key& key : workload.keys) writer->set(key);
  const auto side = bench::ours(nodes);
  const auto client = side->caller();
  const auto pipeline = [&] { client->get_many(workload.keys, 0, kKeys); };
  const auto mget = [&] { client->mget(workload.keys.data(), kKeys); };
  std::vector<double> ratios;
  for (int i = 0; i < pairs; ++i) {
    const bool first = i % 2 == 0;  // neither is always the warm one
    const double a = first ? seconds(pipeline) : seconds(mget);
    const double b = first ? seconds(mget) : seconds(pipeline);
    ratios.push_back(first ? a / b : b / a);
  }
  std::nth_element(ratios.begin(), ratios.begin() + pairs / 2, ratios.end());
  std::printf("MGET of %zu keys over all slots: %.3f of the commands/s of a pipeline of GETs (%d pairs)\n",
              kKeys, ratios[static_cast<std::size_t>(pairs / 2)], pairs);
  return 0;
}
