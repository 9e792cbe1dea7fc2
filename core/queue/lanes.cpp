// The driver's work on connections: what is sent, what has come, and which of them go.
#include <algorithm>
#include <array>

#include "queue/completion_queue.h"

namespace rediscluster {
namespace {

// To read so few connections at once is cheaper than to ask which of them are ready.
constexpr std::size_t kFew = 4;
constexpr int kFewInARow = 16;
// A connection of its own that no call has needed for so long.
constexpr Duration kIdleFor = std::chrono::seconds(30);

}  // namespace

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

}  // namespace rediscluster
