#include "execution/patience.h"

#include "execution/execute.h"

namespace rediscluster {
namespace {

constexpr Duration kFirstSlice = milliseconds(25);
constexpr Duration kLongestSlice = milliseconds(100);
// Between wishes for a look at the map: it may be the command that is slow.
constexpr Duration kFirstWish = milliseconds(250);
constexpr Duration kLongestWish = std::chrono::seconds(4);

bool is_answered(std::unique_ptr<Overtaken>& overtaken, TimePoint now) {
  if (overtaken == nullptr || !overtaken->lane.poke(*overtaken->request, Deadline(now))) return false;
  const Request& request = *overtaken->request;
  if (request.failure == nullptr && !last_reply(request).is_error()) return true;
  overtaken.reset();  // the other attempt will tell
  return false;
}

// A node that says nothing to anybody, where others could answer as well.
void avoid_if_silent(const Target& asked, TimePoint since, TimePoint now) {
  if (asked.node->heard_at() < since) asked.node->standing().avoid(now);
}

}  // namespace

Waited wait_on(const Context& context, Course& course, const Job& job, const UnderWay& attempt,
               std::unique_ptr<Overtaken>& overtaken, Deadline deadline) {
  const Target& asked = attempt.target;
  Duration slice = kFirstSlice;
  Duration wish = kFirstWish;
  TimePoint wished_at = TimePoint::min();
  for (;;) {
    const TimePoint now = Clock::now();
    if (is_answered(overtaken, now)) return Waited::kOvertaken;
    if (deadline.passed(now) && !deadline.was_spared()) break;
    // One that blocks is meant to be silent, once it is sent.
    const bool silence_tells = !job.may_block || !attempt.lane.connected();
    if (silence_tells && (wished_at == TimePoint::min() || now - wished_at >= wish)) {
      if (wished_at != TimePoint::min()) wish = std::min(wish * 2, kLongestWish);
      wished_at = now;
      context.topology.want_refresh();
    }
    context.topology.tend(now);
    const bool by_keys = course.slot() >= 0;
    if (silence_tells && job.any_text == nullptr && !asked.reading)
      avoid_if_silent(asked, course.asked_at(), now);
    if (course.belongs_elsewhere(asked, now) && (by_keys || asked.node->standing().avoided(now))) {
      if (attempt.lane.withdraw(*attempt.request)) return Waited::kElsewhere;
      if (course.repeatable() && !attempt.request->done()) {
        course.note_overtaken();
        overtaken.reset(new Overtaken{std::move(attempt.own), attempt.lane, std::move(attempt.request)});
        return Waited::kElsewhere;
      }
    }
    if (attempt.lane.wait(*attempt.request, {}, deadline.sooner(now + slice))) return Waited::kDone;
    slice = std::min(slice * 2, kLongestSlice);
  }
  attempt.lane.await(attempt.request, {}, deadline);
  return Waited::kDone;
}

}  // namespace rediscluster
