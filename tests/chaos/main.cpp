// A cluster under attack, and callers that check every reply: see scripts/chaos.
//   chaos SECONDS [SEED]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "chaos/adversary.h"
#include "chaos/crew.h"
#include "chaos/elections.h"
#include "chaos/rates.h"
#include "chaos/resources.h"

namespace chaos {
namespace {

constexpr int kLeadInMs = 700;
constexpr int kAfterMs = 300;
// A connection keeps half a MiB of room for what it sends; each node that ever was a primary has one.
constexpr long kMemoryTolerance = 6 * 1024 * 1024;
constexpr long kMemoryToleranceClosed = 1024 * 1024;
// Idle connections for blocking commands and watches, and what the library keeps of nodes that have gone.
constexpr int kDescriptorTolerance = 60;

long in_ms(Clock::duration duration) {
  return static_cast<long>(std::chrono::duration_cast<milliseconds>(duration).count());
}

class Run {
 public:
  explicit Run(unsigned seed)
      : witness_(heartbeat_),
        books_(world_, witness_),
        rates_(witness_, heartbeat_),
        plan_(seed),
        adversary_(world_, witness_),
        seed_(seed) {}

  // 0 when nothing was violated.
  int whole(int seconds) {
    const TimePoint until = Clock::now() + std::chrono::seconds(seconds);
    if (!world_.start()) throw HarnessFailure("the cluster does not start");
    const std::size_t empty = allocated_bytes();
    const int none = library_descriptors();
    if (!world_.open()) throw HarnessFailure("the cluster cannot be opened");
    // What the library keeps for a thread is no leak: the callers of the warm-up have gone when it is
    // measured.
    {
      Crew crew;
      hire(crew);
      for (const Kind kind : {Kind::kCloseAll, Kind::kQuiet}) round(crew, {kind, {}});
    }
    const std::size_t warm = allocated_bytes();
    const int connected = library_descriptors();
    {
      Crew crew;
      hire(crew);
      while (Clock::now() < until) round(crew, plan_.next());
      round(crew, {Kind::kQuiet, {}});
    }
    compare("memory", static_cast<long>(warm), static_cast<long>(allocated_bytes()), kMemoryTolerance);
    compare("descriptors", connected, library_descriptors(), kDescriptorTolerance);
    counters();
    rates_.judge_all();
    world_.close();
    // The proxy is of this process too: it ends its side of the connections a moment later.
    TEST_WAIT(fault_proxy_connections(world_.proxy(), FAULT_ALL_NODES) == 0, 10000);
    compare("memory after close", static_cast<long>(empty), static_cast<long>(allocated_bytes()),
            kMemoryToleranceClosed);
    compare("descriptors after close", none, library_descriptors(), 0);
    return report();
  }

 private:
  void hire(Crew& crew) {
    unsigned seed = seed_;
    for (int i = 0; i < 3; ++i) crew.add(single_commands(world_, books_, ++seed), 150);
    for (int i = 0; i < 2; ++i) crew.add(pipelines(world_, books_, ++seed), 30);
    for (int i = 0; i < 2; ++i) crew.add(transactions(world_, books_, ++seed), 50);
    for (int i = 0; i < 2; ++i) crew.add(watches(world_, books_, ++seed), 40);
    for (int i = 0; i < 2; ++i) crew.add(commands_in_haste(world_, books_, ++seed), 150);
    for (int i = 0; i < 2; ++i) crew.add(blocking_pops(world_, books_, ++seed), 50);
    crew.add(pushes(world_, books_, ++seed), 60);
    crew.add(large_values(world_, books_, ++seed), 5);
    for (int shard = 0; shard < kHomeShards; ++shard)
      crew.add(std::make_unique<PacedReads>(world_, books_, ++seed, rates_, shard), 200);
  }

