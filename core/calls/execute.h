// One command, from the caller's arguments to the reply that is its own.
#pragma once

#include "base/args.h"
#include "calls/context.h"
#include "commands/command_spec.h"
#include "resp/reply.h"

namespace rediscluster {

struct ExecuteOptions {
  int slot = -1;            // -1: any primary
  bool repeatable = false;  // may be sent again although it may have been executed
  bool may_block = false;   // goes over a connection of its own, as large ones do
  ReadFrom from = ReadFrom::kPrimary;
  const CommandSpec* any_text = nullptr;  // not null: it can answer with any text
};

Result<ReplyPtr> execute(const Context& context, const Args& args, const ExecuteOptions& options,
                         TimePoint now, Deadline deadline);

}  // namespace rediscluster
