#include "round.h"

#include <algorithm>
#include <chrono>
#include <latch>
#include <thread>

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Caller {
  Latency latency;
  std::size_t commands = 0;
  Clock::time_point end;
};

// Makes one call, from key `at` on. Returns how many keys it went on by; each is a command, but for MGET.
std::size_t call(const Round& round, Side& side, Client& client, const Workload& workload, std::size_t at) {
  switch (round.operation) {
    case Operation::kBeside:
    case Operation::kGet:
      client.get(workload.keys[at]);
      return 1;
    case Operation::kSet:
      client.set(workload.keys[at]);
      return 1;
    case Operation::kMget:
      client.mget(workload.one_slot.data(), round.batch);
      return 1;
    case Operation::kPipeline:
      client.get_many(workload.keys, at, round.batch);
      return round.batch;
    case Operation::kOpen:
      side.open_once(workload.keys[at]);
      return 1;
  }
  return 0;
}

}  // namespace

Result run_round(const Round& round, Side& side, const std::vector<std::unique_ptr<Client>>& clients,
                 const Workload& workload, const Workload& huge) {
  std::vector<Caller> callers(clients.size());
  std::latch ready(static_cast<std::ptrdiff_t>(clients.size()));
  std::latch go(1);
  Clock::time_point deadline;
  const auto run = [&](std::size_t number) {
    const bool beside = round.operation == Operation::kBeside && number + 1 == clients.size();
    const Workload& own = beside ? huge : workload;
    Caller& caller = callers[number];
    std::size_t at = number * 700 % own.keys.size();
    ready.count_down();
    go.wait();
    Clock::time_point last = Clock::now();
    for (Clock::time_point next = last; last < deadline;) {
      if (beside) {  // its values are fetched so many milliseconds apart, or as it can
        std::this_thread::sleep_until(next);
        next += std::chrono::milliseconds(round.batch);
      }
      const std::size_t done = call(round, side, *clients[number], own, at);
      at = (at + done) % own.keys.size();
      const Clock::time_point now = Clock::now();  // also where the next call begins
      caller.latency.add(static_cast<std::uint64_t>((now - last).count()));
      caller.commands += done;
      last = now;
    }
    caller.end = last;
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < clients.size(); ++i) threads.emplace_back(run, i);
  ready.wait();
  const Clock::time_point begin = Clock::now();
  deadline =
      begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(round.seconds));
  go.count_down();
  for (std::thread& thread : threads) thread.join();

  Result result;
  if (round.operation == Operation::kBeside) {
    result.beside = static_cast<double>(callers.back().commands);
    callers.pop_back();
  }
  Clock::time_point end = begin;
  for (const Caller& caller : callers) {
    result.commands += static_cast<double>(caller.commands);
    result.latency.add(caller.latency);
    end = std::max(end, caller.end);
  }
  result.seconds = std::chrono::duration<double>(end - begin).count();
  return result;
}

}  // namespace bench
