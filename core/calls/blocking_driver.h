// Drives a call on its caller's thread, from the first attempt to its result: it does what RetryState says,
// waits where that says so, and reads the clock for it.
#pragma once

#include "calls/call.h"
#include "calls/error_context.h"
#include "calls/hedge.h"

namespace rediscluster {

// Waits as `step` says, which is not to send.
void wait_for(const Context& context, RetryState& retry, const Step& step);

// A call (calls/call.h) is what is sent, and how its answer is read:
//   subject()                   what its errors begin with
//   sharing(), size(), waiting  which connection it gets, and how it is waited for
//   prepare(target, now)        before it is sent; kDone: send it
//   send(connection, target, now, deadline)
//                               submits it, and may wait a little
//   on_failure(target, connection, request)
//                               its request has failed
//   on_reply(target, connection, request)
//                               it was answered
//   accept(request)             the same for an attempt that was hedged; false: only another can tell
template <class AnyCall>
Result<ReplyPtr> run_blocking(const Context& context, RetryState& retry, AnyCall& call, TimePoint now) {
  std::unique_ptr<HedgedRequest> hedged;
  const auto failed = [&]() -> Result<ReplyPtr> {
    if (call.error != nullptr) return std::move(call.error);
    return with_context(call.subject(), retry.slot(), retry.take_error());
  };
  for (;; now = Clock::now()) {
    context.topology.poll_refresh(now);
    const Step step = retry.next(now);
    if (step.kind != Step::kSend) [[unlikely]] {
      if (step.kind == Step::kDone) return failed();
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
        WaitResult waited{};
        while ((waited = wait_or_hedge(context, retry, call.waiting, target, connection, slow, hedged,
                                       limit)) == WaitResult::kHedgeAnswered) {
          const bool answered = hedged->request->failure == nullptr;
          if (answered && call.accept(*hedged->request)) return std::move(call.reply);
          hedged.reset();
        }
        if (waited == WaitResult::kSendElsewhere) continue;
        request = std::move(slow);
      }
      if (request->failure != nullptr) [[unlikely]] {
        decision = call.on_failure(target, connection, *request);
      } else {
        LargeReplies::note(request->large);
        decision = call.on_reply(target, connection, *request);
      }
      if (decision == Decision::kDone) [[likely]] {
        if (retry.is_probing_replicas()) [[unlikely]]
          retry.on_promotion(target, Clock::now());
        return std::move(call.reply);
      }
    }
    if (decision == Decision::kFailed) return failed();
  }
}

}  // namespace rediscluster
