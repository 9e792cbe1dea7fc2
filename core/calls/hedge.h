// What the blocking driver does once a call has waited for a while without an answer: it has the map looked
// at again, and goes on as that knows now. The owner may have been cut off, and another be elected since.
#pragma once

#include <memory>
#include <optional>

#include "calls/retry_state.h"
#include "routing/connection_choice.h"

namespace rediscluster {

// What may be done about a request that is under way to a node that does not own its slot any more. One that
// was not sent is always taken back.
enum class Overtaking {
  kHedge,    // if it may be repeated: it is sent elsewhere too, and the first answer counts
  kAbandon,  // its answer is of no use: it is left alone
};

// A command, as far as that matters to those who wait for it.
struct Waiting {
  bool is_meant_to_block = false;  // the node may be silent as long as it likes, once it has it
  bool slow_by_itself = false;     // a script, say: its silence tells little of the node
  Overtaking overtaking = Overtaking::kHedge;
};

// A request that goes on although its call has been sent elsewhere too. Its late reply is dropped, unless it
// comes first.
struct HedgedRequest {
  std::optional<ConnectionLease> lease;  // it goes back after the request
  Connection& connection;
  RequestPtr request;
};

enum class WaitResult {
  kDone,           // the request is finished
  kSendElsewhere,  // it was not sent, or is in `hedged` now and may be answered yet
  kHedgeAnswered,  // the one in `hedged` has been answered, or has failed
};

// `hedged`: null if there is none.
WaitResult wait_or_hedge(const Context& context, RetryState& retry, const Waiting& waiting,
                         const Target& target, ConnectionChoice& connection, RequestPtr& request,
                         std::unique_ptr<HedgedRequest>& hedged, Deadline deadline);

}  // namespace rediscluster
