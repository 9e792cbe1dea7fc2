// The retry of one call through the cluster: which node to try next, and what an answer or a failure means
// for it, until its reply has come, it has failed for good, or its time is up. Everything that is sent again
// is sent again because of a decision made here.
#pragma once

#include "calls/context.h"
#include "resp/server_answer.h"
#include "sync/backoff.h"

namespace rediscluster {

struct Target {
  Node* node = nullptr;
  bool asking = false;    // ASKING goes before it
  bool reading = false;   // one of several that may be read from
  bool is_probe = false;  // it may still be ill
};

enum class Decision {
  kAgain,   // ask target() again
  kFailed,  // take_error() says why
};

class RetryState {
 public:
  // A slot of -1: any primary will do. Repeatable: may be sent again although it may have been executed.
  // From: where it may be read, if it only reads and has a slot.
  RetryState(const Context& context, Deadline deadline, int slot, bool repeatable,
             ReadFrom from = ReadFrom::kPrimary) noexcept
      : context_(context), deadline_(deadline), slot_(slot), repeatable_(repeatable), from_(from) {}

  // When the next attempt is due; in the past unless there is a reason to wait.
  TimePoint due() const noexcept { return due_; }
  // Where a first attempt usually goes, or nowhere: then target() knows.
  Target usual_target(TimePoint now) {
    const bool usual = attempts_ == 0 && slot_ >= 0 && from_ == ReadFrom::kPrimary;
    if (!usual || context_.stop.stopped() || deadline_.passed(now)) return {};
    context_.topology.poll_refresh(now);
    asked_at_ = now;
    Node* node = context_.topology.map()->owner(slot_);
    if (node != nullptr) attempts_ = 1;
    return {node};
  }
  // Where it goes. Waits for what is due and for a map that knows the slot.
  Result<Target> target(TimePoint now);
  // The same for a caller who has more to do than to wait: no node means that it is to ask again when this is
  // due.
  Result<Target> target_by_now(TimePoint now);

  Decision on_answer(const Target& asked,
                     std::string_view error_line);             // a redirect, or one that asks to wait
  Decision on_failure(const Target& asked, ErrorPtr failure);  // of the connection
  // It runs as one, and some of its keys have left a slot's owner, others not: neither node can run it. After
  // a pause it begins again at the owner.
  Decision on_split_keys(const Target& asked, std::string_view what);
  // It is tried again although nothing went wrong with its attempt.
  void begin_again() noexcept { redirects_ = 0; }
  // The attempt succeeded. A replica that executed a command of its dead primary's has been promoted.
  void on_success(const Target& asked) {
    if (probing_) learn_promotion(asked);
  }

  // By what the map knows now it belongs elsewhere than where it is under way; a command without keys, to any
  // other primary that does not let others wait.
  bool belongs_elsewhere(const Target& asked, TimePoint now) const;
  // It is sent elsewhere while that attempt may still be answered.
  void note_hedged() noexcept { maybe_executed_ = true; }

  Deadline deadline() const noexcept { return deadline_; }
  // Until when to wait for it: a node that may still be ill leaves others half of the time.
  Deadline deadline_at(const Target& target, TimePoint now) const noexcept {
    return target.is_probe ? deadline_.sooner(now + deadline_.left(now) / 2) : deadline_;
  }
  TimePoint asked_at() const noexcept { return asked_at_; }  // when target() last answered
  int attempts() const noexcept { return attempts_; }
  int slot() const noexcept { return slot_; }
  bool repeatable() const noexcept { return repeatable_; }
  ErrorPtr take_error() { return std::move(error_); }
  // What is said at the deadline: the last answer that asked for patience, or the last failure.
  ErrorPtr out_of_time();

 private:
  Decision fail(ErrorPtr error);
  void log(LogLevel level, std::string_view what, std::string_view message) const;
  ErrorPtr with_outcome_so_far(ErrorPtr error) const;
  bool probe_replica();
  Decision try_another_reader(const Target& asked, ErrorPtr reason);
  void blame_for_silence(Node& node, TimePoint now) noexcept;
  Decision on_logged_out(const Target& asked, std::string_view line);
  Decision on_redirect(const Target& asked, Answer answer, std::string_view error_line);
  Decision wait(ErrorPtr reason) noexcept;
  Result<Target> route(TimePoint now);
  Target by_map(TimePoint now);
  ErrorPtr no_route(const SlotMap& map) const;
  Node* any_primary(const SlotMap& map, TimePoint now) const;
  void learn_promotion(const Target& asked);

  const Context& context_;
  const Deadline deadline_;
  int slot_;
  const bool repeatable_;
  const ReadFrom from_;
  struct Seen {
    std::vector<Node*> tried;       // readers that have failed
    std::vector<const Node*> left;  // nodes that have sent it elsewhere
  };
  Seen& seen() {
    if (seen_ == nullptr) seen_ = std::make_unique<Seen>();
    return *seen_;
  }
  bool forget_tried() { return seen_ != nullptr && !std::exchange(seen_->tried, {}).empty(); }
  std::unique_ptr<Seen> seen_;  // null: none yet
  int attempts_ = 0;
  bool logged_in_again_ = false;
  bool maybe_executed_ = false;  // an earlier attempt's outcome is not known
  Node* unreachable_ = nullptr;  // the primary that could not be reached
  ErrorPtr why_;                 // it could not
  bool probing_ = false;         // its replicas are asked instead
  int probes_ = 0;
  Target target_;  // where a redirect or a probe leads; none: by the map
  int redirects_ = 0;
  TimePoint due_{};
  TimePoint asked_at_{};
  TimePoint began_{};  // when the first was asked, if it may read elsewhere than the primary
  Backoff backoff_{milliseconds(2), milliseconds(25)};
  ErrorPtr reason_;  // why it is waiting
  ErrorPtr error_;
};

}  // namespace rediscluster
