#include "operations/pipeline.h"

#include "base/text.h"
#include "operations/pipeline_run.h"

namespace rediscluster {

Result<ReplyPtr> run_pipeline(const Context& context, const CommandList& commands,
                              const CallOptions& options) {
  TimePoint now = Clock::now();
  context.topology.tend(now);
  PipelinePlan plan(context, commands, options, options.deadline(context.timeout, now));
  if (!commands.settled()) {
    if (auto error = plan.look_up_all(now)) return error;
    now = Clock::now();
  }
  PipelineReply reply(commands);
  PipelineRun(context, plan, reply).run(now);
  if (reply.tried() || commands.empty()) return reply.take();
  const Error& first = reply.error(0);
  return make_error(first.code, first.outcome, text("pipeline: ", first.message));
}

}  // namespace rediscluster
