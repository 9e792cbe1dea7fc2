// The driver's work on calls that no answer has moved: those that wait to be begun, for a map or for their
// time, those whose node says nothing, and those that are cancelled or closed.
#include <algorithm>
#include <new>

#include "base/errors.h"
#include "queue/completion_queue.h"

namespace rediscluster {
namespace {

// How long a connection that owes replies may be quiet before the map is looked at again.
constexpr Duration kQuiet = milliseconds(25);
constexpr Duration kFirstInterval = milliseconds(250);
constexpr Duration kMaxInterval = std::chrono::seconds(4);

}  // namespace

void CompletionQueue::take_inbox(TimePoint now) {
  for (;;) {
    QueuedCall* call = nullptr;
    {
      const MutexLock lock(mutex_);
      call = inbox_.pop();
      inbox_is_open_ = call != nullptr;
      if (call == nullptr) return;
      call->place = QueuedCall::Place::kHandled;
    }
    try {
      if (call->error != nullptr) {
        fail(*call, std::move(call->error));
      } else if (call->request != nullptr && call->request->failure != nullptr) {
        judge(*call, now);
      } else if (call->target.node != nullptr) {
        send(*call, call->target, now);
      } else {
        resume(*call, now);
      }
    } catch (const std::bad_alloc&) {
      end(*call, nullptr, no_memory_error());
    }
  }
}

void CompletionQueue::end_overdue(TimePoint now) {
  for (;;) {
    QueuedCall* call = nullptr;
    {
      const MutexLock lock(mutex_);
      call = static_cast<QueuedCall*>(timers_.take_due(now));
      if (call == nullptr) return;
      if (call->place == QueuedCall::Place::kInbox) {
        inbox_.remove(*call);
      } else if (call->place == QueuedCall::Place::kSent && call->request->done()) {
        continue;  // it stands among those that have arrived
      }
      call->place = QueuedCall::Place::kHandled;
    }
    stop_waiting_for_map(*call);
    try {
      time_is_up(*call, now);
    } catch (const std::bad_alloc&) {
      end(*call, nullptr, no_memory_error());
    }
  }
}

void CompletionQueue::stop_waiting_for_map(QueuedCall& call) noexcept {
  if (std::exchange(call.waits_for_map, false)) --waiting_for_map_;
}

// Calls under way, each with the lock held. Those for which `wanted` is true are handed to `what` without it.
template <class Wanted, class What>
void CompletionQueue::for_each_call(const Wanted& wanted, const What& what) {
  for (std::size_t i = 0;; ++i) {
    QueuedCall* call = nullptr;
    {
      const MutexLock lock(mutex_);
      for (; i < calls_.size() && call == nullptr; ++i) {
        if (calls_[i] != nullptr && wanted(*calls_[i])) call = calls_[i];
      }
      if (call == nullptr) return;
      --i;
      call->place = QueuedCall::Place::kHandled;
      timers_.clear(*call);
    }
    stop_waiting_for_map(*call);
    try {
      what(*call);
    } catch (const std::bad_alloc&) {
      end(*call, nullptr,
          no_memory_error(call->retry.may_be_executed() ? Outcome::kUnknown : Outcome::kNotSent));
    }
  }
}

// Those that wait for a map go on once there is one, or when nobody could be asked.
void CompletionQueue::hear_of_map(TimePoint now) {
  map_changed_.store(false, std::memory_order_relaxed);
  const bool round_ended = round_ended_.exchange(false, std::memory_order_acq_rel);
  if (waiting_for_map_ == 0) return;
  for_each_call(
      [&](const QueuedCall& call) {
        return call.waits_for_map && (round_ended || context_.topology.satisfied(call.map_ticket));
      },
      [&](QueuedCall& call) REQUIRES(driver_) {
        if (!context_.topology.satisfied(call.map_ticket)) call.retry.on_no_map(now);
        resume(call, now);
      });
}

// What waits at a node that says nothing goes elsewhere, if the map knows better by now.
void CompletionQueue::look_for_silence(TimePoint now) {
  silence_at_ = now + kLookForQuiet;
  bool some = false;
  for (Lane* const lane : round_) {
    if (lane->awaited() == 0) continue;
    const Connection& connection = lane->connection();
    const TimePoint heard = connection.last_received_at();
    if (heard > lane->busy_since) lane->node().note_heard(heard);
    lane->is_quiet = now - std::max(heard, lane->busy_since) >= kQuiet;
    some = some || lane->is_quiet;
    const bool tells = !lane->exclusive() || !connection.connected();
    if (lane->is_quiet && tells) quiet_to_ask_ = true;
  }
  if (!some) {
    ask_interval_ = Duration::zero();
    ask_again_at_ = {};
    return;
  }
  silence_at_ = now + kQuiet;
  if (std::exchange(quiet_to_ask_, false) && now >= ask_again_at_) {
    ask_interval_ =
        ask_interval_ == Duration::zero() ? kFirstInterval : std::min(ask_interval_ * 2, kMaxInterval);
    ask_again_at_ = now + ask_interval_;
    context_.topology.request_refresh();
    context_.topology.poll_refresh(now);
  }
  send_elsewhere(now);
}

void CompletionQueue::send_elsewhere(TimePoint now) {
  for_each_call(
      [&](QueuedCall& call) REQUIRES(mutex_) {
        if (call.place != QueuedCall::Place::kSent || !call.lane->is_quiet || call.request->done())
          return false;
        if (!call.target.reading && !call.may_block && call.rare == nullptr &&
            now - call.retry.asked_at() >= kQuiet &&
            call.lane->connection().last_received_at() < call.retry.asked_at())
          call.target.node->health().eject(now);
        const bool may_go = call.retry.slot() >= 0 || call.target.node->health().ejected(now);
        if (!may_go || !call.retry.belongs_elsewhere(call.target, now)) return false;
        Request* const request = call.request;
        if (call.lane->connection().withdraw(*request)) {
          free_request(request);
        } else if (call.retry.repeatable() && request->become_tombstone()) {
          call.retry.note_hedged();
        } else {
          return false;
        }
        call.request = nullptr;
        leave_lane(call);
        return true;
      },
      [&](QueuedCall& call) REQUIRES(driver_) { resume(call, now); });
}

void CompletionQueue::look_at_cancels(TimePoint now) {
  std::vector<std::pair<std::shared_ptr<Cancel>, std::uint64_t>> tokens;
  {
    const MutexLock lock(mutex_);
    cancels_at_ = with_cancel_ == 0 ? TimePoint::max() : now + kLookAtCancels;
    if (with_cancel_ == 0) return;
    for (const QueuedCall* call : calls_) {
      if (call != nullptr && call->rare != nullptr && call->rare->cancel != nullptr &&
          call->place != QueuedCall::Place::kEnded)
        tokens.emplace_back(call->rare->cancel, call->ticket);
    }
  }
  for (auto& [token, ticket] : tokens) {
    token->note_waiting(now);
    if (token->needs_check() && token->confirm()) cancel(ticket);
  }
}

// The handle was closed: whatever is not under way ends now; the rest when its connection is closed.
void CompletionQueue::end_all_closed(TimePoint now) {
  for_each_call([](const QueuedCall& call) { return call.place == QueuedCall::Place::kWaiting; },
                [&](QueuedCall& call) REQUIRES(driver_) { resume(call, now); });
  for (Lane* const lane : round_) lane->advance(now);
}

}  // namespace rediscluster
