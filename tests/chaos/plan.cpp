#include "chaos/plan.h"

#include <utility>

namespace chaos {

Step Plan::next() {
  if (bag_.empty()) {
    for (int kind = 0; kind < kKinds; ++kind) bag_.push_back(static_cast<Kind>(kind));
    for (std::size_t i = bag_.size() - 1; i > 0; --i) std::swap(bag_[i], bag_[random_() % (i + 1)]);
  }
  Step step{bag_.front(), {}};
  bag_.pop_front();
  for (auto& number : step.numbers) number = static_cast<unsigned>(random_());
  return step;
}

}  // namespace chaos
