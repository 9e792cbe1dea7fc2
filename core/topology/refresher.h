// Asks nodes for CLUSTER SLOTS, one refresh at a time for a handle, on a connection of its own. There is no
// thread behind it: callers push it on in passing, without waiting, and those who have no route wait for it.
#pragma once

#include <atomic>
#include <functional>
#include <limits>
#include <mutex>

#include "nodes/registry.h"
#include "sync/backoff.h"
#include "sync/stop.h"
#include "topology/refresh_round.h"
#include "topology/throttle.h"

namespace rediscluster {

// One request for a refresh. A view satisfies it that was asked for after the ticket was given.
struct RefreshTicket {
  std::uint64_t number = 0;  // counts from 1; 0: was never asked for, and is satisfied
};

class Refresher {
 public:
  using Candidates = std::function<std::vector<Node*>()>;  // in the order in which to ask
  // Takes what a node has told. False: it is not to be believed yet, and another node is asked.
  using Hear = std::function<bool(ClusterView view, Node& teller, TimePoint asked_at)>;
  // Nobody is left who could be asked: makes the best of what was not believed. False: there is nothing.
  using Decide = std::function<bool()>;
  // The lock is free again, after a view may have come or a round may have ended. Called by the thread that
  // held it, which holds nothing any more.
  using Released = std::function<void()>;

  // Who has not wanted a refresh for `look_again` gets one nevertheless; zero: never.
  Refresher(Candidates candidates, Hear hear, Decide decide, const Stop& stop, Counters& counters,
            Duration look_again = Duration::zero(), Released released = {});

  RefreshTicket request() noexcept {
    const RefreshTicket ticket{requests_.fetch_add(1) + 1};
    due_.store(kAtOnce);
    return ticket;
  }
  // A view that was asked for after the ticket was given has come.
  bool satisfied(RefreshTicket ticket) const noexcept {
    return viewed_.load(std::memory_order_acquire) >= ticket.number;
  }
  // How many rounds have ended, with a view or without.
  std::uint64_t rounds() const noexcept { return rounds_.load(std::memory_order_acquire); }
  bool pending() const noexcept {
    return requests_.load(std::memory_order_relaxed) != satisfied_.load(std::memory_order_relaxed);
  }

  // There is something to push. All that a call pays for refreshes while there is none.
  bool due(TimePoint now) const noexcept {
    return now.time_since_epoch().count() >= due_.load(std::memory_order_relaxed);
  }
  // Goes on with a refresh that is due, as far as that needs no waiting.
  void poll(TimePoint now);
  // Until the ticket is satisfied, every node has failed, or the time is up. The caller asks nodes and reads
  // their answers, or sleeps while another does so.
  Status wait(RefreshTicket ticket, Deadline deadline);

  RefreshState state() const {
    const std::lock_guard lock(mutex_);
    return round_.state();
  }

 private:
  // What advance() leaves its caller to do.
  struct Step {
    enum class Kind : std::uint8_t {
      kAsk,         // ask `node`, without mutex_
      kWait,        // for answers, or until the throttle lets one more be asked
      kHeldBack,    // only nodes are left of which this thread is in a function of the user's
      kRoundEnded,  // see round_.state()
    };
    Kind kind = Kind::kWait;
    Node* node = nullptr;
  };
  class Asking;

  Status refresh_until(RefreshTicket ticket, Deadline deadline, Node*& next);
  Step advance(TimePoint now, TimePoint until);
  bool hear_answers(TimePoint now, TimePoint until);
  Step pick(TimePoint now);
  void ask(Node& node, TimePoint now);
  void collect();
  void take_answer(RefreshQuery& query);
  void make_the_best_of_it();
  void note_view(std::uint64_t requests) noexcept;
  void satisfy(std::uint64_t requests) noexcept;
  void end_round(bool answered) noexcept;
  void release() noexcept;
  void schedule_next() noexcept;

  static constexpr Clock::rep kAtOnce = std::numeric_limits<Clock::rep>::min();
  static constexpr Clock::rep kNever = std::numeric_limits<Clock::rep>::max();

  const Candidates candidates_;
  const Hear hear_;
  const Decide decide_;
  const Stop& stop_;
  Counters& counters_;
  const Duration look_again_;
  const Released released_;  // may be empty

  // The number of the newest request. Anybody adds to it.
  std::atomic<std::uint64_t> requests_{0};
  // The newest request that a view has met which was believed. Written under mutex_; it only grows.
  std::atomic<std::uint64_t> viewed_{0};
  // The newest request that nobody needs to be asked for any more; a refresh is pending while there are newer
  // ones. It is behind viewed_ while a second node is to be heard. Written under mutex_; it only grows.
  std::atomic<std::uint64_t> satisfied_{0};
  std::atomic<Clock::rep> due_;  // kAtOnce while one is wanted

  // Changes each time that mutex_ is released. Who finds it taken sleeps on it.
  FutexWord releases_{0};

  // A node is asked by a caller who holds nothing, since functions of the user's may run before it is
  // connected to. What was asked waits in asked_now_ for the next who has mutex_.
  std::atomic<int> being_asked_{0};
  std::mutex asked_mutex_;                                // innermost
  std::vector<std::unique_ptr<RefreshQuery>> asked_now_;  // guarded by asked_mutex_

  // The refresher's role: who has it drives the round, and may wait for answers meanwhile.
  mutable std::mutex mutex_;
  RefreshRound round_;                    // guarded by mutex_
  Throttle throttle_;                     // guarded by mutex_
  Backoff backoff_;                       // guarded by mutex_
  TimePoint not_before_{};                // of the next round, after one that failed; guarded by mutex_
  ErrorPtr failed_;                       // of the last round, if it ended without a view; guarded by mutex_
  std::atomic<std::uint64_t> rounds_{0};  // that have ended; written under mutex_
};

}  // namespace rediscluster
