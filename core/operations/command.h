// One command.
#pragma once

#include "calls/context.h"
#include "resp/reply.h"

namespace rediscluster {

Result<ReplyPtr> run_command(const Context& context, const Args& args, const CallOptions& options);

}  // namespace rediscluster
