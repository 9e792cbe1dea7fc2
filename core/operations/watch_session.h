// One run of an optimistic transaction on a connection of its own, from the answer to WATCH to EXEC or
// UNWATCH.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "calls/exchange.h"
#include "calls/retry_state.h"
#include "operations/move_source.h"
#include "operations/transaction_unit.h"
#include "operations/watch.h"

namespace rediscluster {

class OpenWatch final : public WatchSession {
 public:
  // WATCH has been sent over the connection, which the session has to itself as long as it lives. The source
  // is what sent us to the target by ASK, if something did.
  OpenWatch(const Context& context, RetryState& retry, const Target& target, ConnectionLease& connection,
            Node* source)
      : context_(context), retry_(retry), target_(target), connection_(connection) {
    if (target.asking && source != nullptr) source_.emplace(*source, target.node, retry.deadline());
  }
  ~OpenWatch() override {
    if (watching_ && !forked()) unwatch();
  }

  // What became of a step. kAgain: the whole session runs again. kFailed: error() ends the call.
  enum class Step { kDone, kConflict, kAgain, kFailed };

  Step on_watch(const Request& answered, std::span<const std::string_view> keys);
  Result<ReplyPtr> command(const Args& args) override;  // for the callback
  bool broken() const noexcept { return broken_; }      // a redirect or a lost connection ended the session
  bool forked() const noexcept { return connection_.forked(); }  // by the callback, and this is the child
  bool sent_on() const noexcept { return sent_on_; }             // by ASK, for every watched key
  Step after_broken() const noexcept { return broken_step_; }
  Step execute(const CommandList& commands, ReplyPtr& reply);

  static ErrorPtr forked_in_callback();
  ErrorPtr take_error() noexcept { return std::move(error_); }

 private:
  // Of what a session at the node that imports the slot is about to run. False: it is over.
  bool keys_have_come(const CommandList& commands);
  Step on_missing(MoveSource::Told told, const CommandList& commands);
  Step on_answer(std::string_view line);  // after WATCH
  void unwatch() noexcept;
  TimePoint begin_step() noexcept { return asked_at_ = Clock::now(); }
  void report(std::string_view command, const Request& request) const;
  Step again_or_failed(Decision decision);
  Step on_failure(ErrorPtr failure);
  Step before_exec(ErrorPtr failure);

  const Context& context_;
  RetryState& retry_;
  const Target target_;
  ConnectionLease& connection_;
  std::optional<MoveSource> source_;
  std::set<std::string, std::less<>> come_;  // keys that the source has sent away, or never had
  bool sent_on_ = false;
  bool watching_ = false;  // the connection must not go to another session like that
  TimePoint asked_at_{};
  bool broken_ = false;
  Step broken_step_ = Step::kAgain;
  ErrorPtr error_;
};

}  // namespace rediscluster
