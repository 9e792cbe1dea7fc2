// One command, from the caller's arguments to the reply that is its own.
#pragma once

#include "base/args.h"
#include "calls/context.h"
#include "commands/command_spec.h"
#include "resp/reply.h"

namespace rediscluster {

// What is done about a command with several keys of one slot when the slot is moving and some of the keys
// have gone, so that no node can execute it: null where it waits until the slot has moved.
class WhenHalfMoved {
 public:
  virtual Result<ReplyPtr> run() const = 0;

 protected:
  ~WhenHalfMoved() = default;
};

struct ExecuteOptions {
  int slot = -1;            // -1: any primary
  bool repeatable = false;  // may be sent again although it may have been executed
  bool may_block = false;   // goes over a connection of its own, as large ones do
  ReadFrom from = ReadFrom::kPrimary;
  const CommandSpec* any_text = nullptr;  // not null: it can answer with any text
  const WhenHalfMoved* when_half_moved = nullptr;
};

Result<ReplyPtr> execute(const Context& context, const Args& args, const ExecuteOptions& options,
                         TimePoint now, Deadline deadline);

}  // namespace rediscluster
