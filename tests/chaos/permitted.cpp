#include "chaos/permitted.h"

#include <algorithm>

namespace chaos {
namespace {

// A connection that broke during the event may be used, and so found broken, a little later.
constexpr milliseconds kFoundOutLater(500);
// The deadline of a call can only be missed by an outage of about that length.
constexpr milliseconds kWithoutOutage(1500);
constexpr milliseconds kClockGrain(2);

milliseconds overlap(const Call& call, TimePoint begin, TimePoint end) {
  const auto common = std::min(call.end, end) - std::max(call.begin, begin);
  return std::max(std::chrono::duration_cast<milliseconds>(common), milliseconds(0));
}

bool during(const Call& call, const Event& event) {
  return call.end >= event.begin && call.begin <= event.end + kFoundOutLater;
}

// Its time was up. That is so for a call in haste, and for one that met an outage about as long as its time.
bool out_of_time(const Failure& failure, const Event& event, bool touched) {
  const bool fitting = failure.code == RC_ERR_TIMEOUT || failure.code == RC_ERR_CONNECT ||
                       failure.code == RC_ERR_IO || failure.code == RC_ERR_CLUSTER_DOWN;
  if (!fitting || failure.outcome == RC_OUTCOME_EXECUTED) return false;
  const Call& call = failure.call;
  const bool outage = touched && (event.hangs || event.breaks) && during(call, event);
  if (call.hasty()) return failure.code == RC_ERR_TIMEOUT || outage;
  return outage && overlap(call, event.begin, event.end) >= call.timeout - kWithoutOutage;
}

// A script was answered by a word of the server's, and there was no time to ask whether the server had said so
// itself.
bool not_looked_into(const Failure& failure, const Event& event, bool touched) {
  const bool word = failure.server_code == "CLUSTERDOWN" || failure.server_code == "LOADING" ||
                    failure.server_code == "MASTERDOWN" || failure.server_code == "TRYAGAIN" ||
                    failure.server_code == "MOVED" || failure.server_code == "ASK";
  return word && failure.code == RC_ERR_SERVER && failure.outcome == RC_OUTCOME_UNKNOWN &&
         failure.call.hasty() && touched && during(failure.call, event);
}

}  // namespace

bool permitted(const Failure& failure, const Event& event, const World& world) {
  const Call& call = failure.call;
  const bool touched = event.touches(world, call.tag);
  const bool at_its_end = call.end - call.begin >= call.timeout - kClockGrain;
  if (at_its_end && (out_of_time(failure, event, touched) || not_looked_into(failure, event, touched)))
    return true;
  if (call.wrong_type && failure.server_code == "WRONGTYPE") return failure.outcome == RC_OUTCOME_EXECUTED;
  if (call.aborts && failure.code == RC_ERR_ABORTED) return failure.outcome == RC_OUTCOME_NOT_SENT;
  if (call.watching && failure.code == RC_ERR_WATCH_CONFLICT) return failure.outcome == RC_OUTCOME_REFUSED;
  // A write that had been sent when its connection was lost.
  return failure.code == RC_ERR_IO && failure.outcome == RC_OUTCOME_UNKNOWN && !call.repeatable && touched &&
         during(call, event) && (event.breaks || (event.unblocks && call.blocking));
}

}  // namespace chaos
