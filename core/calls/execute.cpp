#include "calls/execute.h"

#include <optional>

#include "calls/blocking_driver.h"
#include "calls/exchange.h"
#include "calls/second_look.h"
#include "calls/server_error.h"
#include "calls/zones.h"

namespace rediscluster {
namespace {

class CommandCall {
 public:
  CommandCall(const Context& context, const Args& args, const ExecuteOptions& options, RetryState& retry)
      : waiting{options.may_block, options.any_text != nullptr, Overtaking::kHedge},
        context_(context),
        args_(args),
        options_(options),
        retry_(retry),
        size_(encoded_size(args)) {}

  std::string subject() const { return command_name(args_[0]); }
  Sharing sharing() const noexcept { return options_.may_block ? Sharing::kExclusive : Sharing::kShared; }
  std::size_t size() const noexcept { return size_; }

  Decision prepare(const Target& target, TimePoint& now) {
    return wary_ ? look_ahead(target, now) : Decision::kDone;
  }

  RequestPtr send(ConnectionChoice& connection, const Target& target, TimePoint now, Deadline deadline) {
    return begin_exchange(*connection, args_, size_, {target.asking}, now, deadline);
  }

  Decision on_failure(const Target& target, ConnectionChoice&, ErrorPtr failure) {
    tell(target, failure.get());
    return retry_.on_failure(target, std::move(failure), Clock::now());
  }

  Decision on_reply(const Target& target, ConnectionChoice& connection, Request& request) {
    // One over a connection of its own may have waited for a list to fill: that is not measured.
    if (options_.from == ReadFrom::kLowestLatency && !connection.is_leased()) [[unlikely]]
      target.node->health().note_latency(Clock::now() - retry_.asked_at());
    const Reply& answer = last_reply(request);
    if (answer.is_error()) [[unlikely]]
      return on_error(target, *connection, *answer.error);
    tell(target, nullptr);
    retry_.on_success(target, retry_.asked_at());
    take(request);
    return Decision::kDone;
  }

  void take(Request& request) noexcept { reply = take_reply(request); }

  const Waiting waiting;
  ReplyPtr reply;
  ErrorPtr error;

 private:
  void tell(const Target& target, const Error* failure) const {
    report(context_, {*target.node, args_[0], retry_.asked_at(), retry_.attempts()}, failure);
  }

  // What the server itself says by its answer that asks for something else than to be handed to the caller.
  std::optional<std::string> told_by(const Target& target, Connection& connection,
                                     const Error& answer) const {
    if (options_.any_text != nullptr) {
      return second_look(context_, *target.node, connection, {target.asking},
                         {*options_.any_text, args_, retry_.slot()}, answer, retry_.deadline());
    }
    if (classify(answer.message) != Answer::kOther) return answer.message;
    if (!options_.may_block) return {};
    return gone_elsewhere(target.node->connection(), {target.asking}, args_, retry_.slot(), answer.message,
                          retry_.deadline());
  }

  Decision on_error(const Target& target, Connection& connection, const Error& answer) {
    const auto told = told_by(target, connection, answer);
    tell(target, &answer);
    if (!told) {
      error = server_error(command_name(args_[0]), retry_.slot(), *target.node, answer);
      return Decision::kFailed;
    }
    if (classify(*told) == Answer::kDemoted) connection.reconnect();  // the server closes it now
    wary_ = options_.any_text != nullptr && classify(*told) != Answer::kMoved;
    return retry_.on_answer(target, *told, Clock::now());
  }

  // Before a command that can answer with any text is sent again: does the server still refuse its keys? If
  // the command itself were sent, and the server ceased to refuse them between its answer and the second
  // look, its refusal would seem to be the command's own text.
  Decision look_ahead(const Target& target, TimePoint& now) {
    const auto line =
        refusal_now(target.node->connection(), {target.asking}, {*options_.any_text, args_, retry_.slot()},
                    retry_.deadline_at(target, now));
    now = Clock::now();
    wary_ = line && classify(*line) != Answer::kOther;
    return wary_ ? retry_.on_answer(target, *line, now) : Decision::kDone;
  }

  const Context& context_;
  const Args& args_;
  const ExecuteOptions& options_;
  RetryState& retry_;
  const std::size_t size_;
  bool wary_ = false;  // the server refused it, and it can answer with any text
};

}  // namespace

Result<ReplyPtr> execute(const Context& context, const Args& args, const ExecuteOptions& options,
                         TimePoint now, Deadline deadline) {
  if (options.from == ReadFrom::kSameZone) [[unlikely]]
    learn_zones(context, options.slot, deadline);
  RetryState retry(context, deadline, options.slot, options.repeatable, options.from);
  CommandCall call(context, args, options, retry);
  return run_blocking(context, retry, call, now);
}

}  // namespace rediscluster
