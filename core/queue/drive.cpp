// The driver of a queue: one thread at a time reads, decides and sends, and then takes what has ended.
#include <algorithm>
#include <new>

#include "base/errors.h"
#include "queue/completion_queue.h"

namespace rediscluster {
namespace {

// A refresh of the map is pushed on so often while calls are under way.
constexpr Duration kPushRefresh = milliseconds(2);

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
