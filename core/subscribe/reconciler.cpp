#include "subscribe/reconciler.h"

#include <algorithm>

#include "base/text.h"
#include "commands/key_slot.h"

namespace rediscluster {

template <class What>
void Reconciler::for_each(const What& what) const {
  for (const Names& names : names_) {
    for (const auto& [text, name] : names) what(*name);
  }
}

std::size_t Reconciler::names() const noexcept {
  return names_[0].size() + names_[1].size() + names_[2].size();
}

SubscribedName* Reconciler::find(SubscriptionKind kind, std::string_view name) noexcept {
  const auto found = of(kind).find(name);
  return found == of(kind).end() ? nullptr : found->second.get();
}

SubscribedName& Reconciler::find_or_make(SubscriptionKind kind, std::string_view name) {
  if (SubscribedName* const known = find(kind, name)) return *known;
  auto made = std::make_unique<SubscribedName>();
  made->kind = kind;
  made->text = name;
  made->slot = key_slot(name);
  return *of(kind).emplace(name, std::move(made)).first->second;
}

// ---- what is wanted ----

void Reconciler::want(SubscriptionKind kind, std::string_view text, EventQueue& by,
                      const TimePoint* missed_since) {
  SubscribedName& name = find_or_make(kind, text);
  for (const auto& listener : name.listeners) {
    if (listener.queue == &by) return;
  }
  unfinished_ = true;  // whoever drives reconciles
  name.listeners.reserve(name.listeners.size() + 1);
  // It is held already: by another, or by nobody since a moment ago.
  const bool held = name.announced ? !name.lost : name.in(HoldingState::kHeld) != nullptr;
  if (held) by.push(make_event(EventType::kSubscribed, kind, text));
  name.listeners.push_back({&by, held || missed_since != nullptr});
  if (held) name.announced = true;
  if (missed_since == nullptr || name.announced) return;
  name.announced = name.lost = true;
  name.lost_at = *missed_since;
  name.loss = Loss::kConnection;
}

bool Reconciler::unwant(SubscriptionKind kind, std::string_view text, EventQueue& by) {
  SubscribedName* const name = find(kind, text);
  if (name == nullptr) return false;
  const auto at = std::find_if(name->listeners.begin(), name->listeners.end(),
                               [&](const auto& listener) { return listener.queue == &by; });
  if (at == name->listeners.end()) return false;
  by.push(make_event(EventType::kUnsubscribed, kind, text));
  name->listeners.erase(at);
  if (!name->wanted()) give_up(*name);
  return true;
}

void Reconciler::remove(const EventQueue& by) noexcept {
  for_each([&](SubscribedName& name) {
    const auto at = std::find_if(name.listeners.begin(), name.listeners.end(),
                                 [&](const auto& listener) { return listener.queue == &by; });
    if (at == name.listeners.end()) return;
    name.listeners.erase(at);
    if (!name.wanted()) give_up(name);
  });
}

// Nobody wants it: what comes of it is for nobody, and whoever wants it later begins anew.
void Reconciler::give_up(SubscribedName& name) noexcept {
  name.announced = name.lost = name.waiting = name.missed_some = false;
  name.redirects = 0;
  drop_hand_over(name);
  unfinished_ = true;
}

// ---- where a name belongs ----

bool Reconciler::same_shard(const Node& a, const Node& b) const noexcept {
  for (const Layout* layout : {layout_.get(), layout_before_.get()}) {
    if (layout->primary_of(&a) == &b || layout->primary_of(&b) == &a) return true;
  }
  return false;
}

bool Reconciler::may_ask(Node& node) const noexcept {
  const auto found = links_.find(&node);
  return found == links_.end() || !found->second->failing || found->second->may_retry;
}

// Null: nobody has the slot. A channel or a pattern can be had of any primary, so of another where the one
// that it belongs to cannot be reached.
Node* Reconciler::choose(const SubscribedName& name) const noexcept {
  if (name.kind == SubscriptionKind::kShardChannel) return layout_->owner(name.slot);
  const auto& primaries = layout_->primaries;
  if (primaries.empty()) return nullptr;
  const auto index = static_cast<std::size_t>(name.slot);
  Node* const owner = name.kind == SubscriptionKind::kChannel ? layout_->owner(name.slot) : nullptr;
  Node* const usual = owner == nullptr ? primaries[index % primaries.size()] : owner;
  Node* second_best = may_ask(*usual) ? usual : nullptr;
  for (std::size_t i = 0; i <= primaries.size(); ++i) {
    Node* const node = i == 0 ? usual : primaries[(index + i) % primaries.size()];
    const auto link = links_.find(node);
    if (link == links_.end() || !link->second->failing) return node;
    if (second_best == nullptr && link->second->may_retry) second_best = node;
  }
  return second_best == nullptr ? usual : second_best;
}

SubscriberLink& Reconciler::link_to(Node& node) {
  if (const auto found = links_.find(&node); found != links_.end()) return *found->second;
  return *links_.emplace(&node, std::make_unique<SubscriberLink>(node)).first->second;
}

void Reconciler::expect(SubscriberLink& link, SubscriberVerb verb, SubscribedName* name) {
  link.expected.push_back({verb, name, verb == SubscriberVerb::kPing ? ++last_token_ : 0});
}

void Reconciler::ask(SubscribedName& name, HoldingPlace& place, Node& node) {
  SubscriberLink& link = link_to(node);
  expect(link, SubscriberVerb::kSubscribe, &name);
  place = {&link, HoldingState::kAsked, {}};
  link.in_use = true;
}

void Reconciler::leave(SubscribedName& name, HoldingPlace& place) {
  SubscriberLink& link = *place.link;
  expect(link, SubscriberVerb::kUnsubscribe, &name);
  try {
    expect(link, SubscriberVerb::kPing, &name);
  } catch (const std::bad_alloc&) {
    link.expected.pop_back();
    throw;
  }
  place.state = HoldingState::kLeaving;
}

// ---- bringing one to the other ----

void Reconciler::set_layout(std::shared_ptr<const Layout> layout, TimePoint now) {
  layout_before_ = std::exchange(layout_, std::move(layout));
  layout_before_at_ = std::exchange(layout_at_, now);
  for_each([](SubscribedName& name) {
    if (name.redirects < 5) name.waiting = false;
  });
  reconcile_all(now);
}

void Reconciler::reconcile_all(TimePoint now) {
  unfinished_ = true;
  any_waiting_ = false;
  for (const auto& [node, link] : links_) link->in_use = false;
  for (Names& names : names_) {
    for (auto at = names.begin(); at != names.end();) {
      SubscribedName& name = *at->second;
      reconcile(name, now);
      any_waiting_ = any_waiting_ || name.waiting;
      bool unused = !name.wanted();
      for (const HoldingPlace& place : name.places) {
        if (place.state == HoldingState::kNone) continue;
        place.link->in_use = true;
        unused = false;
      }
      at = unused ? names.erase(at) : std::next(at);
    }
  }
  unfinished_ = false;
}

void Reconciler::tick(TimePoint now) {
  bool due = unfinished_;
  if (any_waiting_ && retry_at_ <= now) {
    due = refresh_wanted_ = true;
    for_each([](SubscribedName& name) { name.waiting = false; });
  }
  for (const auto& [node, link] : links_) {
    if (!link->failing || link->may_retry || link->retry_at > now) continue;
    due = link->may_retry = true;
  }
  if (due) reconcile_all(now);
}

TimePoint Reconciler::wakes_at() const noexcept {
  if (unfinished_) return TimePoint::min();
  TimePoint at = any_waiting_ ? retry_at_ : TimePoint::max();
  for (const auto& [node, link] : links_) {
    if (link->failing && !link->may_retry) at = std::min(at, link->retry_at);
  }
  return at;
}

void Reconciler::reconcile(SubscribedName& name, TimePoint now) {
  if (name.next_owner != nullptr) {
    hand_over(name, now);
    if (name.next_owner != nullptr) return;
  }
  if (!name.wanted()) {
    for (HoldingPlace& place : name.places) {
      if (place.state == HoldingState::kHeld) leave(name, place);
    }
    return;
  }
  HoldingPlace* const held = name.in(HoldingState::kHeld);
  if (held == &name.places[0] && name.places[1].state == HoldingState::kHeld)
    leave(name, name.places[1]);  // of a hand-over while nobody wanted it
  if (held != nullptr && name.lost) announce_held(name, held->link->node, now);
  if (name.waiting || name.in(HoldingState::kAsked) != nullptr) return;
  if (held != nullptr && !move_on(name, *held)) return;
  ask_somewhere(name, now);
}

// It is held: is that still the place? True: it is to be asked for elsewhere.
bool Reconciler::move_on(SubscribedName& name, HoldingPlace& held) {
  Node& here = held.link->node;
  const Node* const primary = layout_->primary_of(&here);
  if (name.kind != SubscriptionKind::kShardChannel) {
    if (primary == &here || layout_->primaries.empty()) return false;  // every node delivers it
  } else {
    Node* const owner = layout_->owner(name.slot);
    if (owner == nullptr || owner == &here) return false;
    if (primary == &here && !same_shard(here, *owner)) return true;
  }
  leave(name, held);
  if (primary != nullptr) return false;  // until its answer
  // It has left the cluster, or is dead: what it still says is not waited for. When it last was a part of it
  // is known.
  end_place(name, held, HoldingState::kGone, Loss::kGivenUp, std::max(held.held_since, layout_before_at_));
  return true;
}

void Reconciler::ask_somewhere(SubscribedName& name, TimePoint now) {
  if (name.in(HoldingState::kLeaving) != nullptr) return;
  Node* const to = choose(name);
  if (to == nullptr) {
    refresh_wanted_ = true;
    return wait(name, now);
  }
  if (!may_ask(*to)) return;
  HoldingPlace* free = nullptr;
  for (HoldingPlace& place : name.places) {
    if (place.state == HoldingState::kNone) {
      free = &place;
    } else if (&place.link->node == to) {
      return;  // held there, or not to be asked for before the answer of a PING
    }
  }
  if (free != nullptr) ask(name, *free, *to);
}

// The new owner has confirmed it, and the old one still speaks.
void Reconciler::hand_over(SubscribedName& name, TimePoint now) {
  HoldingPlace& next = *name.next_owner;
  HoldingPlace& old = &next == &name.places[0] ? name.places[1] : name.places[0];
  if (next.state != HoldingState::kHeld) return drop_hand_over(name);
  if (old.state == HoldingState::kHeld) leave(name, old);
  if (old.delivers()) return;
  const auto missed = std::chrono::ceil<milliseconds>(now - name.missed_since).count();
  announce(name, name.missed_some ? missed : 0, GapReason::kMoved);
  name.next_owner = nullptr;
  name.missed_some = false;
  // Should there be no memory for one of them, they are lost, and the name is announced once more.
  name.lost = true;
  name.lost_at = next.held_since;
  name.lost_from = nullptr;
  auto held_back = std::exchange(name.held_back, {});
  name.held_back_bytes = 0;
  for (EventPtr& message : held_back) deliver(name, std::move(message));
  name.lost = false;
}

void Reconciler::drop_hand_over(SubscribedName& name) noexcept {
  name.next_owner = nullptr;
  name.held_back.clear();
  name.held_back_bytes = 0;
}

// A place does not deliver any more. It allocates nothing: whoever calls reconciles later.
void Reconciler::end_place(SubscribedName& name, HoldingPlace& place, HoldingState state, Loss loss,
                           TimePoint at) noexcept {
  const bool delivered = place.delivers();
  place.state = state;
  unfinished_ = true;
  if (!delivered) return;
  if (&place == name.next_owner) {  // what it has sent meanwhile is dropped
    if (!name.missed_some) name.missed_since = place.held_since;
    name.missed_some = true;
    drop_hand_over(name);
    return;
  }
  if (name.next_owner != nullptr || !name.announced || name.lost) return;
  name.lost = true;
  name.lost_at = name.missed_some ? std::min(at, name.missed_since) : at;
  name.missed_some = false;
  name.lost_from = &place.link->node;
  name.loss = loss;
}

// ---- what subscribers are told ----

GapReason Reconciler::reason_of(const SubscribedName& name, const Node& at) const noexcept {
  if (name.lost_from == nullptr) return GapReason::kConnection;
  const Node& from = *name.lost_from;
  const bool shard = name.kind == SubscriptionKind::kShardChannel;
  if (&from == &at) return name.loss == Loss::kTaken ? GapReason::kMoved : GapReason::kConnection;
  if (same_shard(from, at) && shard) return GapReason::kFailover;
  if (layout_->primary_of(&from) != &from) return GapReason::kFailover;
  return shard ? GapReason::kMoved : GapReason::kConnection;
}

void Reconciler::announce(SubscribedName& name, std::int64_t ms, GapReason reason) {
  for (auto& listener : name.listeners) {
    if (listener.told) {
      listener.queue->push(make_gap(name.kind, name.text, reason, ms, -1));
      count(counters_.subscription_gaps);
    }
    listener.queue->push(make_event(EventType::kSubscribed, name.kind, name.text));
    listener.told = true;
  }
  name.announced = true;
  name.lost = false;
  name.redirects = 0;
}

// It is held at that node, for the first time or again.
void Reconciler::announce_held(SubscribedName& name, const Node& at, TimePoint now) {
  const auto lost = std::chrono::ceil<milliseconds>(now - name.lost_at).count();
  announce(name, name.lost ? std::max<std::int64_t>(lost, 0) : 0, reason_of(name, at));
}

void Reconciler::deliver(SubscribedName& name, EventPtr message) {
  for (std::size_t i = 0; i < name.listeners.size(); ++i) {
    EventQueue& queue = *name.listeners[i].queue;
    count(counters_.subscription_messages);
    const bool last = i + 1 == name.listeners.size();
    EventPtr own = last ? std::move(message)
                        : make_message(name.kind, message->channel, message->pattern, message->payload);
    if (const auto dropped = queue.push_message(std::move(own)); dropped != 0)
      count(counters_.subscription_dropped, dropped);
  }
}

// ---- connections ----

void Reconciler::on_open(SubscriberLink& link, TimePoint now) {
  link.open = true;
  link.opened_at = now;
  link.failing = link.may_retry = false;
}

void Reconciler::on_connect_failed(SubscriberLink& link, TimePoint now) noexcept {
  on_lost(link, now, now);
  fail(link, now);
}

void Reconciler::on_lost(SubscriberLink& link, TimePoint since, TimePoint now) noexcept {
  const bool was_open = link.open;
  link.open = false;
  link.expected.clear();
  link.sent = 0;
  refresh_wanted_ = true;
  for_each([&](SubscribedName& name) {
    HoldingPlace* const place = name.at(link);
    if (place != nullptr)
      end_place(name, *place, HoldingState::kNone, Loss::kConnection, std::max(since, place->held_since));
  });
  unfinished_ = true;
  if (!was_open) return;
  // One that is lost as soon as it is made is not made again and again.
  constexpr Duration kLong = std::chrono::seconds(1);
  if (now - link.opened_at >= kLong) {
    link.pauses = Backoff(SubscriberLink::kFirstPause, SubscriberLink::kLongestPause);
    return;
  }
  fail(link, now);
}

void Reconciler::fail(SubscriberLink& link, TimePoint now) noexcept {
  link.failing = true;
  link.may_retry = false;
  link.retry_at = now + link.pauses.next();
}

bool Reconciler::wants(SubscriptionKind kind, std::string_view text, const EventQueue& by) noexcept {
  const SubscribedName* const name = find(kind, text);
  return name != nullptr && std::any_of(name->listeners.begin(), name->listeners.end(),
                                        [&](const auto& listener) { return listener.queue == &by; });
}

bool Reconciler::settled(const EventQueue& by) const noexcept {
  for (const Names& names : names_) {
    for (const auto& [text, name] : names) {
      if (name->settled()) continue;
      for (const auto& listener : name->listeners) {
        if (listener.queue == &by) return false;
      }
    }
  }
  return true;
}

std::size_t Reconciler::unsettled(const EventQueue& by) const noexcept {
  std::size_t number = 0;
  for_each([&](const SubscribedName& name) {
    if (name.settled()) return;
    for (const auto& listener : name.listeners) number += listener.queue == &by ? 1 : 0;
  });
  return number;
}

}  // namespace rediscluster
