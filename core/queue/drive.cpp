// The driver of a queue: one thread at a time reads, decides and sends, and then takes what has ended.
#include <algorithm>
#include <array>
#include <new>

#include "base/errors.h"
#include "queue/completion_queue.h"

namespace rediscluster {
namespace {

// To read so few connections at once is cheaper than to ask which of them are ready.
constexpr std::size_t kFew = 4;
constexpr int kFewInARow = 16;
// How long a connection that owes replies may be quiet before the map is looked at again.
constexpr Duration kQuiet = milliseconds(25);
constexpr Duration kFirstInterval = milliseconds(250);
constexpr Duration kMaxInterval = std::chrono::seconds(4);
// A refresh of the map is pushed on so often while calls are under way, and tokens are looked at.
constexpr Duration kPushRefresh = milliseconds(2);
constexpr Duration kLookAtCancels = milliseconds(20);
// A connection of its own that no call has needed for so long.
constexpr Duration kIdleFor = std::chrono::seconds(30);

// Which thread this is: the address of something of its own.
std::uintptr_t this_thread() noexcept {
  REDISCLUSTER_FAST_TLS static constinit thread_local char mark = 0;
  return reinterpret_cast<std::uintptr_t>(&mark);
}

}  // namespace

Result<std::unique_ptr<CompletionQueue>> CompletionQueue::create(const Context& context,
                                                                 const QueueOptions& options) {
  std::unique_ptr<CompletionQueue> queue(new CompletionQueue(context, options));
  if (Status opened = queue->poller_.open(); !opened.ok()) return opened.take();
  context.topology.add_listener(*queue);
  queue->listens_ = true;
  return queue;
}

// Nobody is in a function of it.
CompletionQueue::~CompletionQueue() {
  if (listens_) context_.topology.remove_listener(*this);
  const MutexLock lock(mutex_);
  driver_.assume();
  for (QueuedCall* const call : calls_) {
    if (call == nullptr) continue;
    if (call->request != nullptr &&
        !(call->place == QueuedCall::Place::kSent && call->request->become_tombstone()))
      free_request(call->request);
    call->~QueuedCall();
    ::operator delete(call);
  }
  lanes_.clear();  // their connections are closed, and free what was left
  while (QueuedCall* const call = spare_calls_) {
    spare_calls_ = call->next;
    call->~QueuedCall();
    ::operator delete(call);
  }
  while (Request* const request = spare_requests_) {
    spare_requests_ = request->next;
    delete request;
  }
}

void CompletionQueue::on_new_map() noexcept {
  map_changed_.store(true, std::memory_order_release);
  if (under_way() != 0) poller_.ring();
}

void CompletionQueue::on_round_end() noexcept {
  round_ended_.store(true, std::memory_order_release);
  if (under_way() != 0) poller_.ring();
}

// ---- The role ----

CompletionQueue::Turn CompletionQueue::try_drive() noexcept {
  if (!driven_.exchange(true, std::memory_order_acquire)) {
    driver_thread_.store(this_thread(), std::memory_order_relaxed);
    driver_.assume();
    return Turn::kMine;
  }
  return driver_thread_.load(std::memory_order_relaxed) == this_thread() ? Turn::kNested : Turn::kOfAnother;
}

void CompletionQueue::stop_driving() noexcept {
  driver_thread_.store(0, std::memory_order_relaxed);
  driven_.store(false, std::memory_order_seq_cst);
  driver_.give_up();
  if (waiting_.load(std::memory_order_seq_cst) != 0) [[unlikely]] {
    turns_.fetch_add(1);
    unpark_all(turns_);
  }
}

Result<Completions> CompletionQueue::next(std::size_t max, int timeout_ms) {
  const TimePoint until = timeout_ms == 0  ? TimePoint::min()
                          : timeout_ms < 0 ? TimePoint::max()
                                           : Clock::now() + milliseconds(timeout_ms);
  for (bool last = false;;) {
    const Turn turn = try_drive();
    if (turn == Turn::kMine) {
      driver_.assume();
      last = drive_until_something(until);
      Completions taken;
      bool no_memory = false;
      {
        const MutexLock lock(mutex_);
        try {
          taken = collect(max);
        } catch (const std::bad_alloc&) {
          no_memory = true;
        }
        if (has_something()) poller_.ring();
      }
      stop_driving();
      if (context_.log != nullptr) context_.log->deliver();
      if (no_memory) return no_memory_error();
      if (!taken.empty()) return taken;
      if (context_.stop.stopped() && under_way() == 0) return closed_error();
      if (last) return taken;
      continue;
    }
    if (turn == Turn::kNested) {
      return make_error(
          Code::kUnsupported, Outcome::kNotSent,
          "a callback of this queue has called rc_queue_next, which has called it: return from it "
          "first");
    }
    const auto turns = turns_.load();
    waiting_.fetch_add(1, std::memory_order_seq_cst);
    const TimePoint now = Clock::now();
    if (driven_.load(std::memory_order_seq_cst) && now < until) park(turns_, turns, Deadline(until));
    waiting_.fetch_sub(1, std::memory_order_seq_cst);
    if (timeout_ms >= 0 && Clock::now() >= until && driven_.load()) {
      const MutexLock lock(mutex_);
      return collect(max);
    }
  }
}

// True: the time is up, or it was woken.
bool CompletionQueue::drive_until_something(TimePoint until) {
  for (bool first = true;; first = false) {
    // The first pass never waits: what is there comes first.
    pass(first ? TimePoint::min() : until);
    {
      const MutexLock lock(mutex_);
      if (has_something()) return false;
    }
    if (wake_wanted_.exchange(false, std::memory_order_acq_rel)) return true;
    if (context_.stop.stopped() && under_way() == 0) return true;
    if (until == TimePoint::max()) continue;
    if (until == TimePoint::min() || Clock::now() >= until) return true;
  }
}

void CompletionQueue::flush() {
  const Turn turn = try_drive();
  if (turn != Turn::kMine) return send_gathered();
  driver_.assume();
  pass(TimePoint::min());
  {
    const MutexLock lock(mutex_);
    if (has_something()) poller_.ring();
  }
  stop_driving();
  if (context_.log != nullptr) context_.log->deliver();
}

// ---- A pass ----

// Looks at everything once, and waits for something to happen at most until then.
void CompletionQueue::pass(TimePoint until) {
  TimePoint now = Clock::now();
  send_gathered();
  poller_.hush();
  const bool all_read = read_ready(until, now);
  if (!arrived_.empty()) settle_arrivals(now);
  tend_lanes(now);
  if (!arrived_.empty()) settle_arrivals(now);
  if (under_way() == 0) return set_alarm(now);
  take_inbox(now);
  context_.topology.poll_refresh(now);
  if (map_changed_.load(std::memory_order_relaxed) || round_ended_.load(std::memory_order_relaxed) ||
      waiting_for_map_ != 0) [[unlikely]]
    hear_of_map(now);
  if (all_read) end_overdue(now);
  if (now >= silence_at_) look_for_silence(now);
  if (now >= cancels_at_) look_at_cancels(now);
  if (context_.stop.stopped()) [[unlikely]]
    end_all_closed(now);
  if (!arrived_.empty()) settle_arrivals(now);
  tend_lanes(now);
  send_gathered();
  set_alarm(now);
}

// What was gathered, one write a node. Any thread.
void CompletionQueue::send_gathered() noexcept {
  for (;;) {
    std::shared_ptr<Connection> connection;
    {
      const MutexLock lock(mutex_);
      if (!has_gathered_) return;
      const auto at =
          std::find_if(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->has_gathered; });
      if (at == lanes_.end()) {
        has_gathered_ = false;
        return;
      }
      (*at)->has_gathered = false;
      connection = (*at)->keep_connection();
    }
    connection->send_queued();
  }
}

