// What one call through the cluster does next: to which node it goes, and what an answer or a failure means
// for it, until its reply has come, it has failed for good, or its time is up. Everything that is sent again
// is sent again because of a decision made here.
//
// It only decides. It never waits and never reads a clock: whoever drives the call hands in the time, does
// what next() says, and tells how that ended.
#pragma once

#include "calls/context.h"
#include "calls/place.h"
#include "resp/server_answer.h"
#include "sync/backoff.h"

namespace rediscluster {

struct Target {
  Node* node = nullptr;
  bool asking = false;    // ASKING goes before it
  bool reading = false;   // one of several that may be read from
  bool is_probe = false;  // it may still be ill
};

// What the driver of a call is to do.
struct Step {
  enum Kind : std::uint8_t {
    kSend,        // to the target
    kWaitUntil,   // that time, and ask again
    kWaitForMap,  // until the ticket is satisfied, or that time, and ask again
    kDone,        // the call has failed: take_error() says why
  };
  Kind kind = kSend;
  Target target = {};
  TimePoint until = {};
  Topology::Ticket ticket = {};
};

enum class Decision {
  kAgain,   // next() says how it goes on
  kFailed,  // take_error() says why
  kDone,    // the caller has its result
};

class RetryState {
 public:
  // A slot of -1: any primary will do. Repeatable: may be sent again although it may have been executed.
  // From: where it may be read, if it only reads and has a slot.
  RetryState(const Context& context, Deadline deadline, int slot, bool repeatable,
             ReadFrom from = ReadFrom::kPrimary) noexcept
      : context_(context), deadline_(deadline), slot_(slot), repeatable_(repeatable), from_(from) {}

  // The first lines are the way of nearly every call: once, to the owner of its slot.
  Step next(TimePoint now) {
    if (trouble_ == nullptr && slot_ >= 0 && from_ == ReadFrom::kPrimary && !context_.stop.stopped() &&
        !deadline_.passed(now)) [[likely]] {
      Node* const owner = context_.topology.map()->owner(slot_);
      if (owner != nullptr) [[likely]] {
        asked_at_ = now;
        ++attempts_;
        return {.target = {owner}};
      }
    }
    return next_slowly(now);
  }

  // Before the first attempt: it is for that node only. Without a slot.
  void stay_at(const Place& place) { trouble().place = &place; }

  // How what next() said has ended.
  Decision on_answer(const Target& asked, std::string_view error_line, TimePoint now);  // a redirect, or one
                                                                                        // that asks to wait
  Decision on_failure(const Target& asked, ErrorPtr failure, TimePoint now);            // of the connection
  // Of an attempt at a replica, while the primary cannot be reached: it has been promoted.
  bool is_probing_replicas() const noexcept { return trouble_ != nullptr && trouble_->probing; }
  void on_promotion(const Target& asked, TimePoint now);
  // Nobody could be asked for a map.
  void on_no_map(TimePoint now);
  // It runs as one, and some of its keys have left a slot's owner, others not: neither node can run it. After
  // a pause it begins again at the owner.
  Decision on_split_keys(const Target& asked, std::string_view what, TimePoint now);
  // It is tried again at that time although nothing went wrong with its attempt.
  void begin_again(TimePoint at) {
    trouble().redirects = 0;
    trouble().due = at;
  }

  // By what the map knows now it belongs elsewhere than where it is under way; a command without keys, to any
  // other primary that does not let others wait.
  bool belongs_elsewhere(const Target& asked, TimePoint now) const;
  // An attempt before the one that is under way may have been executed.
  bool may_be_executed() const noexcept { return trouble_ != nullptr && trouble_->maybe_executed; }
  // It is sent elsewhere while that attempt may still be answered.
  void note_hedged() { trouble().maybe_executed = true; }

  // When the next attempt is due; in the past unless there is a reason to wait.
  TimePoint due() const noexcept { return trouble_ == nullptr ? TimePoint() : trouble_->due; }
  Deadline deadline() const noexcept { return deadline_; }
  // Until when to wait for it: a node that may still be ill leaves others half of the time.
  Deadline deadline_at(const Target& target, TimePoint now) const noexcept {
    return target.is_probe ? deadline_.sooner(now + deadline_.left(now) / 2) : deadline_;
  }
  TimePoint asked_at() const noexcept { return asked_at_; }  // when next() last said where to send it
  int attempts() const noexcept { return attempts_; }
  int slot() const noexcept { return slot_; }
  bool repeatable() const noexcept { return repeatable_; }
  ErrorPtr take_error() { return std::move(trouble().error); }
  // What is said at the deadline: the last answer that asked for patience, or the last failure.
  ErrorPtr out_of_time();

 private:
  Step next_slowly(TimePoint now);
  Step without_target(TimePoint now);
  Step done(ErrorPtr error);

  bool stays_where_it_is(Answer answer) const noexcept;
  Decision on_logged_out(const Target& asked, std::string_view line, TimePoint now);
  Decision on_redirect(const Target& asked, Answer answer, std::string_view line, TimePoint now);
  ErrorPtr what_is_wrong_with(const Redirect& redirect, const Target& asked, std::string_view line) const;
  Decision follow(const Target& asked, Node& node, int slot, Answer answer, std::string_view line,
                  TimePoint now);
  Decision on_timeout(const Target& asked, ErrorPtr failure, TimePoint now);
  Decision on_lost(const Target& asked, ErrorPtr failure, TimePoint now);
  Decision try_another_reader(const Target& asked, ErrorPtr reason, TimePoint now);
  Decision wait(ErrorPtr reason, TimePoint now);
  Decision fail(ErrorPtr error);

  Target by_map(TimePoint now);
  Node* any_primary(const SlotMap& map, TimePoint now) const;
  ErrorPtr no_route(const SlotMap& map) const;
  bool probe_replica();
  void blame_for_silence(Node& node, TimePoint now) noexcept;
  bool was_sent_away_by(const Node* node) const;
  ErrorPtr with_outcome_so_far(ErrorPtr error) const;
  void log(LogLevel level, std::string_view what, std::string_view message) const;

  // What a call has that did not succeed at once. Most calls do without.
  struct Trouble {
    Target target;                 // where a redirect or a probe leads; none: by the map
    const Place* place = nullptr;  // the one node that it is for; null: it may go where its slot is
    TimePoint due{};
    TimePoint began{};              // when the call first wanted to be sent
    std::vector<Node*> tried;       // readers that have failed
    std::vector<const Node*> left;  // nodes that have sent it elsewhere
    int redirects = 0;              // in a row; contradictions are waited out and do not count
    bool logged_in_again = false;
    bool maybe_executed = false;  // an earlier attempt's outcome is not known
    Backoff backoff{milliseconds(2), milliseconds(25)};

    // The map knows no node for it.
    bool waits_for_map = false;
    Topology::Ticket ticket{};  // of the map that it waits for

    // The primary cannot be reached, and its replicas are asked whether one of them has taken over.
    bool probing = false;
    int probes = 0;
    Node* unreachable = nullptr;
    ErrorPtr why_unreachable;

    ErrorPtr reason;  // why it is waiting
    ErrorPtr error;   // why it has failed
  };
  Trouble& trouble() {
    if (trouble_ == nullptr) {
      trouble_ = std::make_unique<Trouble>();
      trouble_->began = asked_at_;
    }
    return *trouble_;
  }

  const Context& context_;
  const Deadline deadline_;
  int slot_;
  const bool repeatable_;
  const ReadFrom from_;
  int attempts_ = 0;
  TimePoint asked_at_{};
  std::unique_ptr<Trouble> trouble_;  // null: none yet
};

}  // namespace rediscluster
