// One command that needs several nodes, or that its caller sends another way than the usual.
#pragma once

#include "batch/spread.h"
#include "calls/context.h"
#include "resp/reply.h"

namespace rediscluster {

// `command`: of `args`, looked up.
Result<ReplyPtr> run_spread(const Context& context, const Args& args, const RoutedCommand& command,
                            const Spread& spread, const CallOptions& options, Deadline deadline);

// All of its keys are in one slot, which is moving, so that no node can execute it as a whole: each goes by
// itself.
class KeyByKey final : public WhenHalfMoved {
 public:
  KeyByKey(const Context& context, const Args& args, const RoutedCommand& command, const CallOptions& options,
           Deadline deadline) noexcept
      : context_(context), args_(args), command_(command), options_(options), deadline_(deadline) {}

  // Not where the caller wants it to be executed as a unit, as he does when it writes values.
  bool is_possible() const noexcept;
  Result<ReplyPtr> run() const override;

 private:
  const Context& context_;
  const Args& args_;
  const RoutedCommand& command_;
  const CallOptions& options_;
  const Deadline deadline_;
};

}  // namespace rediscluster
