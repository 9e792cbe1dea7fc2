// G11: opening a connection over TLS, when memory runs out. OpenSSL allocates too often for a look at each
// allocation, and tells of some that failed as of something else.
#include "cluster/tls_servers.hpp"
#include "memory/failing_memory.h"

#include "unit/cmocka.hpp"  // last

namespace {

constexpr long kStep = 23;
constexpr int kEndsWithinMs = 2000;  // what is out of memory has nothing to wait for

struct Tally {
  int no_memory = 0, tls = 0, served = 0;
};

// Opens, writes and closes with the n-th allocation failing. False if it did not come to that.
bool open_without_memory(const Options& options, long n, Failing failing, Tally& tally,
                         Complaints& complaints) {
  const std::string where = "allocation " + std::to_string(n);
  memory_on_crash_tell(where.c_str());
  const char* const words[] = {"SET", "key", "value"};
  bool failed = false;
  rc_error* error = nullptr;
  rc_reply* reply = nullptr;
  long long took = 0;
  std::thread([&] {
    const long long start = test_now_ms();
    memory_arm(n, failing);
    rc_cluster* handle = rc_cluster_open(options.get(), &error);
    if (handle != nullptr) reply = rc_command(handle, 3, words, nullptr, &error);
    failed = memory_disarm();
    took = test_now_ms() - start;
    rc_cluster_free(handle);
  }).join();
  if (took > kEndsWithinMs) complaints.add(where + ": it took " + std::to_string(took) + " ms");
  switch (reply != nullptr ? RC_OK : rc_error_code(error)) {
    case RC_OK:
      ++tally.served;
      break;
    case RC_ERR_NO_MEMORY:
      ++tally.no_memory;
      break;
    case RC_ERR_TLS:
      ++tally.tls;
      if (rc_error_outcome(error) == RC_OUTCOME_NOT_SENT) break;
      [[fallthrough]];
    default:
      complaints.add(where + ": " + rc_error_message(error));
  }
  rc_reply_free(reply);
  rc_error_free(error);
  memory_on_crash_tell("");
  return failed;
}

void out_of_memory_is_told_and_all_is_well_when_there_is_memory_again(void**) {
  const Options options = usual();
  assert_true(opens_and_serves(options));  // what OpenSSL allocates once
  Complaints complaints;
  for (const Failing failing : {Failing::kOne, Failing::kAllFollowing}) {
    Tally tally;
    long n = 1;
    while (open_without_memory(options, n, failing, tally, complaints)) n += kStep;
    std::printf("%ld allocations: no memory %d, TLS %d, served all the same %d\n", n, tally.no_memory,
                tally.tls, tally.served);
    assert_true(n > 1000);
    assert_true(tally.no_memory > 0);
    assert_true(opens_and_serves(options));
  }
  assert_true(complaints.none());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(out_of_memory_is_told_and_all_is_well_when_there_is_memory_again),
  };
  return cmocka_run_group_tests_name("memory.tls", tests, start_with_tls, stop);
}
