// While one shard is down the others must keep their pace: a caller a shard that does nothing but read.
#pragma once

#include <mutex>
#include <vector>

#include "chaos/caller.h"

namespace chaos {

class Rates {
 public:
  Rates(Witness& witness, const Heartbeat& heartbeat)
      : witness_(witness), heartbeat_(heartbeat), done_(kHomeShards) {}

  void begin();  // a round
  void done(int shard);

  // Compares the pace during the event with that before it.
  void judge(const Event& event);

  // At the end of the run: the events taken together, which evens out what else the machine was doing.
  void judge_all();

  int compared() const { return compared_; }
  int skipped() const { return skipped_; }  // where the machine was too busy to tell
  double lowest() const { return lowest_; }
  double average() const { return compared_ == 0 ? 1 : sum_ / compared_; }

 private:
  std::vector<int> buckets(int shard, TimePoint from, TimePoint to) const;

  Witness& witness_;
  const Heartbeat& heartbeat_;
  mutable std::mutex mutex_;
  TimePoint begin_;
  std::vector<std::vector<TimePoint>> done_;  // by shard
  int compared_ = 0;
  int skipped_ = 0;
  double lowest_ = 1;
  double sum_ = 0;
};

// Reads from one shard all the time.
class PacedReads : public Caller {
 public:
  PacedReads(World& world, Books& books, unsigned seed, Rates& rates, int shard)
      : Caller(world, books, seed), rates_(rates), shard_(shard) {}
  void step() override;

 private:
  Rates& rates_;
  const int shard_;
};

}  // namespace chaos
