// Brings what is held to what is wanted: which name is asked for at which node, what an answer, a message or
// a lost connection means for it, and what its subscribers are told. It does no I/O, reads no clock, and
// takes no lock: whoever drives the connections tells it what has happened, and sends what it puts into the
// links.
//
// The rules that servers force:
// - A slot that leaves makes a node send `sunsubscribe` unasked, which cannot be told from the answer to
// one's
//   own. So a PING follows each UNSUBSCRIBE, and until its answer nothing is asked for that name there.
// - Two nodes of a shard both deliver what is published in it: between them a name is given up first. Nodes
// of
//   two shards never do: between them it is subscribed to at the new owner first, and what that one sends is
//   held back until the old one has ended it, so that the order holds.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/counters.h"
#include "subscribe/answer.h"
#include "subscribe/layout.h"
#include "subscribe/subscribed_name.h"
#include "subscribe/subscriber_link.h"

namespace rediscluster {

class Reconciler {
 public:
  explicit Reconciler(Counters& counters) : counters_(counters) {}
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  // ---- What is wanted. std::bad_alloc: then nothing has changed. ----

  // In a forked child it may have been held by the parent, and messages missed since then: `missed_since`.
  void want(SubscriptionKind kind, std::string_view name, EventQueue& by,
            const TimePoint* missed_since = nullptr);
  // False: `by` did not want it.
  bool unwant(SubscriptionKind kind, std::string_view name, EventQueue& by);
  // Nothing is told to `by` any more.
  void remove(const EventQueue& by) noexcept;

  // ---- What happens. std::bad_alloc: the connection that it was about is to be given up. ----

  void set_layout(std::shared_ptr<const Layout> layout, TimePoint now);
  void tick(TimePoint now);  // at wakes_at(), or sooner
  void reconcile_all(TimePoint now);

  void on_open(SubscriberLink& link, TimePoint now);
  void on_connect_failed(SubscriberLink& link, TimePoint now) noexcept;
  // `since`: until then whatever the node had sent was read.
  void on_lost(SubscriberLink& link, TimePoint since, TimePoint now) noexcept;
  enum class Verdict { kGoOn, kMeaningless, kLoggedOut };
  Verdict on_said(SubscriberLink& link, const Said& said, TimePoint now);

  // ---- What is to be done. ----

  const std::map<Node*, std::unique_ptr<SubscriberLink>>& links() const noexcept { return links_; }
  void ping(SubscriberLink& link) { expect(link, SubscriberVerb::kPing, nullptr); }
  TimePoint wakes_at() const noexcept;
  bool take_refresh_wanted() noexcept { return std::exchange(refresh_wanted_, false); }
  bool refresh_wanted() const noexcept { return refresh_wanted_; }
  struct Moved {
    std::string line;
    Node* told_by;
  };
  std::vector<Moved> take_moved() noexcept { return std::exchange(moved_, {}); }
  bool has_moved() const noexcept { return !moved_.empty(); }

  // ---- How it stands. ----

  bool wants(SubscriptionKind kind, std::string_view name, const EventQueue& by) noexcept;
  // All that `by` wants is held; how many names are not.
  bool settled(const EventQueue& by) const noexcept;
  std::size_t unsettled(const EventQueue& by) const noexcept;
  std::size_t names() const noexcept;
  // Tells of what the log should have: null is nobody.
  std::function<void(std::string)> log;

 private:
  struct HashOfText {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  using Names = std::unordered_map<std::string, std::unique_ptr<SubscribedName>, HashOfText, std::equal_to<>>;

  Names& of(SubscriptionKind kind) noexcept { return names_[static_cast<std::size_t>(kind)]; }
  SubscribedName* find(SubscriptionKind kind, std::string_view name) noexcept;
  SubscribedName& find_or_make(SubscriptionKind kind, std::string_view name);
  template <class What>
  void for_each(const What& what) const;

  void reconcile(SubscribedName& name, TimePoint now);
  void give_up(SubscribedName& name) noexcept;
  bool move_on(SubscribedName& name, HoldingPlace& held);
  void ask_somewhere(SubscribedName& name, TimePoint now);
  void hand_over(SubscribedName& name, TimePoint now);
  void drop_hand_over(SubscribedName& name) noexcept;

  Node* choose(const SubscribedName& name) const noexcept;
  bool may_ask(Node& node) const noexcept;
  bool same_shard(const Node& a, const Node& b) const noexcept;
  SubscriberLink& link_to(Node& node);
  static void fail(SubscriberLink& link, TimePoint now) noexcept;
  void expect(SubscriberLink& link, SubscriberVerb verb, SubscribedName* name);
  void ask(SubscribedName& name, HoldingPlace& place, Node& node);
  void leave(SubscribedName& name, HoldingPlace& place);

  void announce(SubscribedName& name, std::int64_t ms, GapReason reason);
  void announce_held(SubscribedName& name, const Node& at, TimePoint now);
  GapReason reason_of(const SubscribedName& name, const Node& at) const noexcept;
  void deliver(SubscribedName& name, EventPtr message);
  void end_place(SubscribedName& name, HoldingPlace& place, HoldingState state, Loss loss,
                 TimePoint at) noexcept;

  Verdict on_message(SubscriberLink& link, const Said& said);
  Verdict on_subscribed(SubscriberLink& link, const Said& said, TimePoint now);
  void on_unsubscribed(SubscriberLink& link, const Said& said, TimePoint now);
  Verdict on_pong(SubscriberLink& link, std::string_view payload, TimePoint now);
  void end_barrier(SubscriberLink& link, SubscribedName& name, TimePoint now);
  Verdict on_error(SubscriberLink& link, const Error& error, TimePoint now);
  Verdict on_refusal(SubscriberLink& link, SubscribedName& name, const Error& error, TimePoint now);
  void refuse(SubscribedName& name, const SubscriberLink& link, const Error& error);
  void wait(SubscribedName& name, TimePoint now) noexcept;

  Counters& counters_;
  std::shared_ptr<const Layout> layout_ = std::make_shared<const Layout>();
  std::shared_ptr<const Layout> layout_before_ = layout_;  // the one before it: who replicated whom
  TimePoint layout_at_{};
  TimePoint layout_before_at_{};
  Names names_[kSubscriptionKinds];
  std::map<Node*, std::unique_ptr<SubscriberLink>> links_;
  std::vector<Moved> moved_;
  std::uint64_t last_token_ = 0;
  bool refresh_wanted_ = false;
  bool unfinished_ = false;  // names may be other than they should be: reconcile_all() has to look
  bool any_waiting_ = false;
  TimePoint retry_at_{};  // of names that wait
  Backoff retry_pauses_{SubscriberLink::kFirstPause, SubscriberLink::kLongestPause};
};

// What PING says, so that its answer is known.
std::string ping_text(std::uint64_t token);

}  // namespace rediscluster
