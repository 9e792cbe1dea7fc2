#include "operations/transaction.h"

#include "base/errors.h"
#include "base/text.h"
#include "batch/spread.h"
#include "calls/blocking_driver.h"
#include "calls/resolve_command.h"
#include "operations/move_source.h"
#include "operations/multi_check.h"
#include "operations/transaction_unit.h"

namespace rediscluster {

Result<int> common_slot(const Context& context, const CommandList& commands, int slot, TimePoint now,
                        Deadline deadline) {
  bool writes = false;  // something did, for WAIT
  for (std::size_t i = 0; i < commands.size(); ++i) {
    KeySlot keys = commands[i].keys;
    if (const CommandSpec* const spec = commands[i].spec) {
      if (auto error = why_not_at_one_node(*spec, commands.name(i))) return error;
      if (waits_for_replicas(*spec) && !writes) return refused_without_write(commands.name(i));
    }
    writes = writes || may_write(commands[i].spec);
    if (commands[i].spec == nullptr || keys.ask_server) {
      const auto arguments = commands.arguments(i);
      auto found = look_up(context, arguments.view(), now, deadline);
      if (!found.ok()) return found.take_error();
      keys = found.value().keys;
      if (auto error = refusal(found.value().spec, keys, arguments.view()[0])) return error;
      if (found.value().spec != nullptr) {
        if (auto error = why_not_at_one_node(*found.value().spec, arguments.view()[0])) return error;
      }
    }
    if (!keys.cross_slot && (keys.slot < 0 || slot < 0 || keys.slot == slot)) {
      if (keys.slot >= 0) slot = keys.slot;
      continue;
    }
    return make_error(Code::kCrossSlot, Outcome::kNotSent,
                      text(commands.name(i), " (command ", i,
                           "): a transaction's keys must all be in one slot: give them ", kCommonHashTag));
  }
  return slot;
}

namespace {

// A node has queued all of it, and answered EXEC by ASK. Keys have left it meanwhile; or it is a Valkey 9,
// which looks for them then only, and has none of them.
bool have_all_left(const Context& context, const CommandList& commands, Node& node, Deadline deadline) {
  MoveSource source(node, nullptr, deadline);
  const auto told = source.ask(commands, [&](std::size_t i) {
    return TransactionUnit::may_have_keys(context, commands, i, deadline);
  });
  return told.kind == MoveSource::Told::kSentAway;
}

constexpr std::string_view kSubject = "transaction";

class TransactionCall : public Call {
 public:
  TransactionCall(const Context& context, const CommandList& commands, RetryState& retry)
      : Call(context, retry, "EXEC"), commands_(commands), unit_(commands) {}

  std::string_view subject() const noexcept { return kSubject; }
  Sharing sharing() const noexcept { return Sharing::kShared; }
  std::size_t size() const noexcept { return commands_.encoded_size(); }

  Decision prepare(const Target& target, TimePoint& now) {
    MultiCheck check = MultiCheck::of(context_, *target.node, retry_.deadline());
    if (check.allowed) [[likely]]
      return Decision::kDone;
    now = Clock::now();
    if (check.failure != nullptr) return fail_attempt(target, std::move(check.failure));
    tell_result(target, check.refusal);
    return check.refusal.kind == TransactionUnit::Result::kRefused
               ? retry_.on_answer(target, check.refusal.line, now)
               : fail(TransactionUnit::failure(kSubject, retry_.slot(), *target.node, check.refusal));
  }

  RequestPtr send(ConnectionChoice& connection, const Target& target, TimePoint now, Deadline deadline) {
    return unit_.begin(*connection, {target.asking}, now, deadline);
  }

  Decision on_failure(const Target& target, ConnectionChoice&, Request& request) {
    return fail_attempt(target, TransactionUnit::take_failure(request, *target.node));
  }

  Decision on_reply(const Target& target, ConnectionChoice& connection, Request& request) {
    const TransactionUnit::Result result = unit_.read(request);
    TransactionUnit::settle(result, *target.node, *connection);
    tell_result(target, result);
    switch (result.kind) {
      case TransactionUnit::Result::kExecuted:
        return succeed(request);
      case TransactionUnit::Result::kRefused:
        return on_refusal(target, request, result);
      case TransactionUnit::Result::kConflict:  // never without WATCH
      case TransactionUnit::Result::kSenseless:
      case TransactionUnit::Result::kFailed:
        break;
    }
    return fail(TransactionUnit::failure(kSubject, retry_.slot(), *target.node, result));
  }

  bool accept(Request& request) {
    const bool executed = unit_.read(request).kind == TransactionUnit::Result::kExecuted;
    return executed && succeed(request) == Decision::kDone;
  }

  const Waiting waiting;

 private:
  void tell_result(const Target& target, const TransactionUnit::Result& result) const {
    if (context_.hook != nullptr) tell(target, TransactionUnit::error_of(result).get());
  }

  Decision on_refusal(const Target& target, const Request& request, const TransactionUnit::Result& result) {
    const bool sent_on = !target.asking && classify(result.line) == Answer::kAsk;
    const bool split =
        sent_on && unit_.split(context_, request, retry_.deadline()) &&
        !(result.name == "EXEC" && have_all_left(context_, commands_, *target.node, retry_.deadline()));
    const TimePoint now = Clock::now();
    return split ? retry_.on_split_keys(target, "it still has some keys of the transaction's", now)
                 : retry_.on_answer(target, result.line, now);
  }

  const CommandList& commands_;
  const TransactionUnit unit_;
};

}  // namespace

Result<ReplyPtr> run_transaction(const Context& context, const CommandList& commands,
                                 const CallOptions& options) {
  if (commands.empty()) {
    return make_error(Code::kEmpty, Outcome::kNotSent, "a transaction without commands: add some first");
  }
  const TimePoint now = Clock::now();
  const auto deadline = options.deadline(context.timeout, now);
  auto slot = common_slot(context, commands, -1, now, deadline);
  if (!slot.ok()) return slot.take_error();
  RetryState retry(context, deadline, slot.value(),
                   options.idempotent || TransactionUnit(commands).read_only());
  TransactionCall call(context, commands, retry);
  return run_blocking(context, retry, call, Clock::now());
}

}  // namespace rediscluster
