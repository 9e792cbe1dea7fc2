// G7: how soon after an election a handle writes again. The figure is printed; only a hang fails the test.
#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>

#include "handle.hpp"
#include "suite.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

using Time = std::chrono::system_clock::time_point;

constexpr int kRounds = 5;
constexpr long kHangMs = 5000;

// "4711:S 22 Nov 2026 23:59:58.123 * Failover election won: I'm the new master."
Time election_won(int node) {
  std::ifstream log(test_node_log(cluster, node));
  Time won{};
  for (std::string line; std::getline(log, line);) {
    if (line.find("election won") == std::string::npos) continue;
    std::tm parts{};
    const char* rest = strptime(line.c_str() + line.find(' '), " %d %b %Y %H:%M:%S", &parts);
    assert_non_null(rest);
    parts.tm_isdst = -1;
    won = std::chrono::system_clock::from_time_t(std::mktime(&parts)) +
          std::chrono::milliseconds(std::atoi(rest + 1));
  }
  return won;
}

// Milliseconds from the election to the first write that succeeds after the primary was killed.
long kill_and_measure(std::atomic<long>& calls, Complaints& complaints) {
  const Handle handle = open_handle(cluster, 10000, 1);
  const std::string key = "{06S}key";  // slot 0
  const CallOptions options = idempotent();
  std::atomic<bool> killed{false};
  std::atomic<bool> written{false};
  Time first{};
  Load load;
  load.add([&] {
    const bool after = killed;
    Error error;
    ++calls;
    if (command(handle.get(), {"SET", key, "v"}, error, options.get()) == nullptr) {
      complaints.add(rc_error_message(error.get()));
    } else if (after && !written) {
      first = std::chrono::system_clock::now();
      written = true;
    }
  });
  const bool began = load.advance(200);
  test_node_kill(cluster, 0);
  killed = true;
  const bool ended = TEST_WAIT(written, 30000);
  load.stop();
  assert_true(began && ended);
  return static_cast<long>(
      std::chrono::duration_cast<std::chrono::milliseconds>(first - election_won(3)).count());
}

void the_first_write_follows_the_election_and_no_call_fails(void**) {
  std::vector<long> times;
  std::atomic<long> calls{0};
  Complaints complaints;
  for (int round = 0; round < kRounds; ++round) {
    assert_true(test_cluster_reset(cluster));
    times.push_back(kill_and_measure(calls, complaints));
  }
  std::sort(times.begin(), times.end());
  std::printf("from the election to the first write: median %ld ms, from %ld to %ld, of %d; %ld calls\n",
              times[kRounds / 2], times.front(), times.back(), kRounds, calls.load());
  assert_true(complaints.none());
  assert_true(times[kRounds / 2] < kHangMs);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(the_first_write_follows_the_election_and_no_call_fails)};
  return cmocka_run_group_tests(tests, start, stop);
}
