// Asks nodes for CLUSTER SLOTS, one refresh at a time for a handle, on a connection of its own. There is no
// thread behind it: callers push it on in passing, without waiting, and those who have no route wait for it.
#pragma once

#include <atomic>
#include <functional>
#include <limits>
#include <mutex>
#include <set>

#include "base/backoff.h"
#include "base/stop.h"
#include "connection/nodes.h"
#include "topology/cluster_view.h"
#include "topology/throttle.h"

namespace rediscluster {

class Refresher {
 public:
  using Candidates = std::function<std::vector<Node*>()>;  // in the order in which to ask
  using Accept = std::function<void(const ClusterView&, TimePoint asked_at)>;

  // Who has not wanted a refresh for `look_again` gets one nevertheless; zero: never.
  Refresher(Candidates candidates, Accept accept, const Stop& stop, Counters& counters,
            Duration look_again = Duration::zero());

  void want() noexcept {
    wants_.fetch_add(1);
    due_.store(kAtOnce);
  }
  bool wanted() const noexcept {
    return wants_.load(std::memory_order_relaxed) != met_.load(std::memory_order_relaxed);
  }

  // There is something to push. All that a call pays for refreshes while there is none.
  bool due(TimePoint now) const noexcept {
    return now.time_since_epoch().count() >= due_.load(std::memory_order_relaxed);
  }
  void push(TimePoint now);        // goes on with a refresh that is due as far as that needs no waiting
  Status wait(Deadline deadline);  // until a view that was asked for after now has come

 private:
  // One node that was asked.
  struct Attempt {
    Attempt(Node& node, TimePoint now);
    PrivateLane lane;
    RequestPtr request;
    TimePoint asked_at;
    bool reused;  // the connection had been there
    std::uint32_t wants = 0;  // that it meets: those from before it was asked
  };

  Status refresh_until(TimePoint begin, Deadline deadline);
  void advance(TimePoint now, TimePoint until);
  bool ask_another(TimePoint now);
  void take_answer(Attempt& attempt);
  std::string who_was_asked() const;
  void blame(ErrorPtr error) noexcept;
  void end_round(bool answered) noexcept;
  void pass_on() noexcept;
  void settle() noexcept;

  static constexpr Clock::rep kAtOnce = std::numeric_limits<Clock::rep>::min();
  static constexpr Clock::rep kNever = std::numeric_limits<Clock::rep>::max();

  const Candidates candidates_;
  const Accept accept_;
  const Stop& stop_;
  Counters& counters_;
  const Duration look_again_;
  bool viewed_since(TimePoint begin) const noexcept {
    return viewed_at_.load(std::memory_order_acquire) >= begin.time_since_epoch().count();
  }

  std::atomic<std::uint32_t> wants_{0};   // how often a refresh was wanted
  std::atomic<std::uint32_t> met_{0};     // of these, what a view has met; what came later is wanted still
  std::atomic<Clock::rep> due_;           // kAtOnce while one is wanted
  std::atomic<Clock::rep> viewed_at_{0};  // when the newest view that came was asked for

  // Who finds mutex_ taken sleeps until this changes: when it is free again.
  Word turns_{0};

  // A round ends with a view, or when every candidate has failed.
  std::mutex mutex_;  // guards what follows
  Throttle throttle_;
  std::vector<std::unique_ptr<Attempt>> attempts_;  // under way, oldest first
  std::set<const Node*> asked_;                     // in this round
  ErrorPtr worst_;                                  // the most telling failure of this round
  ErrorPtr failed_;                                 // of the last round, if it ended without a view
  std::uint64_t rounds_ = 0;                        // that have ended
  TimePoint not_before_{};                          // after a round that failed
  Backoff backoff_;
};

}  // namespace rediscluster
