#include "operations/command.h"

#include "calls/execute.h"
#include "calls/resolve_command.h"
#include "calls/second_look.h"

namespace rediscluster {

Result<ReplyPtr> run_command(const Context& context, const Args& args, const CallOptions& options) {
  const TimePoint now = Clock::now();
  const auto deadline = options.deadline(context.timeout, now);
  auto found = look_up(context, args, now, deadline);
  if (!found.ok()) return found.take_error();
  const RoutedCommand& command = found.value();
  if (auto error = refusal(command.spec, command.keys, args[0])) return error;
  ExecuteOptions job;
  job.slot = command.keys.slot;
  job.repeatable = options.idempotent || command.read_only();
  job.may_block = command.spec != nullptr && may_block(*command.spec, args);
  if (command.spec == nullptr || command.spec->has(kAnyText)) [[unlikely]]
    job.any_text = any_text_of(command.spec);
  if (options.read_from != ReadFrom::kUsual || context.read_from != ReadFrom::kPrimary) [[unlikely]] {
    if (job.slot >= 0 && command.may_ask_replica()) job.from = options.reads_from(context.read_from);
  }
  return execute(context, args, job, now, deadline);
}

}  // namespace rediscluster
