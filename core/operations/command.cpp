#include "operations/command.h"

#include "calls/execute.h"
#include "calls/resolve_command.h"
#include "calls/second_look.h"
#include "operations/spread_command.h"

namespace rediscluster {
namespace {

Result<ReplyPtr> run_at_slot(const Context& context, const Args& args, const RoutedCommand& command, int slot,
                             const CallOptions& options, TimePoint now, Deadline deadline) {
  ExecuteOptions job;
  job.slot = slot;
  job.repeatable = options.idempotent || command.read_only();
  job.may_block = command.spec != nullptr && may_block(*command.spec, args);
  job.any_text = any_text_of(command.spec);
  if (job.slot >= 0 && command.may_ask_replica()) job.from = options.reads_from(context.read_from);
  const KeyByKey key_by_key(context, args, command, options, deadline);
  if (key_by_key.is_possible()) job.when_half_moved = &key_by_key;
  return execute(context, args, job, now, deadline);
}

// What is not sent to the owner of its keys' slot and nowhere else, or may have to go key by key.
[[gnu::noinline]] Result<ReplyPtr> run_looked_up(const Context& context, const Args& args,
                                                 const RoutedCommand& command, const CallOptions& options,
                                                 TimePoint now, Deadline deadline) {
  auto found = spread_of(command, args, options.route);
  if (!found.ok()) return found.take_error();
  const Spread& spread = found.value();
  if (spread.kind == Spread::kFollow) return refused_without_write(args[0]);
  if (spread.fold == Fold::kFirst && (spread.kind == Spread::kOne || spread.kind == Spread::kSlot))
    return run_at_slot(context, args, command, spread.slot, options, now, deadline);
  return run_spread(context, args, command, spread, options, deadline);
}

}  // namespace

Result<ReplyPtr> run_command(const Context& context, const Args& args, const CallOptions& options) {
  const TimePoint now = Clock::now();
  const auto deadline = options.deadline(context.timeout, now);
  auto found = look_up(context, args, now, deadline);
  if (!found.ok()) return found.take_error();
  const RoutedCommand& command = found.value();
  const KeySlot& keys = command.keys;
  if (keys.slot < 0 || keys.cross_slot || command.spec->refusal != Refusal::kNone ||
      command.spec->has_any(kAnyText | kInParts)) [[unlikely]]
    return run_looked_up(context, args, command, options, now, deadline);
  ExecuteOptions job;
  job.slot = keys.slot;
  job.repeatable = options.idempotent || command.read_only();
  job.may_block = may_block(*command.spec, args);
  if (options.read_from != ReadFrom::kUsual || context.read_from != ReadFrom::kPrimary) [[unlikely]] {
    if (command.may_ask_replica()) job.from = options.reads_from(context.read_from);
  }
  return execute(context, args, job, now, deadline);
}

Result<ReplyPtr> run_routed_command(const Context& context, const Args& args, const CallOptions& options) {
  if (options.route.usual()) return run_command(context, args, options);
  const TimePoint now = Clock::now();
  const auto deadline = options.deadline(context.timeout, now);
  auto found = look_up(context, args, now, deadline);
  if (!found.ok()) return found.take_error();
  return run_looked_up(context, args, found.value(), options, now, deadline);
}

}  // namespace rediscluster
