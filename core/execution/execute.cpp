#include "execution/execute.h"

#include <optional>

#include "base/text.h"
#include "connection/large.h"
#include "execution/attempt.h"
#include "execution/readers.h"
#include "execution/report.h"
#include "execution/subject.h"

namespace rediscluster {

Result<ReplyPtr> execute(const Context& context, const Args& args, const Job& job, TimePoint now,
                         Deadline deadline) {
  const std::size_t size = encoded_size(args);
  Course course(context, deadline, job.slot, job.repeatable, job.from);
  if (job.from == ReadFrom::kSameZone) [[unlikely]]
    learn_zones(context, job.slot, deadline);
  for (;; now = Clock::now()) {
    Target target = course.usual_target(now);
    if (target.node == nullptr) {
      auto found = course.target(now);
      if (!found.ok()) return explain(command_name(args[0]), course.slot(), found.take_error());
      target = found.value();
    }
    Node& node = *target.node;
    std::optional<PrivateLane> own;
    if (job.may_block || holds_others_up(size)) own.emplace(node);
    Lane& lane = own ? **own : node.lane();
    RequestPtr request = exchange(lane, args, size, {target.asking}, now, course.deadline_at(target, now));
    Verdict verdict = Verdict::kAgain;
    if (request->failure != nullptr) {
      report(context, {node, args[0], course.asked_at(), course.attempts()}, request->failure.get());
      verdict = course.on_failure(target, std::move(request->failure));
    } else {
      LargeReplies::note(request->large);
      const Reply& reply = last_reply(*request);
      report(context, {node, args[0], course.asked_at(), course.attempts()}, error_of(reply));
      if (job.from == ReadFrom::kLowestLatency && !own)
          [[unlikely]]  // else it may have waited for a list to fill
        node.standing().note_latency(Clock::now() - course.asked_at());
      if (!reply.is_error()) {
        course.on_success(target);
        return take_reply(*request);
      }
      if (classify(reply.string()) == Answer::kOther) {
        return server_error(command_name(args[0]), course.slot(), node, *reply.error);
      }
      verdict = course.on_answer(target, reply.string());
    }
    if (verdict == Verdict::kFailed)
      return explain(command_name(args[0]), course.slot(), course.take_error());
  }
}

ErrorPtr server_error(std::string_view subject, int slot, const Node& node, const Error& answer) {
  const std::string_view word = answer.server_code == nullptr ? "" : answer.server_code;
  Code code = Code::kServer;
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
