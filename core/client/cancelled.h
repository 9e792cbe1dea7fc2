// How a call says that it was cancelled. Until here an order to end is a deadline that has passed.
#pragma once

#include "calls/call_options.h"
#include "resp/reply.h"

namespace rediscluster {

// The failure of a call, told as RC_ERR_CANCELLED where the order ended it.
ErrorPtr after_cancel(ErrorPtr failure, const CallOptions& options);

Status after_cancel(Status status, const CallOptions& options);
template <class Value>
Result<Value> after_cancel(Result<Value> result, const CallOptions& options) {
  return result.ok() ? std::move(result) : Result<Value>(after_cancel(result.take_error(), options));
}

// The same for a reply, and for each element of it that is an error.
Result<ReplyPtr> after_cancel(Result<ReplyPtr> result, const CallOptions& options);

}  // namespace rediscluster
