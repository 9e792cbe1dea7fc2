#include "operations/watch_session.h"

#include "base/errors.h"
#include "base/text.h"
#include "batch/spread.h"
#include "calls/attempt_report.h"
#include "calls/error_context.h"
#include "calls/resolve_command.h"
#include "calls/second_look.h"
#include "calls/server_error.h"

namespace rediscluster {
namespace {

constexpr std::string_view kSubject = "watch transaction";

}  // namespace

OpenWatch::Step OpenWatch::again_or_failed(Decision decision) {
  if (decision == Decision::kAgain) return Step::kAgain;
  error_ = with_context(kSubject, retry_.slot(), retry_.take_error());
  return Step::kFailed;
}

void OpenWatch::report(std::string_view command, const Request& request) const {
  if (context_.hook == nullptr) return;
  const Error* failure = request.failure != nullptr ? request.failure.get() : error_of(last_reply(request));
  tell_hook(context_, {*target_.node, command, asked_at_, retry_.attempts()}, failure);
}

OpenWatch::Step OpenWatch::on_failure(ErrorPtr failure) {
  return again_or_failed(retry_.on_failure(target_, std::move(failure), Clock::now()));
}

ErrorPtr OpenWatch::forked_in_callback() {
  return make_error(
      Code::kAborted, Outcome::kNotSent,
      text(kSubject, ": its callback forked, and this is the child: the transaction is the parent's"));
}

// What fails before EXEC leaves nothing executed of the transaction: it may be tried again whatever became of
// it.
OpenWatch::Step OpenWatch::before_exec(ErrorPtr failure) {
  return on_failure(with_outcome(std::move(failure), Outcome::kNotSent));
}

OpenWatch::Step OpenWatch::on_watch(const Request& answered, std::span<const std::string_view> keys) {
  const Reply& reply = last_reply(answered);
  watching_ = reply.is_status("OK");
  if (watching_) {
    // Either one key that the source has not, or several that are all here: of several one that is missing
    // is not served.
    if (source_) come_.insert(keys.begin(), keys.end());
    return Step::kDone;
  }
  if (!reply.is_error() || classify(reply.string()) == Answer::kOther) connection_->reconnect();
  if (!reply.is_error()) {
    return before_exec(
        make_error(Code::kProtocol, Outcome::kNotSent,
                   text(target_.node->name(), " answered WATCH with something that is not OK")));
  }
  const Answer answer = classify(reply.string());
  sent_on_ = answer == Answer::kAsk;
  if (answer != Answer::kOther)
    return again_or_failed(retry_.on_answer(target_, reply.string(), Clock::now()));
  error_ = server_error(kSubject, retry_.slot(), *target_.node, *reply.error);
  if (error_->outcome != Outcome::kRefused) error_ = with_outcome(std::move(error_), Outcome::kNotSent);
  return Step::kFailed;
}

Result<ReplyPtr> OpenWatch::command(const Args& args) {
  constexpr std::string_view kAgainText = "; the whole session runs again, whatever the callback returns";
  const std::string name = command_name(args[0]);
  if (forked()) return forked_in_callback();
  if (broken_) {
    return make_error(Code::kIo, Outcome::kNotSent,
                      text(name, ": the watched connection is gone", kAgainText));
  }
  const TimePoint now = Clock::now();
  auto found = look_up(context_, args, now, retry_.deadline());
  if (!found.ok()) return found.take_error();
  const RoutedCommand& command = found.value();
  if (auto error = refusal(command.spec, command.keys, args[0])) return error;
  if (command.spec != nullptr) {
    if (auto error = why_not_at_one_node(*command.spec, args[0])) return error;
    if (waits_for_replicas(*command.spec)) return refused_without_write(args[0]);
  }
  if (command.keys.slot >= 0 && command.keys.slot != retry_.slot()) {
    return make_error(
        Code::kCrossSlot, Outcome::kNotSent,
        text(name, ": its key is in slot ", command.keys.slot, ", the watched keys are in slot ",
             retry_.slot(), ": read it with rc_command, or give the keys ", kCommonHashTag));
  }
  if (source_ && command.may_have_keys()) {
    CommandList one;
    if (auto status = one.add(args); !status.ok()) return status.take();
    if (!keys_have_come(one)) {
      broken_ = true;
      return make_error(Code::kIo, Outcome::kNotSent,
                        text(name, ": its key has not come yet to ", target_.node->name(),
                             ", to which the slot is moving", kAgainText));
    }
  }
  RequestPtr request = exchange(*connection_, args, encoded_size(args),
                                {.asking = target_.asking, .pinned = true}, begin_step(), retry_.deadline());
  report(name, *request);
  if (request->failure != nullptr) {
    broken_ = true;
    const Outcome outcome = request->failure->outcome;
    auto error =
        make_error(request->failure->code, outcome, text(name, ": ", request->failure->message, kAgainText));
    broken_step_ = before_exec(std::move(request->failure));
    return error;
  }
  const Reply& reply = last_reply(*request);
  if (!reply.is_error()) return take_reply(*request);
  std::optional<std::string> told;
  if (const CommandSpec* any_text = any_text_of(command.spec)) {
    told = second_look(context_, *target_.node, *connection_, {.asking = target_.asking, .pinned = true},
                       {*any_text, args, command.keys.slot}, *reply.error, retry_.deadline());
  } else if (classify(reply.string()) != Answer::kOther) {
    told.emplace(reply.string());
  }
  if (!told) return server_error(name, retry_.slot(), *target_.node, *reply.error);
  broken_ = true;
  broken_step_ = on_answer(*told);
  return make_error(Code::kServer, Outcome::kRefused,
                    text(name, ": ", target_.node->name(), " answered ", *told, kAgainText),
                    error_word(*told));
}

// An ASK for what comes after WATCH is no reason to go there: the watched keys are here.
OpenWatch::Step OpenWatch::on_answer(std::string_view line) {
  if (classify(line) == Answer::kAsk)
    return again_or_failed(
        retry_.on_split_keys(target_, "it still has some keys of the session's", Clock::now()));
  if (classify(line) == Answer::kDemoted) connection_->reconnect();  // the server closes it now
  return again_or_failed(retry_.on_answer(target_, line, Clock::now()));
}

bool OpenWatch::keys_have_come(const CommandList& commands) {
  std::vector<bool> asked(commands.size());
  bool any = false;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    asked[i] = TransactionUnit::may_have_keys(context_, commands, i, retry_.deadline()) &&
               !visit_keys(commands, i, [this](std::string_view key) { return come_.contains(key); });
    any = any || asked[i];
  }
  if (!any) return true;
  auto told = source_->ask(commands, [&](std::size_t i) { return asked[i]; });
  if (told.kind == MoveSource::Told::kSentAway) {
    for (std::size_t i = 0; i < commands.size(); ++i) {
      visit_keys(commands, i, [this](std::string_view key) { return come_.emplace(key), true; });
    }
    return true;
  }
  broken_step_ = on_missing(std::move(told), commands);
  return false;
}

