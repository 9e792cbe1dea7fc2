// What a server is asked beside a command: what it is, where its keys are, and whether an error is its own.
// The answers come as replies do; the call waits for them as for its own.
#include <memory>

#include "calls/attempt_report.h"
#include "calls/error_context.h"
#include "calls/exchange.h"
#include "calls/resolve_command.h"
#include "calls/server_error.h"
#include "commands/command_info.h"
#include "queue/completion_queue.h"
#include "resp/decode.h"
#include "resp/encode.h"

namespace rediscluster {
namespace {

using Phase = QueuedCall::Rare::Phase;

DecodedArgs arguments_of(const QueuedCall& call) { return DecodedArgs({call.bytes(), call.size}); }

std::string encoded(const Args& args) {
  std::string bytes(encoded_size(args), '\0');
  encode(args, bytes.data());
  return bytes;
}

}  // namespace

// ---- What the command is ----

void CompletionQueue::begin_lookup(QueuedCall& call) {
  QueuedCall::Rare& rare = *call.rare;
  const DecodedArgs decoded = arguments_of(call);
  const Args args = decoded.view();
  const bool info = rare.phase == Phase::kInfo;
  Question question;
  question.add("COMMAND");
  question.add(info ? "INFO" : "GETKEYS");
  for (std::size_t i = 0; i < (info ? 1 : args.size()); ++i) question.add(args[i]);
  rare.question = encoded(question.view());
  rare.question_asks = false;
  rare.lookup.emplace(context_, call.retry.deadline(), -1, true);
}

void CompletionQueue::on_looked_up(QueuedCall& call, TimePoint now) {
  QueuedCall::Rare& rare = *call.rare;
  const Reply& answer = last_reply(*call.request);
  tell_hook_of(call, error_of(answer));
  if (answer.is_error()) {
    const Error& error = *answer.error;
    if (classify(error.message) != Answer::kOther)
      return go_on(call, rare.lookup->on_answer(call.target, error.message, now), now);
    ErrorPtr why = server_error("COMMAND", -1, *call.target.node, error);
    drop_request(call);
    return on_lookup_failed(call, std::move(why), now);
  }
  const DecodedArgs decoded = arguments_of(call);
  const Args args = decoded.view();
  const CommandSpec* spec = nullptr;
  KeySlot keys;
  if (rare.phase == Phase::kInfo) {
    rare.keep = parse_command_info(answer);
    if (rare.keep != nullptr) {
      context_.learned.remember(args[0], rare.keep);
      spec = &rare.keep->spec_for(args);
      keys = slot_of(*spec, args);
    }
  } else {
    spec = rare.keep == nullptr ? find_command(args) : &rare.keep->spec_for(args);
    keys = slot_of_keys(answer);
  }
  drop_request(call);
  settle(call, spec, keys, now);
}

// A failure to ask is no failure of the command, unless it is one of the cluster.
void CompletionQueue::on_lookup_failed(QueuedCall& call, ErrorPtr why, TimePoint now) {
  if (ends_the_call(*why)) {
    call.rare->lookup.reset();
    return fail(call, with_outcome(std::move(why), Outcome::kNotSent));
  }
  const DecodedArgs decoded = arguments_of(call);
  const CommandSpec* const spec = call.rare->phase == Phase::kInfo ? nullptr
                                  : call.rare->keep == nullptr     ? find_command(decoded.view())
                                                               : &call.rare->keep->spec_for(decoded.view());
  settle(call, spec, {}, now);
}

// It is known what there is to know of it.
void CompletionQueue::settle(QueuedCall& call, const CommandSpec* spec, const KeySlot& keys, TimePoint now) {
  QueuedCall::Rare& rare = *call.rare;
  rare.lookup.reset();
  rare.question.clear();
  rare.phase = Phase::kCommand;
  const DecodedArgs decoded = arguments_of(call);
  const Args args = decoded.view();
  if (keys.ask_server) {
    rare.phase = Phase::kKeys;
    return resume(call, now);
  }
  if (ErrorPtr error = why_not_submitted(spec, keys, args[0])) return end(call, nullptr, std::move(error));
  rare.any_text = spec == nullptr || spec->has(kAnyText) ? any_text_of(spec) : nullptr;
  call.may_block = spec != nullptr && may_block(*spec, args);
  const bool repeatable = rare.idempotent || (spec != nullptr && spec->has(kReadOnly));
  const bool elsewhere = keys.slot >= 0 && spec != nullptr && spec->may_ask_replica();
  const ReadFrom from = elsewhere ? rare.read_from : ReadFrom::kPrimary;
  call.measured = from == ReadFrom::kLowestLatency;
  call.usual_time = false;  // others stand before it by now
  const Deadline deadline = call.retry.deadline();
  std::destroy_at(&call.retry);
  std::construct_at(&call.retry, context_, deadline, keys.slot, repeatable, from);
  call.target = {};
  resume(call, now);
}

// ---- What an error means ----

void CompletionQueue::on_error(QueuedCall& call, const Error& answer, TimePoint now) {
  const bool free_text = call.rare != nullptr && call.rare->any_text != nullptr;
  const bool servers = classify(answer.message) != Answer::kOther;
  if (!free_text && servers) return conclude(call, answer, answer.message, now);
  if (!free_text && !(call.may_block && may_be_gone_elsewhere(answer.message)))
    return conclude(call, answer, {}, now);
  if (call.rare == nullptr) call.rare = std::make_unique<QueuedCall::Rare>();
  QueuedCall::Rare& rare = *call.rare;
  const DecodedArgs decoded = arguments_of(call);
  const Args args = decoded.view();
  if (free_text) {
    rare.look.emplace(context_, *call.target.node, FreeText{*rare.any_text, args, call.retry.slot()}, answer);
    if (rare.look->next() == nullptr) return conclude(call, answer, rare.look->told(), now);
  } else {
    const CommandSpec* const spec = find_command(args);
    rare.refusal.emplace(FreeText{spec == nullptr ? *any_text_of(nullptr) : *spec, args, call.retry.slot()});
  }
  rare.answer = std::move(call.request->arena);
  drop_request(call);
  ask(call, free_text ? Phase::kSecondLook : Phase::kGone, now);
}

void CompletionQueue::ask(QueuedCall& call, Phase phase, TimePoint now) {
  QueuedCall::Rare& rare = *call.rare;
  rare.phase = phase;
  const Question& question = phase == Phase::kSecondLook ? *rare.look->next() : *rare.refusal->next();
  rare.question = encoded(question.view());
  rare.question_asks = call.target.asking && (phase != Phase::kSecondLook || rare.look->may_need_asking());
  submit_request(call, now);
}

// Of a question, which may have failed.
void CompletionQueue::hear_answer(QueuedCall& call, TimePoint now) {
  QueuedCall::Rare& rare = *call.rare;
  const Phase phase = rare.phase;
  const bool more = [&] {
    if (phase == Phase::kSecondLook) {
      rare.look->hear(*call.request);
      return rare.look->next() != nullptr;
    }
    rare.refusal->hear(*call.request);
    return rare.refusal->next() != nullptr;
  }();
  drop_request(call);
  if (more) return ask(call, phase, now);
  rare.phase = Phase::kCommand;
  rare.question.clear();
  if (phase == Phase::kLookAhead) {
    const auto line = rare.refusal->told();
    rare.refusal.reset();
    call.wary = line && classify(*line) != Answer::kOther;
    if (call.wary) return go_on(call, call.retry.on_answer(call.target, *line, now), now);
    return submit_request(call, now);
  }
  auto told = phase == Phase::kSecondLook ? rare.look->told() : rare.refusal->told();
  if (phase == Phase::kGone && told && classify(*told) == Answer::kOther) told.reset();
  const ArenaPtr answer = std::move(rare.answer);
  const Reply& root = answer->root();
  const Reply& last = root.is_error() ? root : root.elements[root.length - 1];  // behind that of ASKING
  conclude(call, *last.error, std::move(told), now);
  // The call may have ended, and been taken.
}

// What the server itself says by an error that the command was answered with, if anything.
void CompletionQueue::conclude(QueuedCall& call, const Error& answer, std::optional<std::string> told,
                               TimePoint now) {
  tell_hook_of(call, &answer);
  if (!told) {
    const std::string subject = command_name(call.name());
    return end(call, nullptr, server_error(subject, call.retry.slot(), *call.target.node, answer));
  }
  const Answer means = classify(*told);
  if (means == Answer::kDemoted && call.asked_lane != nullptr && call.asked_lane->exclusive()) {
    const MutexLock lock(mutex_);
    call.asked_lane->retired = true;  // the server closes it now
  }
  const bool free_text = call.rare != nullptr && call.rare->any_text != nullptr;
  call.wary = free_text && means != Answer::kMoved;
  go_on(call, call.retry.on_answer(call.target, *told, now), now);
}

// Before a command that can answer with any text is sent again: see CommandCall.
void CompletionQueue::look_ahead(QueuedCall& call, TimePoint now) {
  QueuedCall::Rare& rare = *call.rare;
  const DecodedArgs decoded = arguments_of(call);
  rare.refusal.emplace(FreeText{*rare.any_text, decoded.view(), call.retry.slot()});
  ask(call, Phase::kLookAhead, now);
}

}  // namespace rediscluster
