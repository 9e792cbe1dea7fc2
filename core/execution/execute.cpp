#include "execution/execute.h"

#include <optional>

#include "base/text.h"
#include "connection/large.h"
#include "execution/attempt.h"
#include "execution/patience.h"
#include "execution/readers.h"
#include "execution/report.h"
#include "execution/subject.h"

namespace rediscluster {
namespace {

// What an answer of the server's means for the call, or the error that is the caller's: then kFailed.
Verdict judge_answer(const Context& context, const Args& args, const Job& job, Course& course,
                     const Target& target, Lane& lane, const Error& answer, bool& wary, ErrorPtr& error) {
  std::optional<std::string> told;
  if (job.any_text != nullptr) {
    told = second_look(context, *target.node, lane, {target.asking}, {*job.any_text, args, course.slot()},
                       answer, course.deadline());
  } else if (classify(answer.message) != Answer::kOther) {
    told.emplace(answer.message);
  } else if (job.may_block) {
    told = gone_elsewhere(target.node->lane(), {target.asking}, args, course.slot(), answer.message,
                          course.deadline());
  }
  report(context, {*target.node, args[0], course.asked_at(), course.attempts()}, &answer);
  if (!told) {
    error = server_error(command_name(args[0]), course.slot(), *target.node, answer);
    return Verdict::kFailed;
  }
  if (classify(*told) == Answer::kDemoted) lane.reconnect();  // the server closes it now
  wary = job.any_text != nullptr && classify(*told) != Answer::kMoved;
  const Verdict verdict = course.on_answer(target, *told);
  if (verdict == Verdict::kFailed) error = explain(command_name(args[0]), course.slot(), course.take_error());
  return verdict;
}

// Before a command that can answer with any text is sent again: does the server still refuse its keys? If the
// command itself were sent, and the server ceased to refuse them between its answer and the second look, its
// refusal would seem to be the command's own text.
Verdict look_ahead(const Args& args, const Job& job, Course& course, const Target& target, bool& wary) {
  const Deadline deadline = course.deadline_at(target, Clock::now());
  const auto line =
      refusal_now(target.node->lane(), {target.asking}, {*job.any_text, args, course.slot()}, deadline);
  wary = line && classify(*line) != Answer::kOther;
  return wary ? course.on_answer(target, *line) : Verdict::kAgain;
}

}  // namespace

Result<ReplyPtr> execute(const Context& context, const Args& args, const Job& job, TimePoint now,
                         Deadline deadline) {
  const std::size_t size = encoded_size(args);
  Course course(context, deadline, job.slot, job.repeatable, job.from);
  if (job.from == ReadFrom::kSameZone) [[unlikely]]
    learn_zones(context, job.slot, deadline);
  bool wary = false;  // the server refused it, and it can answer with any text
  std::unique_ptr<Overtaken> overtaken;
  for (;; now = Clock::now()) {
    Target target = course.usual_target(now);
    if (target.node == nullptr) {
      auto found = course.target(now);
      if (!found.ok()) return explain(command_name(args[0]), course.slot(), found.take_error());
      target = found.value();
      if (wary) {
        if (look_ahead(args, job, course, target, wary) == Verdict::kFailed)
          return explain(command_name(args[0]), course.slot(), course.take_error());
        if (wary) continue;
        now = Clock::now();
      }
    }
    Node& node = *target.node;
    std::optional<PrivateLane> own;
    if (job.may_block || holds_others_up(size)) own.emplace(node);
    Lane& lane = own ? **own : node.lane();
    const Deadline limit = course.deadline_at(target, now);
    RequestPtr request = begin_exchange(lane, args, size, {target.asking}, now, limit);
    if (!request->done()) [[unlikely]] {
      RequestPtr slow = std::move(request);  // so that a quick one stays in a register
      const Waited waited = wait_on(context, course, job, {target, own, lane, slow}, overtaken, limit);
      if (waited == Waited::kElsewhere) continue;
      if (waited == Waited::kOvertaken) return take_reply(*overtaken->request);
      request = std::move(slow);
    }
    if (request->failure != nullptr) {
      report(context, {node, args[0], course.asked_at(), course.attempts()}, request->failure.get());
      if (course.on_failure(target, std::move(request->failure)) == Verdict::kFailed)
        return explain(command_name(args[0]), course.slot(), course.take_error());
      continue;
    }
    LargeReplies::note(request->large);
    if (job.from == ReadFrom::kLowestLatency && !own)
        [[unlikely]]  // else it may have waited for a list to fill
      node.standing().note_latency(Clock::now() - course.asked_at());
    const Reply& reply = last_reply(*request);
    if (!reply.is_error()) [[likely]] {
      report(context, {node, args[0], course.asked_at(), course.attempts()}, nullptr);
      course.on_success(target);
      return take_reply(*request);
    }
    ErrorPtr error;
    if (judge_answer(context, args, job, course, target, lane, *reply.error, wary, error) == Verdict::kFailed)
      return error;
  }
}

ErrorPtr server_error(std::string_view subject, int slot, const Node& node, const Error& answer) {
  const std::string_view word = answer.server_code == nullptr ? "" : answer.server_code;
  Code code = answer.code;
  std::string_view advice;
  if (word == "NOAUTH" || word == "WRONGPASS") {
    code = Code::kAuth;
    advice = ": set the password with rc_options_set_password";
  } else if (word == "CROSSSLOT") {
    code = Code::kCrossSlot;
    advice = ": give the keys a common hash tag, as in {user:1}:name";
  }
  return explain(
      subject, slot,
      make_error(code, answer.outcome, text(node.name(), " answered ", answer.message, advice), word));
}

}  // namespace rediscluster
