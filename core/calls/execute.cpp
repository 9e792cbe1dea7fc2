#include "calls/execute.h"

#include <optional>

#include "base/errors.h"
#include "base/text.h"
#include "calls/attempt_report.h"
#include "calls/error_context.h"
#include "calls/exchange.h"
#include "calls/hedge.h"
#include "calls/zones.h"
#include "connection/large.h"

namespace rediscluster {
namespace {

// What an answer of the server's means for the call, or the error that is the caller's: then kFailed.
Decision judge_answer(const Context& context, const Args& args, const ExecuteOptions& job, RetryState& retry,
                      const Target& target, Connection& connection, const Error& answer, bool& wary,
                      ErrorPtr& error) {
  std::optional<std::string> told;
  if (job.any_text != nullptr) {
    told = second_look(context, *target.node, connection, {target.asking},
                       {*job.any_text, args, retry.slot()}, answer, retry.deadline());
  } else if (classify(answer.message) != Answer::kOther) {
    told.emplace(answer.message);
  } else if (job.may_block) {
    told = gone_elsewhere(target.node->connection(), {target.asking}, args, retry.slot(), answer.message,
                          retry.deadline());
  }
  report(context, {*target.node, args[0], retry.asked_at(), retry.attempts()}, &answer);
  if (!told) {
    error = server_error(command_name(args[0]), retry.slot(), *target.node, answer);
    return Decision::kFailed;
  }
  if (classify(*told) == Answer::kDemoted) connection.reconnect();  // the server closes it now
  wary = job.any_text != nullptr && classify(*told) != Answer::kMoved;
  const Decision verdict = retry.on_answer(target, *told);
  if (verdict == Decision::kFailed)
    error = with_context(command_name(args[0]), retry.slot(), retry.take_error());
  return verdict;
}

// Before a command that can answer with any text is sent again: does the server still refuse its keys? If the
// command itself were sent, and the server ceased to refuse them between its answer and the second look, its
// refusal would seem to be the command's own text.
Decision look_ahead(const Args& args, const ExecuteOptions& job, RetryState& retry, const Target& target,
                    bool& wary) {
  const Deadline deadline = retry.deadline_at(target, Clock::now());
  const auto line =
      refusal_now(target.node->connection(), {target.asking}, {*job.any_text, args, retry.slot()}, deadline);
  wary = line && classify(*line) != Answer::kOther;
  return wary ? retry.on_answer(target, *line) : Decision::kAgain;
}

}  // namespace

Result<ReplyPtr> execute(const Context& context, const Args& args, const ExecuteOptions& job, TimePoint now,
                         Deadline deadline) {
  const std::size_t size = encoded_size(args);
  RetryState retry(context, deadline, job.slot, job.repeatable, job.from);
  if (job.from == ReadFrom::kSameZone) [[unlikely]]
    learn_zones(context, job.slot, deadline);
  bool wary = false;  // the server refused it, and it can answer with any text
  std::unique_ptr<HedgedRequest> hedged;
  for (;; now = Clock::now()) {
    Target target = retry.usual_target(now);
    if (target.node == nullptr) {
      auto found = retry.target(now);
      if (!found.ok()) return with_context(command_name(args[0]), retry.slot(), found.take_error());
      target = found.value();
      if (wary) {
        if (look_ahead(args, job, retry, target, wary) == Decision::kFailed)
          return with_context(command_name(args[0]), retry.slot(), retry.take_error());
        if (wary) continue;
        now = Clock::now();
      }
    }
    Node& node = *target.node;
    std::optional<ConnectionLease> own;
    if (job.may_block || holds_others_up(size)) own.emplace(node);
    Connection& connection = own ? **own : node.connection();
    const Deadline limit = retry.deadline_at(target, now);
    RequestPtr request = begin_exchange(connection, args, size, {target.asking}, now, limit);
    if (!request->done()) [[unlikely]] {
      RequestPtr slow = std::move(request);  // so that a quick one stays in a register
      const WaitResult waited =
          wait_or_hedge(context, retry, job, {target, own, connection, slow}, hedged, limit);
      if (waited == WaitResult::kSendElsewhere) continue;
      if (waited == WaitResult::kHedgeAnswered) return take_reply(*hedged->request);
      request = std::move(slow);
    }
    if (request->failure != nullptr) {
      report(context, {node, args[0], retry.asked_at(), retry.attempts()}, request->failure.get());
      if (retry.on_failure(target, std::move(request->failure)) == Decision::kFailed)
        return with_context(command_name(args[0]), retry.slot(), retry.take_error());
      continue;
    }
    LargeReplies::note(request->large);
    if (job.from == ReadFrom::kLowestLatency && !own)
        [[unlikely]]  // else it may have waited for a list to fill
      node.health().note_latency(Clock::now() - retry.asked_at());
    const Reply& reply = last_reply(*request);
    if (!reply.is_error()) [[likely]] {
      report(context, {node, args[0], retry.asked_at(), retry.attempts()}, nullptr);
      retry.on_success(target);
      return take_reply(*request);
    }
    ErrorPtr error;
    if (judge_answer(context, args, job, retry, target, connection, *reply.error, wary, error) ==
        Decision::kFailed)
      return error;
  }
}

ErrorPtr server_error(std::string_view subject, int slot, const Node& node, const Error& answer) {
  const std::string_view word = answer.server_word();
  Code code = answer.code;
  std::string advice;
  if (word == "NOAUTH" || word == "WRONGPASS") {
    code = Code::kAuth;
    advice = ": set the password with rc_options_set_password";
  } else if (word == "CROSSSLOT") {
    code = Code::kCrossSlot;
    advice = text(": give the keys ", kCommonHashTag);
  }
  return with_context(
      subject, slot,
      make_error(code, answer.outcome, text(node.name(), " answered ", answer.message, advice), word));
}

}  // namespace rediscluster
