// One round of a refresh: from the first node that is asked to a view that is believed, or until every
// candidate has failed. Nothing here waits, or knows of threads: it is guarded by its refresher.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "topology/refresh_query.h"

namespace rediscluster {

enum class RefreshState : std::uint8_t {
  kIdle,           // No round is under way; the last one ended with a view, or there has been none.
  kAsking,         // Nodes are asked. None has told a view yet.
  kHearingSecond,  // A routine round: one view was believed, and another node is to be heard.
  kDoubting,       // A view has come that counts only if others say the same.
  kBackingOff,     // Every node has failed. The next round begins after a pause, or with one who waits.
};

class RefreshRound {
 public:
  // Why it is made. A call that met something unexpected has a reason to doubt the map: one view is enough.
  // A routine look has none: two nodes are heard, since one that is cut off would tell nothing new.
  enum class Reason : std::uint8_t { kWanted, kRoutine };

  RefreshState state() const noexcept { return state_; }
  void set_reason(Reason reason) noexcept { reason_ = reason; }

  bool has_asked(const Node& node) const { return asked_.contains(&node); }
  void note_asked(const Node& node, TimePoint now);
  TimePoint last_asked_at() const noexcept { return last_asked_at_; }
  // The node may be asked again.
  void forget_asked(const Node& node) { asked_.erase(&node); }
  // The node was asked in this round, or in one that is over.
  void note_asked_before(const Node& node);
  std::vector<std::unique_ptr<RefreshQuery>>& queries() noexcept { return queries_; }

  // A view was believed. True: no other is needed.
  bool note_believed(std::uint64_t requests) noexcept;
  void note_doubted(std::uint64_t requests, TimePoint now) noexcept;
  // Those who could confirm a view have had time enough.
  bool doubts_for_too_long(TimePoint now) const noexcept;
  // The requests that the view meets which was believed, and the first that was not.
  std::optional<std::uint64_t> believed() const noexcept { return believed_; }
  std::optional<std::uint64_t> doubted() const noexcept { return doubted_; }

  // Keeps the most telling failure of the round.
  void blame(ErrorPtr error) noexcept;
  // For an error: who was asked, how far that went, and what went wrong.
  std::string describe() const;

  // Makes ready for the next. Returns the most telling failure of one that ends without a view.
  ErrorPtr end(bool answered) noexcept;

 private:
  void begin_unless_under_way() noexcept;

  RefreshState state_ = RefreshState::kIdle;
  Reason reason_ = Reason::kWanted;
  std::vector<std::unique_ptr<RefreshQuery>> queries_;  // under way, oldest first
  std::set<const Node*> asked_;
  TimePoint last_asked_at_{};
  std::optional<std::uint64_t> believed_;
  std::optional<std::uint64_t> doubted_;
  TimePoint doubted_at_{};
  ErrorPtr worst_;
};

}  // namespace rediscluster
