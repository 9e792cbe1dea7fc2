// A call, made again and again with its n-th allocation failing, for every n there is.
#pragma once

#include <functional>
#include <string>

#include "cluster/handle.hpp"
#include "memory/failing_memory.h"

// One call, and what is needed around it. Each part runs on a thread of its own: nothing that an earlier one
// has kept for its thread helps the call, and nothing stays behind when it ends.
struct Probe {
  std::function<void()> prepare;
  std::function<void()> warm_up;  // on the call's thread; may be empty
  std::function<void()> call;     // allocates nothing but through the library
  std::function<void(const std::string& where, Complaints& complaints)>
      finish;  // checks, and frees everything
  bool allocates = true;
};

inline void on_a_thread(const std::function<void()>& part) { std::thread(part).join(); }

// Its n-th allocation fails. False if it did not come to that.
inline bool run_trial(const Probe& trial, long n, Failing failing, const std::string& where,
                      Complaints& complaints) {
  constexpr int kEndsWithinMs = 1000;  // what is out of memory has nothing to wait for
  bool failed = false;
  long long took = 0;
  on_a_thread(trial.prepare);
  on_a_thread([&] {
    if (trial.warm_up) trial.warm_up();
    const long long start = test_now_ms();
    memory_arm(n, failing);
    trial.call();
    failed = memory_disarm();
    took = test_now_ms() - start;
  });
  on_a_thread([&] { trial.finish(where, complaints); });
  if (took > kEndsWithinMs) complaints.add(where + ": it took " + std::to_string(took) + " ms");
  return failed;
}

inline void for_every_allocation(const char* name, const Probe& trial, Complaints& complaints) {
  constexpr long kMax = 3000;  // no call needs so many
  constexpr int kWarmUps = 3;  // what the process allocates once
  memory_on_crash_tell(name);
  for (int i = 0; i < kWarmUps; ++i) run_trial(trial, kMax * 10, Failing::kOne, name, complaints);
  for (const Failing failing : {Failing::kOne, Failing::kAllFollowing}) {
    long n = 0;
    for (bool failed = true; failed && n < kMax;) {
      ++n;
      const std::string where = std::string(name) + ": allocation " + std::to_string(n) +
                                (failing == Failing::kOne ? "" : " and all that follow");
      memory_on_crash_tell(where.c_str());
      const long before = memory_blocks();
      failed = run_trial(trial, n, failing, where, complaints);
      const long left = memory_blocks() - before;
      if (left != 0) complaints.add(where + ": " + std::to_string(left) + " blocks more than before");
    }
    memory_on_crash_tell(name);
    if (n == kMax) complaints.add(std::string(name) + ": it does not come to its end");
    if ((n > 1) != trial.allocates)
      complaints.add(std::string(name) + ": allocations failed: " + std::to_string(n - 1));
    std::printf("%s: %ld allocations failed%s\n", name, n - 1,
                failing == Failing::kOne ? " one by one" : ", each with all that follow");
  }
}

// Out of memory, and nothing else.
inline bool is_no_memory(const rc_error* error) {
  return rc_error_code(error) == RC_ERR_NO_MEMORY &&
         std::string(rc_error_message(error)).find("out of memory") != std::string::npos;
}

inline std::string told(const rc_error* error) {
  return std::string(rc_error_name(rc_error_code(error))) + ", " + rc_outcome_name(rc_error_outcome(error)) +
         ": " + rc_error_message(error);
}
