// Makes one reply of those of a command's parts, or an error that tells which parts failed.
#pragma once

#include "batch/assembly.h"
#include "batch/parts.h"

namespace rediscluster {

// Every part has its reply or its error in the assembly; the commands that were sent in parts get theirs.
void fold_all(const BatchParts& parts, const CommandList& commands, BatchAssembly& replies);

// An error that is an element of a reply, as one that its caller owns, with the parts it tells of.
ErrorPtr own_error(ReplyPtr whole, const Reply& element);

}  // namespace rediscluster
