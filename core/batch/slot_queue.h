// Commands of a pipeline that wait for each other, in input order: those of one slot of which an earlier one
// is still to be sent, or to be sent again. What comes later of the slot stands in line behind it.
#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <vector>

#include "calls/retry_state.h"

namespace rediscluster {

// A command that was sent and did not get its reply, or has no node to go to.
struct PendingRetry {
  PendingRetry(RetryState way, int attempts) : state(std::move(way)), before(attempts) {}

  RetryState state;
  const int before;            // attempts that the state does not know of
  Target target;               // where it goes next; no node: its state is to be asked
  bool wary = false;           // see BatchAnswers
  TimePoint looks_again_at{};  // for a map that knows a node for it

  TimePoint due() const noexcept { return std::max(state.due(), looks_again_at); }
};

class SlotQueue {
 public:
  struct Item {
    std::uint32_t index = 0;
    std::unique_ptr<PendingRetry> pending;  // null: it has not been sent at all
    bool finished = false;                  // its reply, or its error, is in its place
  };

  void push(std::size_t index, std::unique_ptr<PendingRetry> pending) {
    items_.push_back({.index = static_cast<std::uint32_t>(index), .pending = std::move(pending)});
  }
  bool empty() const noexcept { return first_ == items_.size(); }
  std::size_t size() const noexcept { return items_.size() - first_; }
  Item& operator[](std::size_t i) noexcept { return items_[first_ + i]; }
  void pop() noexcept { items_[first_++].pending.reset(); }

  // How many of the first are under way.
  std::size_t under_way() const noexcept { return under_way_; }
  void send(std::size_t count) noexcept { under_way_ = count; }
  // They have come back: what is not finished stays in front, in its order.
  void come_back() noexcept {
    const std::size_t end = first_ + under_way_;
    std::size_t to = end;
    for (std::size_t from = end; from-- > first_;) {
      if (!items_[from].finished && --to != from) items_[to] = std::move(items_[from]);
    }
    for (std::size_t i = first_; i < to; ++i) items_[i].pending.reset();
    first_ = to;
    under_way_ = 0;
  }
  // Behind the k-th of those under way, as if they were under way too.
  void put_behind(std::size_t k, std::uint32_t first, std::uint32_t count) {
    std::vector<Item> fresh(count);
    for (std::uint32_t i = 0; i < count; ++i) fresh[i].index = first + i;
    items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(first_ + k + 1),
                  std::make_move_iterator(fresh.begin()), std::make_move_iterator(fresh.end()));
    under_way_ += count;
  }
  // Its node could not be reached at the last try: one goes ahead of the others.
  bool probes() const noexcept { return probes_; }
  void probe(bool yes) noexcept { probes_ = yes; }

  TimePoint due() const noexcept {
    const PendingRetry* pending = items_[first_].pending.get();
    return pending == nullptr ? TimePoint::min() : pending->due();
  }

 private:
  std::vector<Item> items_;
  std::size_t first_ = 0;
  std::size_t under_way_ = 0;
  bool probes_ = false;
};

}  // namespace rediscluster
