#include "chaos/witness.h"

#include <algorithm>
#include <cstdio>

#include "chaos/permitted.h"

namespace chaos {
namespace {

constexpr milliseconds kLate(50);
// A machine that lets even an idle thread wait so long is in no state to judge others by: the lock that a
// call needed may have been with a thread that was not let run.
constexpr milliseconds kAround(500);
constexpr milliseconds kStarved(100);
constexpr milliseconds kHeld(10);
constexpr int kTold = 5;  // violations of a kind in one round

long in_ms(Clock::duration duration) {
  return static_cast<long>(std::chrono::duration_cast<milliseconds>(duration).count());
}

Clock::duration over_time(const Call& call) { return call.end - call.begin - call.timeout - kLate; }

std::string describe(const Failure& failure, const Event& event) {
  const Call& call = failure.call;
  return std::string(call.what) + ": not permitted: " + rc_error_name(failure.code) + " " +
         rc_outcome_name(failure.outcome) + " after " + std::to_string(in_ms(call.end - call.begin)) +
         " of " + std::to_string(call.timeout.count()) + " ms, begun " +
         std::to_string(in_ms(call.begin - event.begin)) + " ms after the event, which took " +
         std::to_string(in_ms(event.end - event.begin)) + " ms: " + failure.message;
}

}  // namespace

void Witness::returned(const Call& call, Clock::duration waited, const rc_error* error) {
  ++tally_.calls;
  if (error == nullptr) {
    journal_.note(call, nullptr);
  } else {
    failed(call, error);
  }
  const bool late = over_time(call) > Clock::duration{};
  if (!late && waited < kHeld) return;
  const std::lock_guard lock(mutex_);
  if (late) late_.push_back({call, waited});
  if (waited >= kHeld) held_.push_back({call, waited});
}

// Excused by its own thread, or another in whose hands the lane was, having waited for a processor so long.
void Witness::judge_late(const Held& late, const std::vector<Held>& held) {
  const Call& call = late.call;
  const auto over = over_time(call);
  const bool starved = heartbeat_.lateness(call.end - kAround, call.end) >= kStarved;
  const auto blamed = std::find_if(held.begin(), held.end(), [&](const Held& other) {
    return other.waited >= over && other.call.begin < call.end && call.begin < other.call.end;
  });
  ++tally_.late;
  if (starved || blamed != held.end() || late.waited + heartbeat_.lateness(call.begin, call.end) >= over) {
    ++tally_.excused;
  } else {
    violation(std::string(call.what) + ": returned " + std::to_string(in_ms(over + kLate)) +
              " ms after its deadline of " + std::to_string(call.timeout.count()) + " ms");
  }
}

void Witness::failed(const Call& call, const rc_error* error) {
  const int outcome = rc_error_outcome(error);
  const char* word = rc_error_server_code(error);
  journal_.note(call, error);
  ++tally_.failed;
  if (outcome == RC_OUTCOME_UNKNOWN) ++tally_.unknown;
  if (outcome == RC_OUTCOME_REFUSED) ++tally_.refused;
  if (outcome == RC_OUTCOME_NOT_SENT) ++tally_.not_sent;
  const std::lock_guard lock(mutex_);
  failures_.push_back(
      {call, rc_error_code(error), outcome, word == nullptr ? "" : word, rc_error_message(error)});
}

void Witness::violation(const std::string& text) {
  ++tally_.violations;
  const std::lock_guard lock(mutex_);
  const int before = told_[text.substr(0, text.find(':'))]++;
  if (before < kTold) std::printf("  VIOLATION %s\n", text.c_str());
}

void Witness::judge(const Event& event, const World& world) {
  std::vector<Failure> failures;
  std::vector<Held> late;
  std::vector<Held> held;
  {
    const std::lock_guard lock(mutex_);
    failures.swap(failures_);
    late.swap(late_);
    held.swap(held_);
  }
  for (const Held& call : late) judge_late(call, held);
  for (const auto& failure : failures) {
    if (!permitted(failure, event, world)) violation(describe(failure, event));
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [what, times] : told_) {
    if (times > kTold) std::printf("  %s: %d violations in all\n", what.c_str(), times);
  }
  told_.clear();
}

}  // namespace chaos
