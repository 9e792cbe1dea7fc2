// The lines of a pipeline, one a slot, and when the first of each is due.
#pragma once

#include <queue>
#include <unordered_map>

#include "batch/slot_queue.h"

namespace rediscluster {

class SlotQueues {
 public:
  using Key = std::int64_t;

  // Reads that may go to replicas do not wait for writes, nor writes for them.
  static Key key(int slot, bool reads_elsewhere, std::size_t index) noexcept {
    if (slot < 0) return -1 - static_cast<Key>(index);  // without a slot nothing waits for anything
    return Key{slot} * 2 + (reads_elsewhere ? 1 : 0);
  }

  bool empty() const noexcept { return lines_.empty(); }
  SlotQueue* find(Key key) noexcept {
    const auto found = lines_.find(key);
    return found == lines_.end() ? nullptr : &found->second;
  }
  void push(Key key, std::size_t index, std::unique_ptr<PendingRetry> pending) {
    const auto [at, fresh] = lines_.try_emplace(key);
    at->second.push(index, std::move(pending));
    if (!fresh) return;
    wait(*at, at->second.due());
  }

  using Entry = std::unordered_map<Key, SlotQueue>::value_type;
  // Of those that wait, the one that is due first; none: TimePoint::max().
  TimePoint next() const noexcept { return waiting_.empty() ? TimePoint::max() : waiting_.top().due; }
  Entry& take() {
    Entry& entry = *waiting_.top().entry;
    waiting_.pop();
    return entry;
  }
  // Of one that was taken: it is empty, or waits for its first to be due.
  void put_back(Entry& entry, TimePoint not_before) {
    if (entry.second.empty()) {
      lines_.erase(entry.first);
    } else {
      wait(entry, std::max(entry.second.due(), not_before));
    }
  }

  auto begin() noexcept { return lines_.begin(); }
  auto end() noexcept { return lines_.end(); }

 private:
  struct Waiting {
    TimePoint due;
    Entry* entry;
    bool operator<(const Waiting& other) const noexcept { return due > other.due; }  // the first one on top
  };
  void wait(Entry& entry, TimePoint due) { waiting_.push({due, &entry}); }

  std::unordered_map<Key, SlotQueue> lines_;
  std::priority_queue<Waiting> waiting_;  // each line that is not under way
};

}  // namespace rediscluster
