#include "chaos/plan.h"

#include <algorithm>
#include <utility>

namespace chaos {

Plan::Plan(unsigned seed) : random_(seed) {
  fill();
  // A short run shows most when it begins with these.
  std::stable_partition(bag_.begin(), bag_.end(), [](Kind kind) {
    return kind == Kind::kRandomFaults || kind == Kind::kMoveSlots || kind == Kind::kFailover ||
           kind == Kind::kElection;
  });
}

void Plan::fill() {
  for (int kind = 0; kind < kKinds; ++kind) bag_.push_back(static_cast<Kind>(kind));
  for (std::size_t i = bag_.size() - 1; i > 0; --i) std::swap(bag_[i], bag_[random_() % (i + 1)]);
}

Step Plan::next() {
  if (bag_.empty()) fill();
  Step step{bag_.front(), {}};
  bag_.pop_front();
  for (auto& number : step.numbers) number = static_cast<unsigned>(random_());
  return step;
}

}  // namespace chaos
