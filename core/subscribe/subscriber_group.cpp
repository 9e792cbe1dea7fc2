#include "subscribe/subscriber_group.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "resp/server_answer.h"

namespace rediscluster {

Result<std::shared_ptr<SubscriberGroup>> SubscriberGroup::create(const Context& context) {
  UniqueFd bell(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!bell) {
    return make_error(Code::kConnect, Outcome::kNotSent,
                      "no file descriptor is left for a subscription: raise the limit of open files");
  }
  return std::shared_ptr<SubscriberGroup>(new SubscriberGroup(context, std::move(bell)));
}

SubscriberGroup::SubscriberGroup(const Context& context, UniqueFd bell)
    : context_(context),
      settings_(context.nodes.settings()),
      bell_(std::move(bell)),
      reconciler_(context.counters) {
  if (context.log != nullptr && context.log->wants(LogLevel::kWarning)) {
    const MutexLock lock(mutex_);
    reconciler_.log = [log = context.log](const std::string& line) { log->add(LogLevel::kWarning, line); };
  }
  context_.topology.add_listener(*this);
}

SubscriberGroup::~SubscriberGroup() { context_.topology.remove_listener(*this); }

// ---- what members want ----

void SubscriberGroup::join(EventQueue& queue, Duration ping_after) {
  const MutexLock lock(mutex_);
  members_.push_back({&queue, ping_after});
  set_ping();
}

void SubscriberGroup::leave(EventQueue& queue) noexcept {
  {
    const MutexLock lock(mutex_);
    reconciler_.remove(queue);
    const auto at = std::find_if(members_.begin(), members_.end(),
                                 [&](const Member& member) { return member.queue == &queue; });
    if (at != members_.end()) members_.erase(at);
    set_ping();
  }
  ring();
}

void SubscriberGroup::configure(EventQueue& queue, const EventLimits& limits, Duration ping_after) {
  {
    const MutexLock lock(mutex_);
    queue.limits = limits;
    for (Member& member : members_) {
      if (member.queue == &queue) member.ping_after = ping_after;
    }
    set_ping();
  }
  ring();
}

// The shortest that a member wants; and a subscription that pauses has a group of its own.
void SubscriberGroup::set_ping() noexcept {
  pausing_ = nullptr;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    ping_after_ = i == 0 ? members_[i].ping_after : std::min(ping_after_, members_[i].ping_after);
    if (members_[i].queue->limits.overflow == OverflowPolicy::kPause) pausing_ = members_[i].queue;
  }
  for (const auto& [link, connection] : connections_) {
    connection->ping_after = ping_after_;
    connection->pausing = pausing_;
  }
}

void SubscriberGroup::want(SubscriptionKind kind, std::string_view name, EventQueue& by,
                           const TimePoint* missed_since) {
  {
    const MutexLock lock(mutex_);
    reconciler_.want(kind, name, by, missed_since);
  }
  look();
}

void SubscriberGroup::unwant(SubscriptionKind kind, std::string_view name, EventQueue& by) {
  {
    const MutexLock lock(mutex_);
    reconciler_.unwant(kind, name, by);
  }
  look();
}

bool SubscriberGroup::wants(SubscriptionKind kind, std::string_view name, const EventQueue& by) {
  const MutexLock lock(mutex_);
  return reconciler_.wants(kind, name, by);
}

// ---- waiting ----

EventPtr SubscriberGroup::next(EventQueue& queue, TimePoint until, bool& emptied) {
  EventPtr event;
  drive(
      [&] {
        event = queue.take();
        emptied = queue.empty();
        return event != nullptr;
      },
      until);
  return event;
}

bool SubscriberGroup::settle(EventQueue& queue, TimePoint until) {
  const Reconciler* reconciler = nullptr;  // the lock is held where it is asked
  {
    const MutexLock lock(mutex_);
    reconciler = &reconciler_;
  }
  bool settled = false;
  drive(
      [&] {
        settled = reconciler->settled(queue);
        return settled;
      },
      until);
  return settled;
}

std::string SubscriberGroup::why_unsettled(EventQueue& queue) {
  const MutexLock lock(mutex_);
  std::string why = text(reconciler_.unsettled(queue), " names are not held yet");
  if (pausing_ != nullptr && !pausing_->has_room()) {
    why += ": nothing is read, since too many events wait to be taken";
  } else if (trouble_ != nullptr) {
    why += text(": ", trouble_->message);
  }
  return why;
}

// Until done(), which is called with the lock. Even where the time is up what there is to do is done once.
template <class Done>
void SubscriberGroup::drive(const Done& done, TimePoint until) {
  for (bool first = true;; first = false) {
    {
      const MutexLock lock(mutex_);
      if (done()) return;
    }
    if (context_.stop.stopped()) return;
    const TimePoint now = Clock::now();
    if (!first && now >= until) return;
    tend(now);
    const std::uint32_t seen = passes_.load();
    bool mine = false;
    {
      const MutexLock lock(mutex_);
      mine = !driving_;
      driving_ = true;
    }
    if (!mine) {
      if (now >= until) return;
      park(passes_, seen, Deadline(until));
      continue;
    }
    try {
      pass(until, now);
    } catch (...) {
      {
        const MutexLock lock(mutex_);
        driving_ = false;
      }
      wake_sleepers();
      throw;
    }
    {
      const MutexLock lock(mutex_);
      driving_ = false;
    }
    wake_sleepers();
  }
}

void SubscriberGroup::wake_sleepers() noexcept {
  passes_.fetch_add(1);
  unpark_all(passes_);
}

void SubscriberGroup::look() noexcept {
  ring();
  wake_sleepers();
}

void SubscriberGroup::ring() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(bell_.get(), &one, sizeof one);
}

void SubscriberGroup::read_bell() noexcept {
  std::uint64_t rings = 0;
  [[maybe_unused]] const auto read = ::read(bell_.get(), &rings, sizeof rings);
}

void SubscriberGroup::on_new_map() noexcept {
  map_changed_.store(true);
  ring();
}

}  // namespace rediscluster
