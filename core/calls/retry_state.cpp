// Where a call goes next.
#include "calls/retry_state.h"

#include <algorithm>
#include <utility>

#include "base/errors.h"
#include "base/text.h"
#include "routing/replica_choice.h"
#include "sync/random.h"

namespace rediscluster {
namespace {

// Views come sooner, where they tell the owner of a slot.
constexpr Duration kAskAroundAfter = milliseconds(400);

ErrorPtr no_owner(int slot) {
  return make_error(Code::kClusterDown, Outcome::kRefused, text("no node owns slot ", slot, kAssignSlot));
}

}  // namespace

Step RetryState::next_slowly(TimePoint now) {
  if (context_.stop.stopped()) return done(closed_error());
  if (deadline_.expired(now)) return done(out_of_time());
  if (due() > now) return {.kind = Step::kWaitUntil, .until = due()};
  Target target = trouble_ == nullptr ? Target() : std::exchange(trouble_->target, {});
  if (target.node == nullptr) target = by_map(now);
  if (target.node == nullptr) return without_target(now);
  if (trouble_ != nullptr) {
    trouble_->waits_for_map = false;
    if (trouble_->began == TimePoint{}) trouble_->began = now;  // it has a place, and trouble from the first
  }
  asked_at_ = now;
  ++attempts_;
  return {.target = target};
}

Step RetryState::done(ErrorPtr error) {
  trouble().error = std::move(error);
  return {.kind = Step::kDone};
}

// No node of the map will do. A newer map may know one.
Step RetryState::without_target(TimePoint now) {
  Trouble& so_far = trouble();
  if (so_far.began == TimePoint{}) so_far.began = now;
  if (!std::exchange(so_far.tried, {}).empty()) {  // all have failed: after a pause they are tried again
    context_.topology.request_refresh();
    so_far.due = now + so_far.backoff.next();
    return {.kind = Step::kWaitUntil, .until = so_far.due};
  }
  const bool told = so_far.reason != nullptr && so_far.reason->code == Code::kClusterDown &&
                    so_far.reason->server_code == nullptr;
  if (!told) so_far.reason = no_route(*context_.topology.keep_map());
  if (!std::exchange(so_far.waits_for_map, true)) {
    so_far.ticket = context_.topology.request_refresh();
  } else if (context_.topology.satisfied(so_far.ticket)) {
    so_far.waits_for_map = false;
    so_far.due = now + so_far.backoff.next();
    return {.kind = Step::kWaitUntil, .until = so_far.due};
  }
  const TimePoint ask_around = so_far.began + kAskAroundAfter;
  const bool asks_around = slot_ >= 0 && now < ask_around;
  return {
      .kind = Step::kWaitForMap, .until = asks_around ? ask_around : deadline_.at(), .ticket = so_far.ticket};
}

void RetryState::on_no_map(TimePoint now) {
  trouble().waits_for_map = false;
  trouble().due = now + trouble().backoff.next();
}

// No node: the map does not know one, or all that may be read from have failed.
Target RetryState::by_map(TimePoint now) {
  if (trouble_ != nullptr && trouble_->place != nullptr)
    return {trouble_->place->by(*context_.topology.keep_map())};
  if (from_ != ReadFrom::kPrimary) {
    const std::vector<Node*> none;
    const auto& tried = trouble_ == nullptr ? none : trouble_->tried;
    const Reader reader = choose_reader(*context_.topology.map(), slot_, from_, tried, now);
    if (reader.node != nullptr) return {reader.node, false, true, reader.is_probe};
  }
  const auto kept = context_.topology.keep_map();
  const SlotMap& map = *kept;
  if (from_ == ReadFrom::kPrimary) {
    Node* node = slot_ < 0 ? any_primary(map, now) : map.owner(slot_);
    if (node != nullptr) return {node};
  }
  if (slot_ < 0 || map.owner(slot_) != nullptr) return {};
  if (trouble_ == nullptr || now - trouble_->began < kAskAroundAfter) return {};
  // Views have not told it, as its owner may have told no address. Any node knows it, or says that there is
  // none.
  Node* const any = any_primary(map, now);
  if (any != nullptr) {
    context_.topology.request_refresh();
    if (trouble_->reason == nullptr) trouble_->reason = no_owner(slot_);
  }
  return {any};
}

ErrorPtr RetryState::no_route(const SlotMap& map) const {
  if (trouble_ != nullptr && trouble_->place != nullptr) {
    return make_error(
        Code::kClusterDown, Outcome::kRefused,
        text(trouble_->place->node->name(),
             " owns no slots any more, and other shards, which are asked themselves, have those "
             "that it had: ask again"));
  }
  if (slot_ >= 0 && map.owner(slot_) == nullptr) return no_owner(slot_);
  return make_error(Code::kClusterDown, Outcome::kRefused,
                    slot_ < 0 ? std::string("no node owns any slot: assign the slots of the cluster")
                              : text("no replica of slot ", slot_,
                                     " is known: read from primaries too (RC_READ_PREFER_REPLICA)"));
}

// Of those that let nobody wait lately, if there are any. The commands of a pipeline for one slot go to the
// same, or they would overtake one another.
Node* RetryState::any_primary(const SlotMap& map, TimePoint now) const {
  std::vector<Node*> well;
  for (const auto& entry : map.entries()) {
    const NodeHealth& health = entry.node->health();
    // Who may not be sent twice does not find out whether it answers again.
    const bool ill =
        health.ejected(now) || (!repeatable_ && health.silent_since_ejected(entry.node->last_received_at()));
    if (entry.slots > 0 && !ill) well.push_back(entry.node);
  }
  if (well.empty()) return map.random_primary();
  const auto size = static_cast<std::uint32_t>(well.size());
  return well[slot_ < 0 ? random_below(size) : static_cast<std::uint32_t>(slot_ + attempts_) % size];
}

bool RetryState::belongs_elsewhere(const Target& asked, TimePoint now) const {
  const auto reading = context_.topology.map();
  const SlotMap& map = *reading;
  if (slot_ < 0) {
    Node* other = any_primary(map, now);
    return other != nullptr && other != asked.node && !other->health().ejected(now);
  }
  const Node* owner = map.owner(slot_);
  if (owner == nullptr || owner == asked.node || asked.asking) return false;
  if (!asked.reading) return !is_probing_replicas() || owner != trouble_->unreachable;
  return std::none_of(map.entries().begin(), map.entries().end(), [&](const SlotMap::Entry& entry) {
    return entry.primary == owner && &entry.node->for_reading_so_far() == asked.node;
  });
}

// Until the other primaries have heard of a promotion, the promoted replica is the only one to tell. Now and
// then the old primary is tried too: it may have come back.
bool RetryState::probe_replica() {
  constexpr int kProbesInARow = 8;
  Trouble& so_far = trouble();
  Node* replica = context_.topology.map()->random_replica(*so_far.unreachable);
  so_far.probing = replica != nullptr && ++so_far.probes % kProbesInARow != 0;
  if (so_far.probing) so_far.target = {replica, false};
  return so_far.probing;
}

void RetryState::on_promotion(const Target& asked, TimePoint now) {
  if (slot_ >= 0) context_.topology.learn_moved(slot_, *asked.node, now);
}

ErrorPtr RetryState::out_of_time() {
  count(context_.counters.timeouts);
  const Error* const reason = trouble().reason.get();
  if (reason == nullptr) return time_was_up_error();
  return with_outcome_so_far(make_error(reason->code, reason->outcome,
                                        text("its time was up while trying again; last: ", reason->message),
                                        reason->server_word()));
}

// A later attempt that was refused does not undo an earlier one that may have been executed.
ErrorPtr RetryState::with_outcome_so_far(ErrorPtr error) const {
  if (trouble_ == nullptr || !trouble_->maybe_executed || error->outcome == Outcome::kExecuted) return error;
  return with_outcome(std::move(error), Outcome::kUnknown);
}

void RetryState::log(LogLevel level, std::string_view what, std::string_view message) const {
  if (context_.log == nullptr || !context_.log->wants(level)) return;
  context_.log->add(level,
                    slot_ < 0 ? text(what, ": ", message) : text(what, " (slot ", slot_, "): ", message));
}

}  // namespace rediscluster
