// Many commands at once: planned by node, sent to every node before the first answer is read, answered in the
// order in which they were given.
#pragma once

#include "execution/context.h"
#include "operations/command_list.h"
#include "resp/reply.h"

namespace rediscluster {

Result<ReplyPtr> run_pipeline(const Context& context, const CommandList& commands,
                              const CallOptions& options);

}  // namespace rediscluster
