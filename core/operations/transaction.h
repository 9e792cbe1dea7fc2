// MULTI/EXEC: all commands in one slot, run as one unit, redirected as one unit.
#pragma once

#include "batch/command_list.h"
#include "calls/context.h"
#include "resp/reply.h"

namespace rediscluster {

Result<ReplyPtr> run_transaction(const Context& context, const CommandList& commands,
                                 const CallOptions& options);

// The slot that all of them share, -1 if none has keys; `slot` of -1 takes any. Else RC_ERR_CROSS_SLOT.
Result<int> common_slot(const Context& context, const CommandList& commands, int slot, TimePoint now,
                        Deadline deadline);

}  // namespace rediscluster
