// A name that is subscribed to: who wants it, where it is held, and what was missed of it.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "subscribe/event_queue.h"

namespace rediscluster {

class Node;
struct SubscriberLink;

enum class HoldingState : std::uint8_t {
  kNone,
  kAsked,    // SUBSCRIBE is on its way, or its answer
  kHeld,     // confirmed
  kLeaving,  // UNSUBSCRIBE is on its way: until its answer messages still come
  kGone      // they do not any more; until the answer of the PING behind it nothing is asked here
};

// A name at a node.
struct HoldingPlace {
  SubscriberLink* link = nullptr;
  HoldingState state = HoldingState::kNone;
  TimePoint held_since{};

  bool delivers() const noexcept { return state == HoldingState::kHeld || state == HoldingState::kLeaving; }
};

// Why a name is not held any more.
enum class Loss : std::uint8_t {
  kConnection,  // with the connection
  kTaken,       // the node has ended it: the slot has left
  kGivenUp      // by us: the node has lost its role
};

struct SubscribedName {
  struct Listener {
    EventQueue* queue;
    bool told;  // of SUBSCRIBED: from then on it hears of gaps
  };

  SubscriptionKind kind;
  std::string text;
  int slot;

  std::vector<Listener> listeners;  // empty: nobody wants it any more
  bool waiting = false;             // for the time of retries, since a server asked for patience
  int redirects = 0;                // in a row

  // At most two: where it is held or asked for, and where it was until now.
  HoldingPlace places[2];

  bool announced = false;  // SUBSCRIBED was told, and messages are delivered
  bool lost = false;       // announced, and held nowhere: since `lost_at`, at `lost_from`
  TimePoint lost_at{};
  Node* lost_from = nullptr;
  Loss loss = Loss::kConnection;

  // A hand-over between shards: what the new owner has sent, until the old one has nothing to say any more.
  HoldingPlace* next_owner = nullptr;  // one of `places`, null: there is no hand-over
  std::vector<EventPtr> held_back;
  std::size_t held_back_bytes = 0;
  bool missed_some = false;  // of what the new owner sent: since `missed_since`
  TimePoint missed_since{};

  bool wanted() const noexcept { return !listeners.empty(); }
  HoldingPlace* at(const SubscriberLink& link) noexcept {
    for (HoldingPlace& place : places) {
      if (place.link == &link && place.state != HoldingState::kNone) return &place;
    }
    return nullptr;
  }
  HoldingPlace* in(HoldingState state) noexcept {
    for (HoldingPlace& place : places) {
      if (place.state == state && &place != next_owner) return &place;
    }
    return nullptr;
  }
  bool settled() const noexcept { return announced && !lost; }
};

}  // namespace rediscluster
