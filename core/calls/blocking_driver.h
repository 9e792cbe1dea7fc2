// Drives a call on its caller's thread, from the first attempt to its result: it does what RetryState says,
// waits where that says so, and reads the clock for it.
#pragma once

#include "calls/attempt_report.h"
#include "calls/error_context.h"
#include "calls/hedge.h"
#include "resp/reply.h"

namespace rediscluster {

// Waits as `step` says, which is not to send.
void wait_for(const Context& context, RetryState& retry, const Step& step);

// A Call is what is sent, and how its answer is read:
//   subject()                   what its errors begin with
//   sharing(), size(), waiting  which connection it gets, and how it is waited for
//   prepare(target, now)        before it is sent; kDone: send it
//   send(connection, target, now, deadline)
//                               submits it, and may wait a little
//   on_failure(target, connection, failure)
//                               its request has failed
//   on_reply(target, connection, request)
//                               it was answered
//   take(request)               the same for the answer to an attempt that was overtaken
//   reply                       of one that is kDone
//   error                       of one that is kFailed; null: the RetryState says
template <class Call>
Result<ReplyPtr> run_blocking(const Context& context, RetryState& retry, Call& call, TimePoint now) {
  std::unique_ptr<HedgedRequest> hedged;
  for (;; now = Clock::now()) {
    context.topology.poll_refresh(now);
    const Step step = retry.next(now);
    if (step.kind != Step::kSend) [[unlikely]] {
      if (step.kind == Step::kDone) return with_context(call.subject(), retry.slot(), retry.take_error());
      wait_for(context, retry, step);
      continue;
    }
    const Target& target = step.target;
    Decision decision = call.prepare(target, now);
    if (decision == Decision::kDone) [[likely]] {
      ConnectionChoice connection(*target.node, call.sharing(), call.size());
      const Deadline limit = retry.deadline_at(target, now);
      RequestPtr request = call.send(connection, target, now, limit);
      if (!request->done()) [[unlikely]] {
        RequestPtr slow = std::move(request);  // so that a quick one stays in a register
        const WaitResult waited =
            wait_or_hedge(context, retry, call.waiting, target, connection, slow, hedged, limit);
        if (waited == WaitResult::kSendElsewhere) continue;
        if (waited == WaitResult::kHedgeAnswered) {
          call.take(*hedged->request);
          return std::move(call.reply);
        }
        request = std::move(slow);
      }
      if (request->failure != nullptr) [[unlikely]] {
        decision = call.on_failure(target, connection, std::move(request->failure));
      } else {
        LargeReplies::note(request->large);
        decision = call.on_reply(target, connection, *request);
      }
      if (decision == Decision::kDone) [[likely]]
        return std::move(call.reply);
    }
    if (decision == Decision::kFailed) {
      if (call.error != nullptr) return std::move(call.error);
      return with_context(call.subject(), retry.slot(), retry.take_error());
    }
  }
}

}  // namespace rediscluster