  void round(Crew& crew, const Step& step) {
    const Tally& tally = witness_.tally();
    const long calls = tally.calls;
    const long failed = tally.failed;
    const long unknown = tally.unknown;
    books_.begin(++rounds_);
    world_.begin_round();
    elections_.begin();
    heartbeat_.forget();
    rates_.begin();
    crew.resume();
    std::this_thread::sleep_for(milliseconds(kLeadInMs));
    Event event = perform(step);
    std::this_thread::sleep_for(milliseconds(kAfterMs));
    crew.pause();
    event.replication_lag += heartbeat_.lateness(event.begin - milliseconds(kLeadInMs), event.begin);
    event.note_replaced(replaced_by_the_servers(event));
    std::printf(
        "%3d %-24s shard %d, %5ld ms: %5ld calls, %3ld unknown, %3ld other failures; %ld KiB, %d "
        "descriptors\n",
        rounds_, event.name.c_str(), event.shards.empty() ? -1 : *event.shards.begin(),
        in_ms(event.end - event.begin), tally.calls - calls, tally.unknown - unknown,
        tally.failed - failed - (tally.unknown - unknown), static_cast<long>(allocated_bytes() / 1024),
        library_descriptors());
    witness_.judge(event, world_);
    books_.check(event);
    rates_.judge(event);
    clear();
    std::fflush(stdout);
  }

  // Whose primaries the servers replaced although the event did not make them do so: what went with those is
  // lost by the servers, who acknowledge a write before their replicas have it.
  std::set<int> replaced_by_the_servers(const Event& event) const {
    std::set<int> shards;
    for (const auto& [shard, won] : elections_.since_begin()) {
      const bool expected = event.shards.contains(shard) && won <= event.elections;
      if (!expected) shards.insert(shard);
    }
    return shards;
  }

  Event perform(const Step& step) {
    try {
      return adversary_.perform(step);
    } catch (const HarnessFailure&) {
      for (int node = 0; node < test_cluster_node_count(world_.cluster()); ++node)
        std::printf("node %d %s:\n%s\n", node, test_node_address(world_.cluster(), node),
                    world_.nodes_seen_by(node).c_str());
      throw;
    }
  }

  void clear() {
    for (int shard = 0; shard < world_.shards(); ++shard)
      test_node_ok(world_.cluster(), world_.primary(shard), "FLUSHALL");
    books_.begin(rounds_);
  }

  void compare(const char* what, long before, long after, long tolerance) {
    std::printf("%s: %ld, then %ld\n", what, before, after);
    if (after > before + tolerance) witness_.violation(std::string(what) + ": did not come back");
  }

  void counters() {
    std::printf("counters of the handle:");
    for (const char* name :
         {"refreshes", "moved", "ask", "waits", "retries", "timeouts", "connects", "unknown"})
      std::printf(" %s %lu", name, static_cast<unsigned long>(counter(world_.handle(), name)));
    std::printf("\n");
  }

  int report() const {
    long faults = 0;
    for (int kind = 0; kind < FAULT_KINDS; ++kind)
      faults += fault_proxy_injected(world_.proxy(), static_cast<fault_kind>(kind));
    const Tally& tally = witness_.tally();
    std::printf("rates: %d compared, %.3f on average, lowest %.2f, %d skipped\n", rates_.compared(),
                rates_.average(), rates_.lowest(), rates_.skipped());
    std::printf(
        "seed %u: %d events, %ld calls, %ld faults injected; %ld unknown, %ld refused, %ld not sent; %ld "
        "late "
        "(%ld excused); %ld violations\n",
        seed_, rounds_, tally.calls.load(), faults, tally.unknown.load(), tally.refused.load(),
        tally.not_sent.load(), tally.late.load(), tally.excused.load(), tally.violations.load());
    return tally.violations == 0 ? 0 : 1;
  }

  Heartbeat heartbeat_;
  World world_;
  Witness witness_;
  Books books_;
  Rates rates_;
  Plan plan_;
  Adversary adversary_;
  Elections elections_{world_};
  const unsigned seed_;
  int rounds_ = 0;
};

}  // namespace
}  // namespace chaos

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3 || std::atoi(argv[1]) <= 0) {
    std::fprintf(stderr, "usage: chaos SECONDS [SEED]\n");
    return 2;
  }
  const unsigned seed =
      argc > 2 ? static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)) : std::random_device{}();
  std::printf("seed %u\n", seed);
  try {
    return chaos::Run(seed).whole(std::atoi(argv[1]));
  } catch (const chaos::HarnessFailure& failure) {
    std::fprintf(stderr, "chaos: %s (this is about the cluster, not the library); seed %u\n", failure.what(),
                 seed);
    return 2;
  }
}
