// What the runner talks to: a client that makes rounds of calls as it is told, a line each on stdin, and
// tells the outcome on stdout. The drivers of other languages (peers/) are told the same.
//   bench_driver ours|hiredis --nodes HOST:PORT,HOST:PORT,...
//     round OPERATION CALLERS SIZE BATCH SECONDS
//     fill SIZE                                     (writes all keys of that size)
#include <cstdio>
#include <cstring>
#include <iostream>
#include <map>
#include <sstream>

#include "round.h"

namespace {

using namespace bench;

class Driver {
 public:
  Driver(const std::string& side, std::vector<Endpoint> nodes)
      : nodes_(std::move(nodes)), side_(side_named(side, nodes_)) {}

  void apply_pending_close(const std::string& line) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "round") {
      round(words);
    } else if (word == "fill") {
      fill(words);
    } else {
      refuse("no such order");
    }
    std::fflush(stdout);
  }

 private:
  static void refuse(const char* why) { std::printf("{\"error\": \"%s\"}\n", why); }

  static bool read_operation(std::istringstream& words, Operation* operation) {
    static const std::map<std::string, Operation> names = {
        {"get", Operation::kGet},           {"set", Operation::kSet},   {"mget", Operation::kMget},
        {"pipeline", Operation::kPipeline}, {"open", Operation::kOpen}, {"beside", Operation::kBeside}};
    std::string name;
    words >> name;
    const auto found = names.find(name);
    if (found == names.end()) return false;
    *operation = found->second;
    return true;
  }

  void round(std::istringstream& words) {
    Round round;
    if (!read_operation(words, &round.operation)) return refuse("no such operation");
    std::size_t callers = 0;
    std::size_t size = 0;
    if (!(words >> callers >> size >> round.batch >> round.seconds) || callers == 0 || round.batch == 0) {
      return refuse("round OPERATION CALLERS SIZE BATCH SECONDS");
    }
    if (round.operation == Operation::kMget && round.batch > workload(size).one_slot.size()) {
      return refuse("there are not so many keys in one slot");
    }
    if (callers < callers_.size()) callers_.resize(callers);
    while (callers_.size() < callers) callers_.push_back(side_->caller());
    const bool beside = round.operation == Operation::kBeside;
    const Result result =
        run_round(round, *side_, callers_, workload(size), beside ? workload(kHuge) : workload(size));
    std::printf(
        "{\"commands\": %.0f, \"seconds\": %.6f, \"beside\": %.0f, \"latency_us\": [%.2f, %.2f, %.2f]}\n",
        result.commands, result.seconds, result.beside, result.latency.quantile(0.5) / 1e3,
        result.latency.quantile(0.99) / 1e3, result.latency.quantile(0.999) / 1e3);
  }

  void fill(std::istringstream& words) {
    std::size_t size = 0;
    if (!(words >> size)) return refuse("fill SIZE");
    const auto client = side_->caller();
    for (const Key& key : workload(size).keys) client->set(key);
    for (const Key& key : workload(size).one_slot) client->set(key);
    std::printf("{\"filled\": %zu}\n", workload(size).keys.size() + workload(size).one_slot.size());
  }

  const Workload& workload(std::size_t size) {
    const auto [found, is_new] = workloads_.try_emplace(size);
    if (is_new) found->second = make_workload(nodes_, size);
    return found->second;
  }

  std::vector<Endpoint> nodes_;
  std::unique_ptr<Side> side_;
  std::vector<std::unique_ptr<Client>> callers_;  // kept from round to round, and so their connections
  std::map<std::size_t, Workload> workloads_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 || std::strcmp(argv[2], "--nodes") != 0) {
    die("usage: bench_driver ours|hiredis --nodes HOST:PORT,HOST:PORT,...");
  }
  Driver driver(argv[1], parse_nodes(argv[3]));
  for (std::string line; std::getline(std::cin, line);) driver.apply_pending_close(line);
  return 0;
}
