// One client, one case, a given number of commands: what a profiler or a counter looks at.
//   bench_once ours|hiredis get|set|mget|pipeline|queueN COMMANDS [CALLERS] [SIZE]
// queueN: GETs with N of them under way at a time.
#include <cstdlib>
#include <thread>

#include "client.h"

#ifdef BENCH_COUNT_ALLOCATIONS
#include <cstdio>

#include "count_allocations.h"
#endif

namespace {

void run(bench::Client& client, const bench::Workload& workload, const std::string& what,
         std::size_t commands) {
  const std::vector<bench::Key>& keys = workload.keys;
  if (what == "pipeline") {
    for (std::size_t i = 0; i < commands; i += bench::kPipelined)
      client.get_many(keys, i % keys.size(), bench::kPipelined);
    return;
  }
  if (what.rfind("queue", 0) == 0) {
    return client.get_under_way(keys, commands, static_cast<std::size_t>(std::atoll(what.c_str() + 5)));
  }
  for (std::size_t i = 0; i < commands; ++i) {
    const bench::Key& key = keys[i % keys.size()];
    if (what == "set") {
      client.set(key);
    } else if (what == "mget") {
      client.mget(workload.one_slot.data(), workload.one_slot.size());
    } else {
      client.get(key);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    bench::die("usage: bench_once ours|hiredis get|set|mget|pipeline|queueN COMMANDS [CALLERS] [SIZE]");
  }
  const std::string what = argv[2];
  const auto commands = static_cast<std::size_t>(std::atoll(argv[3]));
  const int callers = argc > 4 ? std::atoi(argv[4]) : 1;
  const std::size_t size = argc > 5 ? static_cast<std::size_t>(std::atoll(argv[5])) : 16;

  const std::vector<bench::Endpoint> nodes = bench::nodes_of_environment();
  const bench::Workload workload = bench::make_workload(nodes, size);
  const auto writer = bench::hiredis(nodes)->caller();
  for (const bench::Key& key : workload.keys) writer->set(key);
  for (const bench::Key& key : workload.one_slot) writer->set(key);
  const auto side = bench::side_named(argv[1], nodes);
  const auto work = [&] {
    const auto client = side->caller();
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
  for (int i = 1; i < callers; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  return 0;
}
