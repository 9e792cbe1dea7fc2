// Many commands at once: planned by node, sent to every node before the first answer is read, answered in the
// order in which they were given.
#pragma once

#include "batch/command_list.h"
#include "calls/context.h"
#include "resp/reply.h"

namespace rediscluster {

Result<ReplyPtr> run_pipeline(const Context& context, const CommandList& commands,
                              const CallOptions& options);

}  // namespace rediscluster
