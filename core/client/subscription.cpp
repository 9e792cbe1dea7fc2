#include "client/subscription.h"

#include <new>

#include "base/errors.h"
#include "base/text.h"

namespace rediscluster {
namespace {

TimePoint until_of(int timeout_ms) {
  constexpr auto kForever = std::chrono::hours(24 * 365);
  return Clock::now() + (timeout_ms < 0 ? Duration(kForever) : Duration(milliseconds(timeout_ms)));
}

}  // namespace

Subscription::Subscription(std::shared_ptr<Cluster> cluster)
    : cluster_(std::move(cluster)), emptied_at_(Clock::now().time_since_epoch().count()) {
  cluster_->add_listener(*this);
}

Subscription::~Subscription() {
  cluster_->remove_listener(*this);
  Here* const here = here_.load();
  if (here == nullptr) return;
  if (here->generation != fork_generation()) {
    put_aside(here);
    return;
  }
  here->group->leave(here->queue);
  delete here;
}

Result<Subscription::Here*> Subscription::here() {
  Here* const here = here_.load(std::memory_order_acquire);
  if (here != nullptr && here->generation == fork_generation()) [[likely]]
    return here;
  return renew(here);
}

Result<Subscription::Here*> Subscription::renew(Here* inherited) {
  auto fresh = std::make_unique<Here>();
  fresh->closed = make_event(EventType::kClosed, SubscriptionKind::kChannel, {});
  fresh->closed->channel = {};
  auto group = SubscriberGroup::create(cluster_->context());
  if (!group.ok()) return group.take_error();
  fresh->group = group.take();
  std::set<Name> wanted;
  Duration ping_after{};
  {
    const MutexLock lock(fork_lock());
    wanted = wanted_;
    fresh->queue.limits = limits_;
    ping_after = ping_after_;
  }
  fresh->group->join(fresh->queue, ping_after);
  const TimePoint missed_since{Duration(emptied_at_.load())};
  for (const auto& [kind, name] : wanted) {
    fresh->group->want(kind, name, fresh->queue, inherited == nullptr ? nullptr : &missed_since);
  }
  Here* expected = inherited;
  if (!here_.compare_exchange_strong(expected, fresh.get())) {  // another thread was first
    fresh->group->leave(fresh->queue);
    return expected;
  }
  if (inherited != nullptr) put_aside(inherited);
  return fresh.release();
}

void Subscription::on_close() noexcept {
  Here* const here = here_.load();
  if (here != nullptr && here->generation == fork_generation()) here->group->look();
}

template <class Change>
void Subscription::change(const Change& change) {
  EventLimits limits;
  Duration ping_after{};
  {
    const MutexLock lock(fork_lock());
    change();
    limits = limits_;
    ping_after = ping_after_;
  }
  Here* const here = here_.load();
  if (here != nullptr && here->generation == fork_generation())
    here->group->configure(here->queue, limits, ping_after);
}

void Subscription::set_max_events(std::size_t count) {
  change([&]() REQUIRES(fork_lock()) { limits_.max_events = count; });
}
void Subscription::set_max_bytes(std::size_t bytes) {
  change([&]() REQUIRES(fork_lock()) { limits_.max_bytes = bytes; });
}
void Subscription::set_overflow(OverflowPolicy policy) {
  change([&]() REQUIRES(fork_lock()) { limits_.overflow = policy; });
}
void Subscription::set_ping(Duration after) {
  change([&]() REQUIRES(fork_lock()) { ping_after_ = after; });
}

Status Subscription::add(SubscriptionKind kind, std::string_view name) {
  if (cluster_->closed()) return closed_error();
  auto here = this->here();
  if (!here.ok()) return here.take_error();
  std::set<Name> made{{kind, std::string(name)}};
  here.value()->group->want(kind, name, here.value()->queue);
  const MutexLock lock(fork_lock());
  wanted_.merge(made);
  return {};
}

Status Subscription::remove(SubscriptionKind kind, std::string_view name) {
  auto here = this->here();
  if (!here.ok()) return here.take_error();
  const Name key{kind, std::string(name)};
  here.value()->group->unwant(kind, name, here.value()->queue);
  std::set<Name>::node_type gone;  // goes after the lock
  const MutexLock lock(fork_lock());
  gone = wanted_.extract(key);
  return {};
}

Status Subscription::settle(int timeout_ms) {
  auto here = this->here();
  if (!here.ok()) return here.take_error();
  SubscriberGroup& group = *here.value()->group;
  const bool settled = !cluster_->closed() && group.settle(here.value()->queue, until_of(timeout_ms));
  if (cluster_->closed()) return closed_error();
  if (settled) return {};
  return make_error(Code::kTimeout, Outcome::kNotSent, group.why_unsettled(here.value()->queue));
}

Result<EventPtr> Subscription::next(int timeout_ms) {
  auto got = here();
  if (!got.ok()) return got.take_error();
  Here& here = *got.value();
  if (here.closed_told.load()) return EventPtr();
  bool emptied = false;
  EventPtr event = here.group->next(here.queue, until_of(timeout_ms), emptied);
  if (event == nullptr && cluster_->closed())
    return here.closed_told.exchange(true) ? EventPtr() : std::move(here.closed);
  if (event == nullptr || emptied) emptied_at_.store(Clock::now().time_since_epoch().count());
  if (event != nullptr && event->type == EventType::kRefused &&
      !here.group->wants(event->kind, event->name(), here.queue)) {
    const Name key{event->kind, std::string(event->name())};
    std::set<Name>::node_type gone;
    const MutexLock lock(fork_lock());
    gone = wanted_.extract(key);
  }
  return event;
}

}  // namespace rediscluster
