#include "operations/transaction.h"

#include <optional>

#include "base/errors.h"
#include "base/text.h"
#include "calls/attempt_report.h"
#include "calls/error_context.h"
#include "calls/execute.h"
#include "calls/resolve_command.h"
#include "connection/large.h"
#include "operations/move_source.h"
#include "operations/transaction_unit.h"

namespace rediscluster {

Result<int> common_slot(const Context& context, const CommandList& commands, int slot, TimePoint now,
                        Deadline deadline) {
  for (std::size_t i = 0; i < commands.size(); ++i) {
    KeySlot keys = commands[i].keys;
    if (commands[i].spec == nullptr || keys.ask_server) {
      const auto arguments = commands.arguments(i);
      auto found = look_up(context, arguments.view(), now, deadline);
      if (!found.ok()) return found.take_error();
      keys = found.value().keys;
      if (auto error = refusal(found.value().spec, keys, arguments.view()[0])) return error;
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

// A node has queued all of it, and answered EXEC by ASK. Keys have left it meanwhile; or it is a Valkey 9,
// which looks for them then only, and has none of them.
static bool have_all_left(const Context& context, const CommandList& commands, Node& node,
                          Deadline deadline) {
  MoveSource source(node, nullptr, deadline);
  const auto told = source.ask(commands, [&](std::size_t i) {
    return TransactionUnit::may_have_keys(context, commands, i, deadline);
  });
  return told.kind == MoveSource::Told::kSentAway;
}

Result<ReplyPtr> run_transaction(const Context& context, const CommandList& commands,
                                 const CallOptions& options) {
  constexpr std::string_view kSubject = "transaction";
  if (commands.empty()) {
    return make_error(Code::kEmpty, Outcome::kNotSent, "a transaction without commands: add some first");
  }
  TimePoint now = Clock::now();
  const auto deadline = options.deadline(context.timeout, now);
  auto slot = common_slot(context, commands, -1, now, deadline);
  if (!slot.ok()) return slot.take_error();

  const TransactionUnit unit(commands);
  RetryState retry(context, deadline, slot.value(), options.idempotent || unit.read_only());
  for (;; now = Clock::now()) {
    auto target = retry.target(now);
    if (!target.ok()) return with_context(kSubject, retry.slot(), target.take_error());
    Node& node = *target.value().node;
    std::optional<ConnectionLease> own;
    if (holds_others_up(commands.encoded_size())) own.emplace(node);
    Connection& connection = own ? **own : node.connection();
    RequestPtr request;
    if (TransactionUnit::must_ask_for_multi(context, node)) [[unlikely]] {
      ConnectionLease to_ask(node);
      request = TransactionUnit::refuses_multi(to_ask, deadline);
    }
    const bool no_multi = request != nullptr;
    if (!no_multi) request = unit.exchange(connection, {target.value().asking}, now, deadline);
    Decision verdict = Decision::kAgain;
    if (request->failure != nullptr) {
      report(context, {node, "EXEC", retry.asked_at(), retry.attempts()}, request->failure.get());
      verdict = retry.on_failure(target.value(), std::move(request->failure));
    } else {
      LargeReplies::note(request->large);
      const auto result = no_multi ? TransactionUnit::read_refusal(*request) : unit.read(*request);
      TransactionUnit::settle(result, node, connection);
      if (context.hook != nullptr) {
        const ErrorPtr error = TransactionUnit::error_of(result);
        report(context, {node, "EXEC", retry.asked_at(), retry.attempts()}, error.get());
      }
      switch (result.kind) {
        case TransactionUnit::Result::kExecuted:
          retry.on_success(target.value());
          return take_reply(*request);
        case TransactionUnit::Result::kRefused:
          verdict = !target.value().asking && classify(result.line) == Answer::kAsk &&
                            unit.split(context, *request, deadline) &&
                            !(result.name == "EXEC" && have_all_left(context, commands, node, deadline))
                        ? retry.on_split_keys(target.value(), "it still has some keys of the transaction's")
                        : retry.on_answer(target.value(), result.line);
          break;
        case TransactionUnit::Result::kConflict:  // never without WATCH
        case TransactionUnit::Result::kSenseless:
        case TransactionUnit::Result::kFailed:
          return unit.failure(kSubject, retry.slot(), node, result);
      }
    }
    if (verdict == Decision::kFailed) return with_context(kSubject, retry.slot(), retry.take_error());
  }
}

}  // namespace rediscluster
