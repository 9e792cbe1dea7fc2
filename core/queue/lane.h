// A connection of a queue, which leads it all the time: what it is polled for, and how many calls wait on it.
#pragma once

#include <atomic>
#include <memory>

#include "nodes/node.h"
#include "queue/poller.h"

namespace rediscluster {

class Lane final : private ConnectionOwner {
 public:
  // Throws bad_alloc. exclusive: for one call at a time.
  Lane(Node& node, bool exclusive);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // False: there is no descriptor left. Before anything else.
  bool prepare() noexcept { return connection_->make_wake_fd(); }

  Node& node() const noexcept { return node_; }
  bool exclusive() const noexcept { return exclusive_; }
  Connection& connection() const noexcept { return *connection_; }
  std::shared_ptr<Connection> keep_connection() const noexcept { return connection_; }

  // ---- Guarded by the queue's lock ----

  bool has_gathered = false;  // what is queued waits for a flush
  bool retired = false;       // it takes nothing new, and goes when it is empty
  TimePoint idle_since{};     // of an exclusive one that nobody uses

  // How many calls wait for it; also read without the lock.
  std::size_t awaited() const noexcept { return awaited_.load(std::memory_order_relaxed); }
  void add_awaited(TimePoint now) noexcept {
    const std::size_t before = awaited_.load(std::memory_order_relaxed);
    if (before == 0) busy_since = now;
    awaited_.store(before + 1, std::memory_order_relaxed);
  }
  void drop_awaited() noexcept {
    awaited_.store(awaited_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  }
  TimePoint busy_since{};  // since when calls wait for it

  // Asks the driver to look at it. Any thread.
  void want_look() noexcept { look_wanted_.store(true, std::memory_order_release); }

  // ---- For who drives the queue ----

  // What an event of the poller is about: the lane, and whether its connection was woken.
  struct Event {
    Lane* lane = nullptr;
    bool woken = false;
  };
  static Event event_of(void* what) noexcept;

  void on_event(const Event& event, std::uint32_t events, TimePoint now) noexcept;
  void read(TimePoint now) noexcept;  // whatever there is
  void advance(TimePoint now) noexcept;
  // Has the poller tell of what comes next. Before it sleeps.
  void watch(Poller& poller, TimePoint now) noexcept;
  // When advance() is to be called although nothing has happened.
  TimePoint wakes_at() const noexcept {
    return look_wanted_.load(std::memory_order_acquire) ? TimePoint::min() : wakes_at_;
  }
  void look_soon() noexcept { wakes_at_ = TimePoint::min(); }
  // The connection is silent, and nobody waits for it any more.
  void end_if_silent(TimePoint now) noexcept;
  bool is_quiet = false;  // it owes replies and says nothing; written by the driver
  bool replacement_wanted() const noexcept { return replacement_wanted_.load(std::memory_order_relaxed); }

 private:
  bool replace(Connection& silent) noexcept override;
  void* socket_tag() noexcept { return this; }
  void* wake_tag() noexcept { return reinterpret_cast<char*>(this) + 1; }

  Node& node_;
  const bool exclusive_;
  std::shared_ptr<Connection> connection_;
  std::atomic<std::size_t> awaited_{0};
  std::atomic<bool> replacement_wanted_{false};
  std::atomic<bool> look_wanted_{false};

  // What the poller was told.
  int wake_fd_ = -1;
  std::uint32_t opening_ = 0;  // of the socket that is watched; 0: none
  std::uint32_t events_ = 0;   // that it is watched for
  TimePoint wakes_at_ = TimePoint::max();
};

}  // namespace rediscluster
