// One command.
#pragma once

#include "execution/context.h"
#include "resp/reply.h"

namespace rediscluster {

Result<ReplyPtr> run_command(const Context& context, const Args& args, const CallOptions& options);

}  // namespace rediscluster
