// One command.
#pragma once

#include "calls/context.h"
#include "resp/reply.h"

namespace rediscluster {

// With the usual route.
Result<ReplyPtr> run_command(const Context& context, const Args& args, const CallOptions& options);
// With any.
Result<ReplyPtr> run_routed_command(const Context& context, const Args& args, const CallOptions& options);

}  // namespace rediscluster