// True: whatever had come by `now` was read.
bool CompletionQueue::read_ready(TimePoint until, TimePoint& now) {
  refresh_round();
  if (read_few(now)) return false;
  if (until > now) {  // is there something to do at once?
    const bool busy = !arrived_.empty() || std::any_of(round_.begin(), round_.end(), [&](const Lane* lane) {
      return lane->wakes_at() <= now;
    });
    if (busy) until = TimePoint::min();
  }
  std::array<epoll_event, kEvents> events;
  const int count = poller_.wait(events.data(), kEvents, until, now);
  now = Clock::now();
  for (int i = 0; i < count; ++i) {
    const Lane::Event event = Lane::event_of(events[static_cast<std::size_t>(i)].data.ptr);
    event.lane->on_event(event, events[static_cast<std::size_t>(i)].events, now);
  }
  few_reads_ = 0;
  return count < kEvents;
}

// Reads those that owe replies, if they are few and nothing else is to be looked at. True: something has
// come.
bool CompletionQueue::read_few(TimePoint now) {
  if (few_reads_ == kFewInARow || round_.size() > 4 * kFew) return false;
  std::array<Lane*, kFew> lanes{};
  std::size_t count = 0;
  for (Lane* const lane : round_) {
    if (lane->wakes_at() <= now) return false;
    if (lane->awaited() == 0) continue;
    if (count == kFew || !lane->connection().connected()) return false;
    lanes[count++] = lane;
  }
  if (now >= next_look_) return false;  // calls may be overdue
  for (std::size_t i = 0; i < count; ++i) lanes[i]->read(now);
  ++few_reads_;
  return !arrived_.empty();
}