OpenWatch::Step OpenWatch::on_missing(MoveSource::Told told, const CommandList& commands) {
  const Target source{&source_->node()};
  switch (told.kind) {
    case MoveSource::Told::kSentAway:
    case MoveSource::Told::kStillThere:
      return again_or_failed(retry_.on_split_keys(
          source, text("it still has those of ", commands.name(told.number)), Clock::now()));
    case MoveSource::Told::kFailed:
      return again_or_failed(retry_.on_failure(source, std::move(told.failure), Clock::now()));
    case MoveSource::Told::kLine:
      break;
  }
  if (classify(told.line) != Answer::kOther)
    return again_or_failed(retry_.on_answer(source, told.line, Clock::now()));
  const ErrorPtr answer = make_error(Code::kServer, Outcome::kRefused, told.line, error_word(told.line));
  error_ =
      server_error(text(kSubject, ", ", commands.name(told.number)), retry_.slot(), source_->node(), *answer);
  return Step::kFailed;
}

// Leaves the connection fit for the next session. If that fails it is closed, which unwatches too.
void OpenWatch::unwatch() noexcept {
  static constexpr const char* kWords[] = {"UNWATCH"};
  static constexpr std::size_t kLengths[] = {7};
  try {
    const Args args(1, kWords, kLengths);
    const RequestPtr request =
        exchange(*connection_, args, encoded_size(args), {.pinned = true}, Clock::now(), retry_.deadline());
    // It may not have been sent, or a user may not be allowed it.
    if (request->failure != nullptr || !last_reply(*request).is_status("OK")) connection_->reconnect();
  } catch (const std::bad_alloc&) {
    connection_->reconnect();
  }
}

OpenWatch::Step OpenWatch::execute(const CommandList& commands, ReplyPtr& reply) {
  if (source_ && !keys_have_come(commands)) return broken_step_;
  const TransactionUnit unit(commands);
  RequestPtr request = unit.exchange(*connection_, {.asking = target_.asking, .pinned = true}, begin_step(),
                                     retry_.deadline());
  if (request->failure != nullptr) report("EXEC", *request);
  // EXEC unwatches, whatever it answers; if it was sent.
  watching_ = request->failure != nullptr && request->failure->outcome == Outcome::kNotSent;
  if (request->failure != nullptr) return on_failure(TransactionUnit::take_failure(*request, *target_.node));
  const auto result = unit.read(*request, TransactionUnit::Watched::kYes);
  TransactionUnit::settle(result, *target_.node, *connection_);
  if (context_.hook != nullptr) {
    const ErrorPtr error = TransactionUnit::error_of(result);
    tell_hook(context_, {*target_.node, "EXEC", asked_at_, retry_.attempts()}, error.get());
  }
  switch (result.kind) {
    case TransactionUnit::Result::kExecuted:
      reply = take_reply(*request);
      return Step::kDone;
    case TransactionUnit::Result::kConflict:
      return Step::kConflict;
    case TransactionUnit::Result::kRefused:
      return on_answer(result.line);
    case TransactionUnit::Result::kSenseless:
    case TransactionUnit::Result::kFailed:
      break;
  }
  error_ = TransactionUnit::failure(kSubject, retry_.slot(), *target_.node, result);
  return Step::kFailed;
}

}  // namespace rediscluster
