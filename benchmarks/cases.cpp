#include "cases.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "cpu.h"

namespace bench {
namespace {

std::size_t step(Operation operation, Client& client, const Workload& workload, std::size_t at) {
  const Key* key = workload.keys.data() + at % kKeys;
  switch (operation) {
    case Operation::kGet:
      client.get(*key);
      return 1;
    case Operation::kSet:
      client.set(*key);
      return 1;
    case Operation::kPipeline:
      client.get_many(key, kPipelined);
      return kPipelined;
  }
  return 0;
}

}  // namespace

const std::vector<Case>& all_cases() {
  static const std::vector<Case> cases = {
      {"GET, 1 thread", Operation::kGet, 1, true, 0.95, 0, 0},
      {"SET, 1 thread", Operation::kSet, 1, true, 0.95, 0, 0},
      {"pipeline of 100 over 3 nodes, 1 thread", Operation::kPipeline, 1, true, 1.05, 0.80, 0},
      {"GET, 2 threads", Operation::kGet, 2, false, 0.95, 0, 0},
      {"GET, 4 threads", Operation::kGet, 4, false, 0.95, 0, 0},
      {"GET, 16 threads", Operation::kGet, 16, false, 1.05, 0, 0.75},
      {"GET, 64 threads", Operation::kGet, 64, false, 2.50, 0, 0.35},
  };
  return cases;
}

Round run_round(const Case& what, const Workload& workload, const Clients& clients, double seconds) {
  using Clock = std::chrono::steady_clock;
  std::atomic<bool> go{false};
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> ready{0};
  std::vector<std::size_t> done(clients.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    threads.emplace_back([&, i] {
      ready.fetch_add(1);
      while (!go.load()) std::this_thread::yield();
      const std::size_t stride = kPipelined * 7;  // threads start at keys of their own
      std::size_t count = 0;
      while (!stop.load(std::memory_order_relaxed))
        count += step(what.operation, *clients[i], workload, i * stride + count);
      done[i] = count;
    });
  }
  while (ready.load() < clients.size()) std::this_thread::yield();
  const double client_before = own_cpu_seconds();
  const double server_before = cpu_seconds(workload.server_pids);
  const auto begin = Clock::now();
  go = true;
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
  double commands = 0;
  for (const std::size_t count : done) commands += static_cast<double>(count);
  return {commands / elapsed, (own_cpu_seconds() - client_before) / commands,
          (cpu_seconds(workload.server_pids) - server_before) / commands};
}

}  // namespace bench
