// A handle on a cluster: what every binding stands on. Thread-safe; a forked child may go on with it.
#pragma once

#include <memory>
#include <span>

#include "client/close_listener.h"
#include "client/info.h"
#include "client/state.h"
#include "operations/explain.h"
#include "operations/script.h"
#include "operations/watch.h"
#include "scan/scan.h"

namespace rediscluster {

class Cluster {
 public:
  static Result<std::shared_ptr<Cluster>> open(const Options& options, const CallOptions& call_options);
  // The handle last opened under that name that is still open, or null.
  static std::shared_ptr<Cluster> find(std::string_view name);

  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  Result<ReplyPtr> command(const Args& args, const CallOptions& options);
  Result<ReplyPtr> script(ScriptCall& call, const CallOptions& options);
  Result<ReplyPtr> pipeline(const CommandList& commands, const CallOptions& options);
  Result<ReplyPtr> transaction(const CommandList& commands, const CallOptions& options);
  Result<ReplyPtr> watch(std::span<const std::string_view> keys, const WatchFunction& function,
                         const CallOptions& options);
  Status refresh(const CallOptions& options);
  // A scan belongs to one handle, and is used by one thread at a time.
  std::unique_ptr<Scan> new_scan();
  Status set_scan_cursor(Scan& scan, std::string_view cursor);
  Result<ReplyPtr> scan_next(Scan& scan, const CallOptions& options);
  Result<Explanation> explain(const Args& args, const CallOptions& options);
  Info info();
  // For queues and subscriptions: what they work with, in this process.
  const Context& context() { return state().context; }
  bool closed() const noexcept { return stop_.stopped(); }
  void add_listener(CloseListener& listener) noexcept;
  void remove_listener(CloseListener& listener) noexcept;
  void close() noexcept;  // calls under way end with RC_ERR_CLOSED

 private:
  explicit Cluster(const Options& options);

  State& state() {
    State& state = *state_.load();
    return state.of_this_process() ? state : renew(state);
  }
  State& renew(State& inherited);
  template <class Outcome>
  Outcome ended(Outcome outcome, const CallOptions& options);

  const Options options_;
  Counters counters_;
  Stop stop_;
  std::atomic<State*> state_;  // ours, unless it is another process's
  CloseListener* listeners_ GUARDED_BY(fork_lock()) = nullptr;
};

}  // namespace rediscluster
