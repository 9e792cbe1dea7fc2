#include "operations/spread_command.h"

#include "batch/fold.h"
#include "batch/run.h"

namespace rediscluster {
namespace {

// The place of the command in the list, which the parts stand behind. Its arguments are not needed there.
CommandList name_only(const Args& args, const CommandSpec* spec) {
  const std::string_view name = args[0];
  const char* const data[] = {name.data()};
  const std::size_t lengths[] = {name.size()};
  CommandList list;
  list.add(Args(1, data, lengths), spec, {});
  return list;
}

Result<ReplyPtr> run_plan(const Context& context, BatchPlan& plan) {
  BatchAssembly reply(plan.commands());
  BatchRun(context, plan, reply).run(Clock::now());
  fold_all(plan.parts(), plan.commands(), reply);
  ReplyPtr whole = reply.take_first();
  if (!whole->is_error()) return whole;
  const Reply element = *whole;
  return own_error(std::move(whole), element);
}

}  // namespace

Result<ReplyPtr> run_spread(const Context& context, const Args& args, const RoutedCommand& command,
                            const Spread& spread, const CallOptions& options, Deadline deadline) {
  const TimePoint now = Clock::now();
  context.topology.poll_refresh(now);
  const CommandList list = name_only(args, command.spec);
  BatchPlan plan(context, list, options, deadline);
  if (auto error = plan.spread_first(command, args, spread, now)) return error;
  return run_plan(context, plan);
}

bool KeyByKey::is_possible() const noexcept {
  const CommandSpec* const spec = command_.spec;
  return options_.route.split && may_be_split(spec) && command_.keys.slot >= 0 && !command_.keys.cross_slot &&
         spec->response_policy != ResponsePolicy::kAllSucceeded && keyed_arguments(*spec, args_).count > 1;
}

Result<ReplyPtr> KeyByKey::run() const {
  const CommandList list = name_only(args_, command_.spec);
  BatchPlan plan(context_, list, options_, deadline_);
  plan.split_first_by_key(args_, *command_.spec, command_.keys.slot);
  return run_plan(context_, plan);
}

}  // namespace rediscluster
