#include "topology/refresh_round.h"

#include "base/text.h"

namespace rediscluster {
namespace {

// So long a view that others have yet to confirm waits for them.
constexpr Duration kWaitForDoubters = std::chrono::seconds(2);

// Of several failures the one that says most about what to do.
int weight(Code code) noexcept {
  switch (code) {
    case Code::kClosed:
      return 7;
    case Code::kAuth:
    case Code::kTls:
    case Code::kUnsupported:
      return 6;
    case Code::kServer:
      return 5;
    case Code::kClusterDown:
      return 4;
    case Code::kProtocol:
      return 3;
    case Code::kTimeout:
      return 2;
    default:
      return 1;
  }
}

}  // namespace

void RefreshRound::begin_unless_under_way() noexcept {
  if (state_ == RefreshState::kIdle || state_ == RefreshState::kBackingOff) state_ = RefreshState::kAsking;
}

void RefreshRound::note_asked(const Node& node, TimePoint now) {
  note_asked_before(node);
  last_asked_at_ = now;
}

void RefreshRound::note_asked_before(const Node& node) {
  asked_.insert(&node);
  begin_unless_under_way();
}

bool RefreshRound::note_believed(std::uint64_t requests) noexcept {
  doubted_.reset();
  const bool first = !believed_;
  believed_ = requests;
  if (reason_ == Reason::kWanted || !first) return true;
  state_ = RefreshState::kHearingSecond;
  return false;
}

void RefreshRound::note_doubted(std::uint64_t requests, TimePoint now) noexcept {
  state_ = RefreshState::kDoubting;
  if (doubted_) return;
  doubted_ = requests;
  doubted_at_ = now;
}

bool RefreshRound::doubts_for_too_long(TimePoint now) const noexcept {
  return state_ == RefreshState::kDoubting && now - doubted_at_ >= kWaitForDoubters;
}

void RefreshRound::blame(ErrorPtr error) noexcept {
  if (worst_ == nullptr || weight(error->code) > weight(worst_->code)) worst_ = std::move(error);
}

std::string RefreshRound::describe() const {
  std::string names;
  for (const Node* node : asked_) {
    append_text(names, names.empty() ? "; asked: " : ", ");
    append_text(names, node->name());
    for (const auto& query : queries_) {
      if (&query->node() == node) append_text(names, query->pending_step());
    }
  }
  if (worst_ != nullptr) append_text(names, text("; ", worst_->message));
  return names;
}

ErrorPtr RefreshRound::end(bool answered) noexcept {
  queries_.clear();
  asked_.clear();
  reason_ = Reason::kWanted;
  believed_.reset();
  doubted_.reset();
  state_ = answered ? RefreshState::kIdle : RefreshState::kBackingOff;
  ErrorPtr worst = std::move(worst_);
  worst_.reset();
  return answered ? nullptr : std::move(worst);
}

}  // namespace rediscluster
