// What servers say, and what it means for the names.
#include <algorithm>

#include "base/text.h"
#include "nodes/node.h"
#include "resp/server_answer.h"
#include "subscribe/reconciler.h"

namespace rediscluster {
namespace {

// Of one name, during a hand-over.
constexpr std::size_t kMaxHeldBack = std::size_t{16} * 1024 * 1024;
constexpr int kRedirectsInARow = 5;  // then there is a pause

// "NOPERM ... to run the 'ping' command": the server names what it refuses.
bool refuses_ping(const Error& error) noexcept {
  return std::string_view(error.message).find("'ping'") != std::string_view::npos;
}

}  // namespace

std::string ping_text(std::uint64_t token) { return text("rc:", token); }

Reconciler::Verdict Reconciler::on_said(SubscriberLink& link, const Said& said, TimePoint now) {
  switch (said.type) {
    case SaidType::kMessage:
      return on_message(link, said);
    case SaidType::kSubscribed:
      return on_subscribed(link, said, now);
    case SaidType::kUnsubscribed:
      on_unsubscribed(link, said, now);
      return Verdict::kGoOn;
    case SaidType::kPong:
      return on_pong(link, said.payload, now);
    case SaidType::kError:
      return on_error(link, *said.error, now);
    case SaidType::kIgnored:
      return Verdict::kGoOn;
    case SaidType::kMeaningless:
      break;
  }
  return Verdict::kMeaningless;
}

Reconciler::Verdict Reconciler::on_message(SubscriberLink& link, const Said& said) {
  SubscribedName* const name = find(said.kind, said.name);
  const HoldingPlace* const place = name == nullptr ? nullptr : name->at(link);
  if (place == nullptr || !place->delivers() || !name->wanted() || !name->announced) {
    count(counters_.subscription_unwanted);
    return Verdict::kGoOn;
  }
  EventPtr message = make_message(said.kind, said.channel, said.name, said.payload);
  if (place != name->next_owner) {
    deliver(*name, std::move(message));
    return Verdict::kGoOn;
  }
  if (name->missed_some) return Verdict::kGoOn;
  if (name->held_back_bytes + message->size > kMaxHeldBack) {
    name->missed_some = true;
    name->missed_since = place->held_since;
    name->held_back.clear();
    name->held_back_bytes = 0;
    return Verdict::kGoOn;
  }
  name->held_back_bytes += message->size;
  name->held_back.push_back(std::move(message));
  return Verdict::kGoOn;
}

Reconciler::Verdict Reconciler::on_subscribed(SubscriberLink& link, const Said& said, TimePoint now) {
  if (link.sent == 0) return Verdict::kMeaningless;
  const ExpectedAnswer front = link.expected.front();
  if (front.verb != SubscriberVerb::kSubscribe || front.name->kind != said.kind ||
      front.name->text != said.name)
    return Verdict::kMeaningless;
  SubscribedName& name = *front.name;
  HoldingPlace& place = *name.at(link);
  HoldingPlace& other = &place == &name.places[0] ? name.places[1] : name.places[0];
  if (name.wanted() && other.delivers()) {
    name.next_owner = &place;
  } else if (name.wanted()) {
    announce_held(name, link.node, now);
  }
  link.expected.pop_front();
  --link.sent;
  place.state = HoldingState::kHeld;
  place.held_since = now;
  retry_pauses_ = Backoff(SubscriberLink::kFirstPause, SubscriberLink::kLongestPause);
  reconcile(name, now);
  return Verdict::kGoOn;
}

void Reconciler::on_unsubscribed(SubscriberLink& link, const Said& said, TimePoint now) {
  const auto end = [&](SubscribedName& name) {
    HoldingPlace* const place = name.at(link);
    if (place == nullptr || !place->delivers()) return;
    if (place->state == HoldingState::kHeld) {
      refresh_wanted_ = true;
      end_place(name, *place, HoldingState::kNone, Loss::kTaken, now);
    } else {
      end_place(name, *place, HoldingState::kGone, Loss::kGivenUp, now);
    }
  };
  if (said.name.data() == nullptr) {  // of all names of this kind
    for (auto& [text, name] : of(said.kind)) end(*name);
    return reconcile_all(now);
  }
  SubscribedName* const name = find(said.kind, said.name);
  if (name == nullptr) return;
  end(*name);
  reconcile(*name, now);
}

Reconciler::Verdict Reconciler::on_pong(SubscriberLink& link, std::string_view payload, TimePoint now) {
  while (link.sent > 0) {
    const ExpectedAnswer front = link.expected.front();
    if (front.verb == SubscriberVerb::kSubscribe) break;
    if (front.verb == SubscriberVerb::kPing && payload != ping_text(front.token)) break;
    link.expected.pop_front();
    --link.sent;
    if (front.verb == SubscriberVerb::kUnsubscribe) continue;
    if (front.name != nullptr) end_barrier(link, *front.name, now);
    return Verdict::kGoOn;
  }
  return Verdict::kMeaningless;
}

void Reconciler::end_barrier(SubscriberLink& link, SubscribedName& name, TimePoint now) {
  HoldingPlace* const place = name.at(link);
  if (place == nullptr || place->state == HoldingState::kHeld || place->state == HoldingState::kAsked) return;
  end_place(name, *place, HoldingState::kNone, Loss::kGivenUp, now);
  reconcile(name, now);
  // It goes with the next reconcile_all(), where nobody wants it.
}

Reconciler::Verdict Reconciler::on_error(SubscriberLink& link, const Error& error, TimePoint now) {
  if (classify(error.message) == Answer::kLoggedOut) return Verdict::kLoggedOut;
  if (link.sent == 0) return Verdict::kMeaningless;
  ExpectedAnswer front = link.expected.front();
  link.expected.pop_front();
  --link.sent;
  switch (front.verb) {
    case SubscriberVerb::kSubscribe:
      return on_refusal(link, *front.name, error, now);
    case SubscriberVerb::kUnsubscribe:
      // Such as MOVED, of a slot that has left: its PING tells when nothing more will come. Where PINGs are
      // refused, the refusal may be that of the PING, and the answer before it has come.
      if (!refuses_ping(error) || link.sent == 0) return Verdict::kGoOn;
      front = link.expected.front();
      link.expected.pop_front();
      --link.sent;
      break;
    case SubscriberVerb::kPing:
      break;
  }
  if (front.name != nullptr) end_barrier(link, *front.name, now);
  return Verdict::kGoOn;
}

Reconciler::Verdict Reconciler::on_refusal(SubscriberLink& link, SubscribedName& name, const Error& error,
                                           TimePoint now) {
  HoldingPlace& place = *name.at(link);
  const Answer answer = classify(error.message);
  if (name.wanted() && answer == Answer::kMoved) {
    moved_.push_back({error.message, &link.node});
    count(counters_.moved);
    if (++name.redirects > kRedirectsInARow) wait(name, now);
  } else if (name.wanted() && (answer == Answer::kAsk || asks_to_wait(answer))) {
    count(counters_.waits);
    refresh_wanted_ = true;
    wait(name, now);
  } else if (name.wanted()) {
    refuse(name, link, error);
  }
  place.state = HoldingState::kNone;
  unfinished_ = true;
  return Verdict::kGoOn;
}

void Reconciler::refuse(SubscribedName& name, const SubscriberLink& link, const Error& error) {
  const std::string_view message = error.message;
  const bool no_shards = name.kind == SubscriptionKind::kShardChannel &&
                         message.find("unknown command") != std::string_view::npos;
  const char* const verb = name.kind == SubscriptionKind::kChannel   ? "SUBSCRIBE"
                           : name.kind == SubscriptionKind::kPattern ? "PSUBSCRIBE"
                                                                     : "SSUBSCRIBE";
  const std::string_view said = without_arguments(message);
  const std::string line =
      no_shards ? text(link.node.name(),
                       " has no shard channels, which came with Redis 7: use RC_CHANNEL, and PUBLISH")
                : text(verb, " was refused: ", link.node.name(), " answered ", said,
                       error.server_word() == "NOPERM"
                           ? ": allow the channel to the user (ACL SETUSER ... &channel)"
                           : "");
  for (auto& listener : name.listeners) {
    EventPtr event = make_event(EventType::kRefused, name.kind, name.text);
    event->error =
        make_error(no_shards ? Code::kUnsupported : error.code, Outcome::kRefused, line, error.server_word());
    listener.queue->push(std::move(event));
  }
  if (log) log(line);
  name.listeners.clear();
  give_up(name);
}

void Reconciler::wait(SubscribedName& name, TimePoint now) noexcept {
  name.waiting = true;
  any_waiting_ = true;
  if (retry_at_ <= now) retry_at_ = now + retry_pauses_.next();
}

}  // namespace rediscluster
