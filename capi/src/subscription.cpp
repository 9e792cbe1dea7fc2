// Subscriptions and their events.
#include "base/text.h"
#include "guard.h"
#include "handles.h"
#include "no_cancel.h"

using namespace rediscluster;

namespace {

constexpr std::size_t kMaxName = std::size_t{512} * 1024 * 1024;  // as long as a server takes

template <class Work>
int change(rc_subscription* subscription, rc_error** error, Work&& work) noexcept {
  const NoCancel guard;
  return run(Outcome::kNotSent, error, [&]() -> Status {
    if (subscription == nullptr) return invalid_argument("subscription is NULL");
    return work(subscription->subscription);
  });
}

template <class Work>
int change_name(rc_subscription* subscription, int kind, const char* name, size_t len, rc_error** error,
                Work&& work) noexcept {
  return change(subscription, error, [&](Subscription& to) -> Status {
    if (kind < RC_CHANNEL || kind > RC_SHARD_CHANNEL)
      return invalid_argument(text("kind is ", kind, ": give RC_CHANNEL, RC_PATTERN or RC_SHARD_CHANNEL"));
    if (name == nullptr && len != 0) return invalid_argument("name is NULL");
    if (len > kMaxName) return invalid_argument("name is longer than 512 MiB");
    return work(to, static_cast<SubscriptionKind>(kind),
                name == nullptr ? std::string_view("") : std::string_view(name, len));
  });
}

Status check_timeout(int timeout_ms) {
  if (timeout_ms >= -1) return {};
  return invalid_argument("timeout_ms is less than -1");
}

const char* text_of(const rc_event* event, std::string_view rc_event::*what, size_t* len) noexcept {
  const std::string_view text = event == nullptr ? std::string_view() : event->*what;
  if (len != nullptr) *len = text.size();
  return text.data();
}

bool is_gap(const rc_event* event) noexcept { return event != nullptr && event->type == EventType::kGap; }

}  // namespace

rc_subscription* rc_subscription_new(rc_cluster* cluster, rc_queue* queue, uint64_t tag, rc_error** error) {
  const NoCancel guard;
  return make(Outcome::kNotSent, error, [&]() -> Result<std::unique_ptr<rc_subscription>> {
    (void)tag;
    if (cluster == nullptr) return invalid_argument("cluster is NULL");
    if (queue != nullptr) {
      return make_error(Code::kUnsupported, Outcome::kNotSent,
                        "this version drives no subscription by a queue: give NULL, and call "
                        "rc_subscription_next");
    }
    if (cluster->cluster->closed())
      return make_error(Code::kClosed, Outcome::kNotSent, "the cluster handle was closed");
    return std::make_unique<rc_subscription>(cluster->cluster);
  });
}

int rc_subscription_set_max_events(rc_subscription* subscription, size_t count, rc_error** error) {
  return change(subscription, error, [&](Subscription& to) -> Status {
    if (count == 0) return invalid_argument("max_events is 0: give at least 1");
    to.set_max_events(count);
    return {};
  });
}

int rc_subscription_set_max_bytes(rc_subscription* subscription, size_t bytes, rc_error** error) {
  return change(subscription, error, [&](Subscription& to) -> Status {
    if (bytes == 0) return invalid_argument("max_bytes is 0: give at least 1");
    to.set_max_bytes(bytes);
    return {};
  });
}

int rc_subscription_set_overflow(rc_subscription* subscription, int policy, rc_error** error) {
  return change(subscription, error, [&](Subscription& to) -> Status {
    if (policy < RC_OVERFLOW_PAUSE || policy > RC_OVERFLOW_DROP_NEWEST)
      return invalid_argument(text("policy is ", policy, ": give an RC_OVERFLOW_* value"));
    to.set_overflow(static_cast<OverflowPolicy>(policy));
    return {};
  });
}

int rc_subscription_set_ping_ms(rc_subscription* subscription, int ms, rc_error** error) {
  return change(subscription, error, [&](Subscription& to) -> Status {
    if (ms < 1) return invalid_argument("ping_ms is less than 1");
    to.set_ping(milliseconds(ms));
    return {};
  });
}

int rc_subscription_add(rc_subscription* subscription, int kind, const char* name, size_t len,
                        rc_error** error) {
  return change_name(
      subscription, kind, name, len, error,
      [](Subscription& to, SubscriptionKind of, std::string_view text) { return to.add(of, text); });
}

int rc_subscription_remove(rc_subscription* subscription, int kind, const char* name, size_t len,
                           rc_error** error) {
  return change_name(
      subscription, kind, name, len, error,
      [](Subscription& to, SubscriptionKind of, std::string_view text) { return to.remove(of, text); });
}

int rc_subscription_settle(rc_subscription* subscription, int timeout_ms, rc_error** error) {
  return change(subscription, error, [&](Subscription& to) -> Status {
    if (auto status = check_timeout(timeout_ms); !status.ok()) return status;
    return to.settle(timeout_ms);
  });
}

rc_event* rc_subscription_next(rc_subscription* subscription, int timeout_ms, rc_error** error) {
  const NoCancel guard;
  return make(Outcome::kNotSent, error, [&]() -> Result<EventPtr> {
    if (subscription == nullptr) return invalid_argument("subscription is NULL");
    if (auto status = check_timeout(timeout_ms); !status.ok()) return status.take();
    return subscription->subscription.next(timeout_ms);
  });
}

void rc_subscription_free(rc_subscription* subscription) {
  const NoCancel guard;
  delete subscription;
}

int rc_event_type(const rc_event* event) { return event == nullptr ? 0 : static_cast<int>(event->type); }
int rc_event_kind(const rc_event* event) { return event == nullptr ? 0 : static_cast<int>(event->kind); }
const char* rc_event_channel(const rc_event* event, size_t* len) {
  return text_of(event, &rc_event::channel, len);
}
const char* rc_event_pattern(const rc_event* event, size_t* len) {
  return text_of(event, &rc_event::pattern, len);
}
const char* rc_event_payload(const rc_event* event, size_t* len) {
  const bool message = event != nullptr && event->type == EventType::kMessage;
  return text_of(message ? event : nullptr, &rc_event::payload, len);
}
int rc_event_gap_reason(const rc_event* event) {
  return is_gap(event) ? static_cast<int>(event->reason) : 0;
}
int64_t rc_event_gap_ms(const rc_event* event) { return is_gap(event) ? event->gap_ms : 0; }
int64_t rc_event_gap_lost(const rc_event* event) { return is_gap(event) ? event->gap_lost : 0; }
const rc_error* rc_event_error(const rc_event* event) { return event == nullptr ? nullptr : event->error.get(); }
void rc_event_free(rc_event* event) { free_event(event); }
