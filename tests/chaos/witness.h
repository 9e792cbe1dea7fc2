// Collects what callers saw during a round. Thread-safe.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "chaos/call.h"
#include "chaos/event.h"
#include "chaos/heartbeat.h"
#include "chaos/journal.h"

namespace chaos {

struct Tally {
  std::atomic<long> calls{0};
  std::atomic<long> failed{0};
  std::atomic<long> unknown{0};
  std::atomic<long> refused{0};
  std::atomic<long> not_sent{0};
  std::atomic<long> late{0};
  std::atomic<long> excused{0};
  std::atomic<long> violations{0};
};

class Witness {
 public:
  Witness(const Heartbeat& heartbeat, Journal& journal) : heartbeat_(heartbeat), journal_(journal) {}

  // A call has returned, with an error or NULL; `waited` is how long its thread was ready but not running
  // meanwhile.
  void returned(const Call& call, Clock::duration waited, const rc_error* error);
  void failed(const Call& call, const rc_error* error);  // an element of its reply

  void violation(const std::string& text);

  // At the end of a round: tells late calls that the machine does not excuse, and failures that the event
  // does not.
  void judge(const Event& event, const World& world);

  const Tally& tally() const { return tally_; }

 private:
  struct Held {
    Call call;
    Clock::duration waited;
  };

  void judge_late(const Held& late, const std::vector<Held>& held);

  const Heartbeat& heartbeat_;
  Journal& journal_;
  Tally tally_;
  std::mutex mutex_;
  std::vector<Held> late_;
  std::vector<Held> held_;  // calls whose threads were ready for long without being let run
  std::vector<Failure> failures_;
  std::map<std::string, int> told_;  // violations of this round by their beginnings
};

}  // namespace chaos
