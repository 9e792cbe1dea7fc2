#include "calls/hedge.h"

#include "calls/execute.h"

namespace rediscluster {
namespace {

constexpr Duration kFirstSlice = milliseconds(25);
constexpr Duration kMaxSlice = milliseconds(100);
// Between wishes for a look at the map: it may be the command that is slow.
constexpr Duration kFirstWish = milliseconds(250);
constexpr Duration kMaxWish = std::chrono::seconds(4);

bool is_answered(std::unique_ptr<HedgedRequest>& hedged, TimePoint now) {
  if (hedged == nullptr || !hedged->connection.try_progress(*hedged->request, Deadline(now))) return false;
  const Request& request = *hedged->request;
  if (request.failure == nullptr && !last_reply(request).is_error()) return true;
  hedged.reset();  // the other attempt will tell
  return false;
}

// A node that says nothing to anybody, where others could answer as well.
void avoid_if_silent(const Target& asked, TimePoint since, TimePoint now) {
  if (asked.node->last_received_at() < since) asked.node->health().eject(now);
}

}  // namespace

WaitResult wait_or_hedge(const Context& context, RetryState& retry, const ExecuteOptions& job,
                         const UnderWay& attempt, std::unique_ptr<HedgedRequest>& hedged, Deadline deadline) {
  const Target& asked = attempt.target;
  Duration slice = kFirstSlice;
  Duration wish = kFirstWish;
  TimePoint wished_at = TimePoint::min();
  for (;;) {
    const TimePoint now = Clock::now();
    if (is_answered(hedged, now)) return WaitResult::kHedgeAnswered;
    if (deadline.expired(now)) break;
    // One that blocks is meant to be silent, once it is sent.
    const bool silence_tells = !job.may_block || !attempt.connection.connected();
    if (silence_tells && (wished_at == TimePoint::min() || now - wished_at >= wish)) {
      if (wished_at != TimePoint::min()) wish = std::min(wish * 2, kMaxWish);
      wished_at = now;
      context.topology.request_refresh();
    }
    context.topology.poll_refresh(now);
    const bool by_keys = retry.slot() >= 0;
    if (silence_tells && job.any_text == nullptr && !asked.reading)
      avoid_if_silent(asked, retry.asked_at(), now);
    if (retry.belongs_elsewhere(asked, now) && (by_keys || asked.node->health().ejected(now))) {
      if (attempt.connection.withdraw(*attempt.request)) return WaitResult::kSendElsewhere;
      if (retry.repeatable() && !attempt.request->done()) {
        retry.note_hedged();
        hedged.reset(
            new HedgedRequest{std::move(attempt.own), attempt.connection, std::move(attempt.request)});
        return WaitResult::kSendElsewhere;
      }
    }
    if (attempt.connection.wait_until(*attempt.request, {}, deadline.sooner(now + slice)))
      return WaitResult::kDone;
    slice = std::min(slice * 2, kMaxSlice);
  }
  attempt.connection.finish(attempt.request, {}, deadline);
  return WaitResult::kDone;
}

}  // namespace rediscluster