// The lanes as they are, to be looked at without the lock: only the driver removes any.
void CompletionQueue::refresh_round() {
  if (round_.size() == lane_count_.load(std::memory_order_relaxed)) [[likely]]
    return;
  const MutexLock lock(mutex_);
  round_.clear();
  round_.reserve(lanes_.size());
  for (const auto& lane : lanes_) round_.push_back(lane.get());
}

void CompletionQueue::tend_lanes(TimePoint now) {
  refresh_round();
  bool some_end = false;
  for (Lane* const lane : round_) {
    if (lane->wakes_at() <= now) {
      lane->advance(now);
      lane->watch(poller_, now);
    }
    if (lane->connection().silent()) [[unlikely]]
      lane->end_if_silent(now);
    some_end = some_end || lane->retired || lane->replacement_wanted() || lane->exclusive();
  }
  if (some_end) [[unlikely]]
    remove_lanes(now);
}

// Silent ones get a successor, and go when they have ended; so do those of their own that nobody needs.
void CompletionQueue::remove_lanes(TimePoint now) {
  std::vector<std::unique_ptr<Lane>> gone;
  {
    const MutexLock lock(mutex_);
    for (const auto& lane : lanes_) {
      if (lane->replacement_wanted()) lane->retired = true;
      if (lane->retired) {
        for (Known& known : known_) {
          if (known.lane == lane.get()) known = {};
        }
      } else if (lane->exclusive()) {
        if (lane->connection().under_way() != 0 || lane->idle_since == TimePoint{}) lane->idle_since = now;
        lane->retired = now - lane->idle_since > kIdleFor;
      }
      const bool ends = lane->exclusive() ? lane->awaited() == 0 : lane->connection().under_way() == 0;
      if (lane->retired && ends) gone.push_back(nullptr);
    }
    if (gone.empty()) return;
    gone.clear();
    const auto keep = std::stable_partition(lanes_.begin(), lanes_.end(), [](const auto& lane) {
      const bool ends = lane->exclusive() ? lane->awaited() == 0 : lane->connection().under_way() == 0;
      return !(lane->retired && ends);
    });
    for (auto at = keep; at != lanes_.end(); ++at) gone.push_back(std::move(*at));
    lanes_.erase(keep, lanes_.end());
    lane_count_.store(lanes_.size(), std::memory_order_relaxed);
    round_.clear();
  }
  gone.clear();  // ends what they were left with: nobody is told
  refresh_round();
}

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

// When the descriptor is to become readable although nothing has come.
void CompletionQueue::set_alarm(TimePoint now) {
  TimePoint at = TimePoint::max();
  for (const Lane* lane : round_) at = std::min(at, lane->wakes_at());
  const MutexLock lock(mutex_);
  if (under_way() != 0) {
    if (with_cancel_ != 0 && cancels_at_ == TimePoint::max()) cancels_at_ = now + kLookAtCancels;
    at = std::min({at, silence_at_, cancels_at_, timers_.earliest()});
    if (context_.topology.refresh_pending() || waiting_for_map_ != 0) at = std::min(at, now + kPushRefresh);
  }
  next_look_ = at;
  poller_.restart(at, now);
}

// ---- Taking ----

bool CompletionQueue::has_something() const noexcept {
  return !ready_.empty() || (room_wanted_ && has_room());
}

bool CompletionQueue::has_room() const noexcept {
  return count_ < options_.max_calls && (bytes_ == 0 || bytes_ + refused_size_ <= options_.max_bytes);
}

Completions CompletionQueue::collect(std::size_t max) {
  Completions taken;
  if (!has_something()) return taken;
  std::size_t size = 0;
  for (const QueuedCall* at = ready_.front(); at != nullptr && size < max; at = at->next) ++size;
  taken.reserve(std::min(size + (room_wanted_ ? 1 : 0), max));
  while (size-- > 0) {
    QueuedCall& call = *ready_.pop();
    taken.push_back(
        {CompletionKind::kCall, call.tag, call.ticket, std::move(call.reply), std::move(call.error)});
    --count_;
    bytes_ -= call.held;
    free_call(call);
  }
  if (room_wanted_ && taken.size() < max && has_room()) {
    room_wanted_ = false;
    taken.push_back({CompletionKind::kRoom, 0, 0, nullptr, nullptr});
  }
  return taken;
}

}  // namespace rediscluster
