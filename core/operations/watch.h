// Optimistic locking: WATCH, reads on the watched connection, then MULTI ... EXEC on the same one.
#pragma once

#include <functional>
#include <span>

#include "batch/command_list.h"
#include "calls/context.h"
#include "resp/reply.h"

namespace rediscluster {

// What the callback reads through. Belongs to the calling thread for the time of the callback.
class WatchSession {
 public:
  virtual ~WatchSession() = default;
  virtual Result<ReplyPtr> command(const Args& args) = 0;
};

// True: run the queued commands. False: abort.
using WatchFunction = std::function<bool(WatchSession&, CommandList& to_execute)>;

Result<ReplyPtr> run_watch(const Context& context, std::span<const std::string_view> keys,
                           const WatchFunction& function, const CallOptions& options);

}  // namespace rediscluster
