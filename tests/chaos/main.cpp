// A cluster under attack, and callers that check every reply: see scripts/chaos.
//   chaos SECONDS [SEED] [--keep FOLDER [--log]]
// The folder gets the servers' logs, PORT.log; of each round with a violation its calls, calls-ROUND.txt; and
// those of the last round, calls-last.txt. With --log also what the handle logs at its finest level,
// client.log.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
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

// All calls of a round with some seconds of an event in it.
constexpr std::size_t kCallsKept = 20000;

// What the command line says.
struct Plans {
  int seconds = 0;
  unsigned seed = 0;
  std::string folder;  // to keep what helps to understand a violation; empty: nothing is kept
  bool log = false;    // the handle's too
};

class Run {
 public:
  explicit Run(const Plans& plans)
      : plans_(plans),
        journal_(plans.folder.empty() ? 0 : kCallsKept),
        witness_(heartbeat_, journal_),
        books_(world_, witness_),
        rates_(witness_, heartbeat_),
        plan_(plans.seed),
        adversary_(world_, witness_) {}

  // 0 when nothing was violated.
  int whole() {
    try {
      const int status = all_rounds();
      keep_calls("last");
      return status;
    } catch (const HarnessFailure&) {
      keep_calls("last");
      throw;
    }
  }

 private:
  int all_rounds() {
    const TimePoint until = Clock::now() + std::chrono::seconds(plans_.seconds);
    if (!world_.start(plans_.folder)) throw HarnessFailure("the cluster does not start");
    tell_nodes();
    const std::size_t empty = allocated_bytes();
    const int none = library_descriptors();
    if (!world_.open(plans_.log ? plans_.folder + "/client.log" : ""))
      throw HarnessFailure("the cluster cannot be opened");
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

  void hire(Crew& crew) {
    unsigned seed = plans_.seed;
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
    const long violations = tally.violations;
    round_begin_ = Clock::now();
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
        "%3d %s %-24s shard %d, %5ld ms: %5ld calls, %3ld unknown, %3ld other failures; %ld KiB, %d "
        "descriptors\n",
        rounds_, time_of_day(event.begin).c_str(), event.name.c_str(),
        event.shards.empty() ? -1 : *event.shards.begin(), in_ms(event.end - event.begin),
        tally.calls - calls, tally.unknown - unknown, tally.failed - failed - (tally.unknown - unknown),
        static_cast<long>(allocated_bytes() / 1024), library_descriptors());
    witness_.judge(event, world_);
    books_.check(event);
    rates_.judge(event);
    if (tally.violations > violations) keep_calls(std::to_string(rounds_));
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

  // By which port the callers reach each node, through the proxy, and by which its log is named.
  void tell_nodes() const {
    for (int node = 0; node < test_cluster_node_count(world_.cluster()); ++node)
      std::printf("node %d: 127.0.0.1:%d, log %s\n", node,
                  fault_proxy_port(world_.proxy(), world_.port(node)), test_node_log(world_.cluster(), node));
  }

  // The calls of this round.
  void keep_calls(const std::string& name) const {
    if (plans_.folder.empty()) return;
    const std::string path = plans_.folder + "/calls-" + name + ".txt";
    if (!journal_.write(path, round_begin_)) std::fprintf(stderr, "chaos: cannot write %s\n", path.c_str());
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
        plans_.seed, rounds_, tally.calls.load(), faults, tally.unknown.load(), tally.refused.load(),
        tally.not_sent.load(), tally.late.load(), tally.excused.load(), tally.violations.load());
    return tally.violations == 0 ? 0 : 1;
  }

  const Plans plans_;
  Heartbeat heartbeat_;
  Journal journal_;
  World world_;
  Witness witness_;
  Books books_;
  Rates rates_;
  Plan plan_;
  Adversary adversary_;
  Elections elections_{world_};
  int rounds_ = 0;
  TimePoint round_begin_{};
};

// False when that is no command line.
bool read_arguments(int argc, char** argv, Plans& plans) {
  bool has_seed = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--keep") == 0 && i + 1 < argc) {
      plans.folder = argv[++i];
    } else if (std::strcmp(argv[i], "--log") == 0) {
      plans.log = true;
    } else if (plans.seconds == 0) {
      plans.seconds = std::atoi(argv[i]);
      if (plans.seconds <= 0) return false;
    } else if (!has_seed) {
      plans.seed = static_cast<unsigned>(std::strtoul(argv[i], nullptr, 10));
      has_seed = true;
    } else {
      return false;
    }
  }
  if (!has_seed) plans.seed = std::random_device{}();
  return plans.seconds > 0 && (!plans.log || !plans.folder.empty());
}

// The folder holds one run: what another has left there would be read as part of it.
void clear_folder(const std::string& folder) {
  if (folder.empty()) return;
  std::filesystem::create_directories(folder);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".log") || name.starts_with("calls-")) std::filesystem::remove(entry.path());
  }
}

}  // namespace
}  // namespace chaos

int main(int argc, char** argv) {
  chaos::Plans plans;
  if (!chaos::read_arguments(argc, argv, plans)) {
    std::fprintf(stderr, "usage: chaos SECONDS [SEED] [--keep FOLDER [--log]]\n");
    return 2;
  }
  std::printf("seed %u\n", plans.seed);
  try {
    chaos::clear_folder(plans.folder);
    return chaos::Run(plans).whole();
  } catch (const chaos::HarnessFailure& failure) {
    std::fprintf(stderr, "chaos: %s (this is about the cluster, not the library); seed %u\n", failure.what(),
                 plans.seed);
    return 2;
  }
}
