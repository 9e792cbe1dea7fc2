// A subscription as its user holds it: it keeps its handle, and what is wanted; a forked child begins anew
// with that.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>

#include "client/cluster.h"
#include "subscribe/subscriber_group.h"

namespace rediscluster {

class Subscription final : private CloseListener {
 public:
  explicit Subscription(std::shared_ptr<Cluster> cluster);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // All from any thread.
  void set_max_events(std::size_t count);
  void set_max_bytes(std::size_t bytes);
  void set_overflow(OverflowPolicy policy);
  void set_ping(Duration after);
  Status add(SubscriptionKind kind, std::string_view name);
  Status remove(SubscriptionKind kind, std::string_view name);
  Status settle(int timeout_ms);
  Result<EventPtr> next(int timeout_ms);  // null: nothing came in time; -1: however long it takes

 private:
  using Name = std::pair<SubscriptionKind, std::string>;

  // What it has in one process.
  struct Here {
    const std::uint32_t generation = fork_generation();
    EventQueue queue;
    EventPtr closed;  // the last event
    std::atomic<bool> closed_told{false};
    std::shared_ptr<SubscriberGroup> group;  // null only while it is made
  };

  Result<Here*> here();
  Result<Here*> renew(Here* inherited);
  template <class Change>
  void change(const Change& change);
  void on_close() noexcept override;

  const std::shared_ptr<Cluster> cluster_;
  std::atomic<Here*> here_{nullptr};
  // Whatever a child needs is whole in it.
  std::set<Name> wanted_ GUARDED_BY(fork_lock());
  EventLimits limits_ GUARDED_BY(fork_lock());
  Duration ping_after_ GUARDED_BY(fork_lock()) = milliseconds(5000);
  // Until then its user has had all that had come: what a child may have missed is since.
  std::atomic<Clock::rep> emptied_at_;
};

}  // namespace rediscluster
