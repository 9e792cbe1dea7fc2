// Subscriptions that share connections, and the driver of these: whoever waits for an event of one of them.
// One thread at a time drives; it polls without the lock. Others sleep until it has done a pass.
#pragma once

#include <functional>
#include <memory>

#include "calls/context.h"
#include "subscribe/subscriber_connection.h"
#include "sync/fork.h"
#include "sync/mutex.h"

namespace rediscluster {

class SubscriberGroup final : private TopologyListener {
 public:
  // RC_ERR_CONNECT: there is no descriptor left. `pausing`: the one subscription, where it pauses.
  static Result<std::shared_ptr<SubscriberGroup>> create(const Context& context);
  ~SubscriberGroup();
  SubscriberGroup(const SubscriberGroup&) = delete;
  SubscriberGroup& operator=(const SubscriberGroup&) = delete;

  bool of_this_process() const noexcept { return generation_ == fork_generation(); }

  // ---- Any thread. `queue` is guarded by this group from join() to leave(). ----

  void join(EventQueue& queue, Duration ping_after) EXCLUDES(mutex_);
  void leave(EventQueue& queue) noexcept EXCLUDES(mutex_);
  void configure(EventQueue& queue, const EventLimits& limits, Duration ping_after) EXCLUDES(mutex_);
  void want(SubscriptionKind kind, std::string_view name, EventQueue& by,
            const TimePoint* missed_since = nullptr) EXCLUDES(mutex_);
  void unwant(SubscriptionKind kind, std::string_view name, EventQueue& by) EXCLUDES(mutex_);
  bool wants(SubscriptionKind kind, std::string_view name, const EventQueue& by) EXCLUDES(mutex_);

  // Null: the time is up, or the handle was closed and there is none. `emptied`: it was the last.
  EventPtr next(EventQueue& queue, TimePoint until, bool& emptied) EXCLUDES(mutex_);
  // False: the time is up, or the handle was closed.
  bool settle(EventQueue& queue, TimePoint until) EXCLUDES(mutex_);
  // For messages: how many names are not held, and why.
  std::string why_unsettled(EventQueue& queue) EXCLUDES(mutex_);
  void look() noexcept;  // the handle was closed

 private:
  SubscriberGroup(const Context& context, UniqueFd bell);

  void on_new_map() noexcept override;
  void ring() noexcept;
  void read_bell() noexcept;
  void wake_sleepers() noexcept;

  template <class Done>
  void drive(const Done& done, TimePoint until) EXCLUDES(mutex_);
  void tend(TimePoint now) EXCLUDES(mutex_);
  void learn(const Reconciler::Moved& moved, TimePoint now);
  void ask_user() EXCLUDES(mutex_);
  void pass(TimePoint until, TimePoint now) EXCLUDES(mutex_);
  bool prepare(TimePoint now) REQUIRES(mutex_);
  void advance(SubscriberConnection& connection, TimePoint now, bool readable) REQUIRES(mutex_);
  int poll_timeout(TimePoint until, TimePoint now) REQUIRES(mutex_);
  void set_ping() noexcept REQUIRES(mutex_);

  const Context& context_;
  const ConnectionSettings& settings_;
  const std::uint32_t generation_ = fork_generation();
  const UniqueFd bell_;  // an eventfd: whoever polls is to look
  std::atomic<bool> map_changed_{true};
  FutexWord passes_{0};  // changes after each pass

  struct Member {
    EventQueue* queue;
    Duration ping_after;
  };

  Mutex mutex_;  // above those of the topology and the nodes
  Reconciler reconciler_ GUARDED_BY(mutex_);
  std::map<SubscriberLink*, std::unique_ptr<SubscriberConnection>> connections_ GUARDED_BY(mutex_);
  std::vector<Member> members_ GUARDED_BY(mutex_);
  const EventQueue* pausing_ GUARDED_BY(mutex_) = nullptr;
  Duration ping_after_ GUARDED_BY(mutex_) = milliseconds(5000);
  ErrorPtr trouble_ GUARDED_BY(mutex_);  // the last
  RefreshTicket refresh_ GUARDED_BY(mutex_);
  bool driving_ GUARDED_BY(mutex_) = false;  // somebody is
};

}  // namespace rediscluster
