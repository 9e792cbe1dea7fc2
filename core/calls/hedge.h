// What a call does once it has waited for a while without an answer: it has the map looked at again, and goes
// on as that knows now. Its owner may have been cut off, and another be elected since.
#pragma once

#include <memory>
#include <optional>

#include "calls/exchange.h"
#include "calls/retry_state.h"

namespace rediscluster {

struct ExecuteOptions;

// An attempt that goes on although the call has been sent elsewhere too. Its late reply is dropped.
struct HedgedRequest {
  std::optional<ConnectionLease> own;  // it goes back after the request
  Connection& connection;
  RequestPtr request;
};

// The one that is waited for.
struct UnderWay {
  const Target& target;
  std::optional<ConnectionLease>& own;
  Connection& connection;
  RequestPtr& request;
};

enum class WaitResult {
  kDone,           // the request is finished
  kSendElsewhere,  // it is to be sent elsewhere: it was not sent, or is in `hedged` now and may be answered
                   // yet
  kHedgeAnswered,  // the one in `hedged` has been answered
};

// `hedged`: null if there is none.
WaitResult wait_or_hedge(const Context& context, RetryState& retry, const ExecuteOptions& job,
                         const UnderWay& attempt, std::unique_ptr<HedgedRequest>& hedged, Deadline deadline);

}  // namespace rediscluster
