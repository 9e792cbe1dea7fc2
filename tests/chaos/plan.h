// What the adversary does, one event after the other: the same for the same seed.
#pragma once

#include <array>
#include <deque>
#include <random>

namespace chaos {

enum class Kind {
  kElection,
  kMoveSlots,
  kRandomFaults,
  kFailover,
  kStopLong,
  kRestartPrimary,
  kResize,
  kCloseAll,
  kMute,
  kStopShort,
  kRefuse,
  kRestartReplica,
  kStall,
  kDelay,
  kRefresh,
  kQuiet
};
constexpr int kKinds = 16;

struct Step {
  Kind kind;
  std::array<unsigned, 4> numbers;  // for whatever it has to choose
};

class Plan {
 public:
  explicit Plan(unsigned seed);
  Step next();

 private:
  void fill();

  std::mt19937 random_;
  std::deque<Kind> bag_;  // every kind comes before one comes again
};

}  // namespace chaos
