// One client, one case, a given number of commands: what a profiler or a counter looks at.
//   bench_once ours|hiredis get|set|pipeline COMMANDS [THREADS]
#include <cstdlib>
#include <cstring>
#include <thread>

#include "client.h"

#ifdef BENCH_COUNT_ALLOCATIONS
#include <cstdio>

#include "count_allocations.h"
#endif

namespace {

void run(bench::Client& client, const bench::Workload& workload, const std::string& what,
         std::size_t commands) {
  const bench::Key* keys = workload.keys.data();
  if (what == "pipeline") {
    for (std::size_t i = 0; i < commands; i += bench::kPipelined)
      client.get_many(keys + i % bench::kKeys, bench::kPipelined);
  } else {
    for (std::size_t i = 0; i < commands; ++i) {
      const bench::Key& key = keys[i % bench::kKeys];
      what == "set" ? client.set(key) : client.get(key);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) bench::die("usage: bench_once ours|hiredis get|set|pipeline COMMANDS [THREADS]");
  const bool ours = std::strcmp(argv[1], "ours") == 0;
  const std::string what = argv[2];
  const auto commands = static_cast<std::size_t>(std::atoll(argv[3]));
  const int threads = argc > 4 ? std::atoi(argv[4]) : 1;
  static_assert(bench::kKeys % bench::kPipelined == 0, "a pipeline does not run past the last key");

  const bench::Workload workload = bench::Workload::prepare();
  const bench::Cluster cluster = ours ? bench::open_ours(workload) : nullptr;
  const auto work = [&] {
    const auto client = ours ? bench::use_ours(cluster.get()) : bench::connect_hiredis(workload);
    run(*client, workload, what, 3 * bench::kPipelined);  // every connection open, every buffer grown
#ifdef BENCH_COUNT_ALLOCATIONS
    const std::size_t before = bench::allocations();
    run(*client, workload, what, commands);
    std::printf("%zu\n", bench::allocations() - before);
#else
    run(*client, workload, what, commands);
#endif
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  return 0;
}
