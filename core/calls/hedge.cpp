#include "calls/hedge.h"

#include "calls/exchange.h"
#include "drive/leader.h"

namespace rediscluster {
namespace {

constexpr Duration kFirstSlice = milliseconds(25);
constexpr Duration kMaxSlice = milliseconds(100);
// Between requests for a refresh: it may be the command that is slow.
constexpr Duration kFirstInterval = milliseconds(250);
constexpr Duration kMaxInterval = std::chrono::seconds(4);

// A node that says nothing to anybody, where others could answer as well.
void eject_if_silent(const Target& asked, TimePoint since, TimePoint now) {
  if (asked.node->last_received_at() < since) asked.node->health().eject(now);
}

}  // namespace

WaitResult wait_or_hedge(const Context& context, RetryState& retry, const Waiting& waiting,
                         const Target& target, ConnectionChoice& connection, RequestPtr& request,
                         std::unique_ptr<HedgedRequest>& hedged, Deadline deadline) {
  Duration slice = kFirstSlice;
  Duration interval = kFirstInterval;
  TimePoint requested_at = TimePoint::min();
  for (;;) {
    const TimePoint now = Clock::now();
    if (hedged != nullptr && try_progress(hedged->connection, *hedged->request, Deadline(now)))
      return WaitResult::kHedgeAnswered;
    if (deadline.expired(now)) break;
    // One that blocks is meant to be silent, once it is sent.
    const bool silence_tells = !waiting.is_meant_to_block || !connection->connected();
    if (silence_tells && (requested_at == TimePoint::min() || now - requested_at >= interval)) {
      if (requested_at != TimePoint::min()) interval = std::min(interval * 2, kMaxInterval);
      requested_at = now;
      context.topology.request_refresh();
    }
    context.topology.poll_refresh(now);
    if (silence_tells && !waiting.slow_by_itself && !target.reading)
      eject_if_silent(target, retry.asked_at(), now);
    const bool may_go = retry.slot() >= 0 || target.node->health().ejected(now);
    if (may_go && retry.belongs_elsewhere(target, now)) {
      if (connection->withdraw(*request)) return WaitResult::kSendElsewhere;
      if (waiting.overtaking == Overtaking::kAbandon && !request->done()) {
        connection->reconnect();
        request.reset();
        return WaitResult::kSendElsewhere;
      }
      if (retry.repeatable() && !request->done()) {
        retry.note_hedged();
        hedged.reset(new HedgedRequest{connection.take_lease(), *connection, std::move(request)});
        return WaitResult::kSendElsewhere;
      }
    }
    if (wait_until(*connection, *request, {}, deadline.sooner(now + slice))) return WaitResult::kDone;
    slice = std::min(slice * 2, kMaxSlice);
  }
  finish(*connection, request, {}, deadline);
  return WaitResult::kDone;
}

}  // namespace rediscluster
