#include "calls/execute.h"

#include <optional>

#include "calls/blocking_driver.h"
#include "calls/error_context.h"
#include "calls/second_look.h"
#include "calls/server_error.h"
#include "calls/zones.h"

namespace rediscluster {
namespace {

class CommandCall : public Call {
 public:
  CommandCall(const Context& context, const Args& args, const ExecuteOptions& options, RetryState& retry)
      : Call(context, retry, args[0]),
        waiting{.is_meant_to_block = options.may_block, .slow_by_itself = options.any_text != nullptr},
        args_(args),
        options_(options),
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

  Decision on_failure(const Target& target, ConnectionChoice&, Request& request) {
    return fail_attempt(target, std::move(request.failure));
  }

  Decision on_reply(const Target& target, ConnectionChoice& connection, Request& request) {
    // One over a connection of its own may have waited for a list to fill: that is not measured.
    if (options_.from == ReadFrom::kLowestLatency && !connection.is_leased()) [[unlikely]]
      target.node->health().note_latency(Clock::now() - retry_.asked_at());
    const Reply& answer = last_reply(request);
    if (answer.is_error()) [[unlikely]]
      return on_error(target, *connection, *answer.error);
    tell(target, nullptr);
    return succeed(request);
  }

  bool accept(Request& request) {
    return !last_reply(request).is_error() && succeed(request) == Decision::kDone;
  }

  const Waiting waiting;

 private:
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
    if (!told && options_.any_text != nullptr) {
      if (ErrorPtr unclear = not_found_out(*target.node, answer, retry_.deadline()))
        return fail(with_context(subject(), retry_.slot(), std::move(unclear)));
    }
    if (!told) return fail(server_error(subject(), retry_.slot(), *target.node, answer));
    if (says_half_moved(*told) && options_.when_half_moved != nullptr && !retry_.may_be_executed()) {
      auto by_key = options_.when_half_moved->run();
      if (!by_key.ok()) return fail(by_key.take_error());
      reply = by_key.take();
      return Decision::kDone;
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

  const Args& args_;
  const ExecuteOptions& options_;
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
