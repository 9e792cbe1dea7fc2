// Load of all kinds for some time, then: did memory stay flat? Fails when it grew after the first tenth.
//   bench_soak SECONDS
#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>

#include "client.h"
#include "footprint.h"

namespace {

using namespace bench;
using Clock = std::chrono::steady_clock;

constexpr int kThreads = 8;

struct FreeReply {
  void operator()(rc_reply* reply) const { rc_reply_free(reply); }
};
using Reply = std::unique_ptr<rc_reply, FreeReply>;

void add(rc_commands* commands, std::vector<const char*> words) {
  if (rc_commands_add(commands, words.size(), words.data(), nullptr, nullptr) != RC_OK) die("add failed");
}

int increment(rc_watch*, rc_commands* to_execute, void*) {
  add(to_execute, {"INCR", "soak:{w}:counter"});
  return RC_WATCH_EXECUTE;
}

// A thread's calls, at random but for their shares.
class Worker {
 public:
  Worker(const std::vector<Endpoint>& nodes, rc_cluster* cluster, const Workload& small,
         const Workload& large, const Workload& huge, unsigned seed)
      : nodes_(nodes),
        cluster_(cluster),
        caller_(caller_of(cluster)),
        small_(small),
        large_(large),
        huge_(huge),
        random_(seed) {}

  void call() {
    const int kind = below(1000);
    if (kind < 400) {
      caller_->get(any(kind % 2 == 0 ? small_ : large_));
    } else if (kind < 600) {
      caller_->set(any(kind % 2 == 0 ? small_ : large_));
    } else if (kind < 700) {
      caller_->mget(small_.one_slot.data(), 1 + static_cast<std::size_t>(below(100)));
    } else if (kind < 850) {
      caller_->get_many(small_.keys, 0, 1 + static_cast<std::size_t>(below(1000)));
    } else if (kind < 900) {
      transaction();
    } else if (kind < 950) {
      const char* key = "soak:{w}:counter";
      Reply(rc_watch_transaction(cluster_, 1, &key, nullptr, increment, nullptr, nullptr));  // may conflict
    } else if (kind < 980) {
      fail();
    } else if (kind < 995) {
      caller_->get(any(huge_));
    } else {
      open_cluster(nodes_);
    }
  }

 private:
  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

  const Key& any(const Workload& of) {
    return of.keys[static_cast<std::size_t>(below(static_cast<int>(of.keys.size())))];
  }

  void transaction() {
    const std::unique_ptr<rc_commands, void (*)(rc_commands*)> commands(rc_commands_new(), rc_commands_free);
    add(commands.get(), {"SET", "soak:{t}:a", "1"});
    add(commands.get(), {"INCR", "soak:{t}:a"});
    if (Reply(rc_transaction(cluster_, commands.get(), nullptr)) == nullptr) die("a transaction failed");
  }

  // A server's error, one found before anything is sent, and one of time.
  void fail() {
    refused({"INCR", any(large_).name.c_str()});
    refused({"MGET", "soak:a", "soak:b"});
    const std::unique_ptr<rc_call_options, void (*)(rc_call_options*)> hasty(rc_call_options_new(),
                                                                             rc_call_options_free);
    rc_call_options_set_timeout_ms(hasty.get(), 1, nullptr);
    const char* words[] = {"BLPOP", "soak:nothing", "1"};
    rc_error* error = nullptr;
    const Reply reply(rc_command_with(cluster_, hasty.get(), 3, words, nullptr, &error));
    rc_error_free(error);
  }

  void refused(std::vector<const char*> words) {
    rc_error* error = nullptr;
    if (Reply(rc_command(cluster_, words.size(), words.data(), nullptr, &error)) != nullptr) {
      die(std::string(words[0]) + " should have failed");
    }
    rc_error_free(error);
  }

  const std::vector<Endpoint>& nodes_;
  rc_cluster* cluster_;
  std::unique_ptr<Client> caller_;
  const Workload& small_;
  const Workload& large_;
  const Workload& huge_;
  std::mt19937 random_;
};

// Whether the least of the last third is more than the most of what came before, but for the first tenth.
bool grew(const std::vector<Footprint>& samples, std::size_t Footprint::*what, std::size_t slack) {
  const auto less = [what](const Footprint& a, const Footprint& b) { return a.*what < b.*what; };
  const auto count = static_cast<std::ptrdiff_t>(samples.size());
  const auto begin = samples.begin() + std::max<std::ptrdiff_t>(1, count / 10);
  const auto late = samples.end() - count / 3;
  return (*std::min_element(late, samples.end(), less)).*what >
         (*std::max_element(begin, late, less)).*what + slack;
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc == 2 ? std::atof(argv[1]) : 0;
  if (seconds < 30) die("usage: bench_soak SECONDS, at least 30");
  const int samples = std::max(10, static_cast<int>(seconds / 10));
  const auto interval =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds / samples));

  const auto nodes = nodes_of_environment();
  const auto small = make_workload(nodes, 16);
  const auto large = make_workload(nodes, 1024);
  const auto huge = make_workload(nodes, 1048576);
  const auto writer = hiredis(nodes)->caller();
  for (const Workload* workload : {&small, &large, &huge}) {
    for (const Key& key : workload->keys) writer->set(key);
    for (const Key& key : workload->one_slot) writer->set(key);
  }

  const Cluster cluster = open_cluster(nodes);
  std::barrier<> pause(kThreads + 1);  // a sample is taken while nobody calls
  std::atomic<Clock::time_point> until;
  std::atomic<std::size_t> calls{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      Worker worker(nodes, cluster.get(), small, large, huge, i);
      for (int sample = 0; sample < samples; ++sample) {
        pause.arrive_and_wait();
        for (; Clock::now() < until.load(); calls.fetch_add(1)) worker.call();
        pause.arrive_and_wait();
      }
    });
  }
  std::vector<Footprint> seen;
  const Clock::time_point begin = Clock::now();
  for (int sample = 1; sample <= samples; ++sample) {
    until = begin + interval * sample;
    pause.arrive_and_wait();
    pause.arrive_and_wait();
    seen.push_back(footprint());
    std::printf("%6.0f s  %9zu calls  %7.2f MiB allocated  %7.2f MiB resident\n",
                std::chrono::duration<double>(Clock::now() - begin).count(), calls.load(),
                static_cast<double>(seen.back().allocated) / 1048576,
                static_cast<double>(seen.back().resident) / 1048576);
    std::fflush(stdout);
  }
  for (std::thread& thread : threads) thread.join();

  const bool leaks = grew(seen, &Footprint::allocated, 64 << 10);
  const bool swells = grew(seen, &Footprint::resident, 4 << 20);
  std::printf("%s\n", leaks || swells ? "memory GREW after the first tenth" : "memory is flat");
  return leaks || swells ? 1 : 0;
}
