// What becomes of a call: its request has ended, its time has come, or a map it waited for. The driver does
// this, without the lock, as functions of the user's may be asked.
#include <new>

#include "base/errors.h"
#include "base/text.h"
#include "calls/attempt_report.h"
#include "calls/error_context.h"
#include "calls/exchange.h"
#include "calls/server_error.h"
#include "queue/completion_queue.h"

namespace rediscluster {
namespace {

// What a reply takes that nobody has taken.
std::size_t bytes_of(const Reply& reply) noexcept {
  std::size_t bytes = sizeof(Reply) + (reply.is_aggregate() ? 0 : reply.length);
  for (std::size_t i = 0; reply.is_aggregate() && i < reply.length; ++i) bytes += bytes_of(reply.elements[i]);
  return bytes;
}

}  // namespace

void QueuedCall::complete(Request&) noexcept { queue.arrive(*this); }

void CompletionQueue::leave_lane(QueuedCall& call) noexcept {
  Lane& lane = *std::exchange(call.lane, nullptr);
  call.asked_lane = &lane;
  lane.drop_awaited();
  // What it was left with is still answered, and may be meant to block.
  if (lane.exclusive() && lane.connection().under_way() != 0) [[unlikely]] {
    lane.retired = true;
    lane.want_look();
    poller_.ring();
  }
}

// Most calls end here.
void CompletionQueue::settle_arrivals(TimePoint now) {
  CallList others;
  {
    const MutexLock lock(mutex_);
    while (QueuedCall* const call = arrived_.pop()) {
      leave_lane(*call);
      Request& request = *call->request;
      const bool simple = request.failure == nullptr && context_.hook == nullptr && !call->measured &&
                          call->rare == nullptr && !call->retry.is_probing_replicas() &&
                          !last_reply(request).is_error();
      if (simple) [[likely]] {
        finish(*call, take_reply(request), nullptr);
      } else {
        call->place = QueuedCall::Place::kHandled;
        others.push(*call);
      }
    }
  }
  while (QueuedCall* const call = others.pop()) judge(*call, now);
}

// With the lock held.
void CompletionQueue::finish(QueuedCall& call, ReplyPtr reply, ErrorPtr error) noexcept {
  timers_.clear(call);
  if (call.request != nullptr) [[likely]]
    free_request(std::exchange(call.request, nullptr));
  call.place = QueuedCall::Place::kEnded;
  if (call.rare != nullptr && call.rare->cancel != nullptr) [[unlikely]]
    --with_cancel_;
  // The command is not needed any more; the reply is there until it is taken.
  const std::size_t held = reply == nullptr ? sizeof(Error) : bytes_of(*reply);
  bytes_ += held - call.held;
  call.held = held;
  call.reply = std::move(reply);
  call.error = std::move(error);
  under_way_.store(under_way_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  ready_.push(call);
}

void CompletionQueue::end(QueuedCall& call, ReplyPtr reply, ErrorPtr error) noexcept {
  const MutexLock lock(mutex_);
  if (call.is_cancelled) [[unlikely]] {
    Outcome outcome = Outcome::kUnknown;
    if (error != nullptr && !call.retry.may_be_executed()) outcome = error->outcome;
    reply.reset();
    error = cancelled(call, outcome);
  }
  finish(call, std::move(reply), std::move(error));
}

void CompletionQueue::fail(QueuedCall& call, ErrorPtr error) noexcept {
  try {
    error = with_context(command_name(call.name()), call.retry.slot(), std::move(error));
  } catch (const std::bad_alloc&) {
    error = no_memory_error(error == nullptr ? Outcome::kUnknown : error->outcome);
  }
  end(call, nullptr, std::move(error));
}

ErrorPtr CompletionQueue::cancelled(const QueuedCall& call, Outcome outcome) const noexcept {
  try {
    return with_context(command_name(call.name()), call.retry.slot(),
                        make_error(Code::kCancelled, outcome,
                                   call.target.node == nullptr
                                       ? std::string("cancelled")
                                       : text("cancelled: it was meant for ", call.target.node->name())));
  } catch (const std::bad_alloc&) {
    return make_error(Code::kCancelled, outcome, "cancelled");
  }
}

// Its request has ended, or was refused.
void CompletionQueue::judge(QueuedCall& call, TimePoint now) {
  Outcome outcome = call.request->failure == nullptr ? Outcome::kUnknown : call.request->failure->outcome;
  try {
    if (call.phase() > QueuedCall::Rare::Phase::kKeys) [[unlikely]]
      return hear_answer(call, now);
    Request& request = *call.request;
    if (request.failure != nullptr) {
      tell_hook_of(call, request.failure.get());
      return go_on(call, call.state().on_failure(call.target, std::move(request.failure), now), now);
    }
    if (call.is_looked_up()) return on_looked_up(call, now);
    on_reply(call, now);
  } catch (const std::bad_alloc&) {
    end(call, nullptr, no_memory_error(outcome));
  }
}

// As an answer or a failure has been judged.
void CompletionQueue::go_on(QueuedCall& call, Decision decision, TimePoint now) {
  if (decision == Decision::kDone) {
    if (call.retry.is_probing_replicas()) call.retry.on_promotion(call.target, now);
    return end(call, take_reply(*call.request), nullptr);
  }
  drop_request(call);
  if (decision == Decision::kAgain) return resume(call, now);
  if (!call.is_looked_up()) return fail(call, call.retry.take_error());
  on_lookup_failed(call, call.state().take_error(), now);
}

void CompletionQueue::drop_request(QueuedCall& call) noexcept {
  const MutexLock lock(mutex_);
  if (call.request != nullptr) free_request(std::exchange(call.request, nullptr));
}

void CompletionQueue::tell_hook_of(const QueuedCall& call, const Error* failure) {
  const RetryState& state = call.is_looked_up() ? *call.rare->lookup : call.retry;
  report(context_,
         {*call.target.node, call.is_looked_up() ? std::string_view("COMMAND") : call.name(),
          state.asked_at(), state.attempts()},
         failure);
}

void CompletionQueue::on_reply(QueuedCall& call, TimePoint now) {
  const Reply& answer = last_reply(*call.request);
  if (call.measured && !call.may_block) call.target.node->health().note_latency(now - call.retry.asked_at());
  if (answer.is_error()) return on_error(call, *answer.error, now);
  tell_hook_of(call, nullptr);
  go_on(call, Decision::kDone, now);
}

// Does what its RetryState says next.
void CompletionQueue::resume(QueuedCall& call, TimePoint now) {
  if (call.is_cancelled) return end(call, nullptr, cancelled(call, Outcome::kNotSent));
  if (!call.is_looked_up() && (call.phase() == QueuedCall::Rare::Phase::kInfo ||
                               call.phase() == QueuedCall::Rare::Phase::kKeys)) [[unlikely]]
    begin_lookup(call);
  const Step step = call.state().next(now);
  switch (step.kind) {
    case Step::kSend:
      return send(call, step.target, now);
    case Step::kDone:
      if (call.is_looked_up()) return on_lookup_failed(call, call.state().take_error(), now);
      return fail(call, call.retry.take_error());
    case Step::kWaitForMap:
      call.map_ticket = step.ticket;
      call.waits_for_map = true;
      ++waiting_for_map_;
      [[fallthrough]];
    case Step::kWaitUntil:
      break;
  }
  const MutexLock lock(mutex_);
  call.place = QueuedCall::Place::kWaiting;
  set_timer(call, std::min(step.until, call.retry.deadline().at()));
}

void CompletionQueue::send(QueuedCall& call, const Target& target, TimePoint now) {
  call.target = target;
  if (call.wary) [[unlikely]]
    return look_ahead(call, now);
  submit_request(call, now);
}

void CompletionQueue::submit_request(QueuedCall& call, TimePoint now) {
  const Deadline limit = call.state().deadline_at(call.target, now);
  Lane* lane = nullptr;
  {
    const MutexLock lock(mutex_);
    lane = lane_for(*call.target.node, call);
    if (call.request == nullptr) new_queued_request(call, call.wire_asks());
  }
  bool accepted = lane != nullptr;
  if (lane == nullptr) {
    call.request->failure =
        make_error(Code::kConnect, Outcome::kNotSent,
                   "no file descriptor left to connect to a node: raise the limit of open files");
  } else if (lane->connection().asks_first()) {
    accepted = lane->connection().ask_first(*call.request, now, limit);
  }
  if (accepted) {
    const MutexLock lock(mutex_);
    accepted = enqueue(call, *lane, now);
    if (accepted) {
      set_timer(call, limit.at());
      lane->has_gathered = has_gathered_ = true;
      if (lane->connection().state() != ConnectionState::kOpen) lane->want_look();
    }
  }
  if (!accepted) judge(call, now);
}

// Its timer has come: it has waited long enough for what it waited for, or its time is up.
void CompletionQueue::time_is_up(QueuedCall& call, TimePoint now) {
  if (call.request == nullptr) return resume(call, now);
  RequestPtr request(call.request);
  try {
    call.lane->connection().abandon(request);
  } catch (const std::bad_alloc&) {
    request.reset();  // the connection frees it when its reply has come
    const MutexLock lock(mutex_);
    call.request = nullptr;
    leave_lane(call);
    return finish(call, nullptr, no_memory_error(Outcome::kUnknown));
  }
  call.request = request.release();
  {
    const MutexLock lock(mutex_);
    leave_lane(call);
  }
  judge(call, now);
}

}  // namespace rediscluster
