#include "operations/pipeline.h"

#include "base/text.h"
#include "batch/fold.h"
#include "batch/run.h"

namespace rediscluster {

Result<ReplyPtr> run_pipeline(const Context& context, const CommandList& commands,
                              const CallOptions& options) {
  TimePoint now = Clock::now();
  context.topology.poll_refresh(now);
  BatchPlan plan(context, commands, options, options.deadline(context.timeout, now));
  if (!plan.simple()) {
    if (auto error = plan.look_up_all(now)) return error;
    now = Clock::now();
  }
  BatchAssembly reply(plan.commands());
  BatchRun(context, plan, reply).run(now);
  if (!plan.parts().empty()) [[unlikely]]
    fold_all(plan.parts(), plan.commands(), reply);
  if (reply.tried() || commands.empty() || options.route.by_node) return reply.take(commands.size());
  const Error& first = reply.error(0);
  return make_error(first.code, first.outcome, text("pipeline: ", first.message));
}

}  // namespace rediscluster
