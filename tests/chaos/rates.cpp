#include "chaos/rates.h"

#include <algorithm>
#include <numeric>

namespace chaos {
namespace {

constexpr milliseconds kBucket(100);
constexpr milliseconds kWarm(100);     // after a pause of all callers
constexpr milliseconds kLateness(10);  // in a bucket: then it tells of the machine
constexpr std::size_t kEnough = 3;     // buckets
constexpr double kLeast = 0.95;
constexpr double kLeastInOneEvent = 0.8;

double mean(const std::vector<int>& counts) {
  return std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size());
}

double median(std::vector<int> counts) {
  std::sort(counts.begin(), counts.end());
  return (counts[(counts.size() - 1) / 2] + counts[counts.size() / 2]) / 2.0;
}

std::string percent(double ratio) { return std::to_string(static_cast<int>(ratio * 100)) + " %"; }

}  // namespace

void Rates::begin() {
  const std::lock_guard lock(mutex_);
  begin_ = Clock::now();
  for (auto& times : done_) times.clear();
}

void Rates::done(int shard) {
  const std::lock_guard lock(mutex_);
  done_[static_cast<std::size_t>(shard)].push_back(Clock::now());
}

std::vector<int> Rates::buckets(int shard, TimePoint from, TimePoint to) const {
  const auto& times = done_[static_cast<std::size_t>(shard)];
  std::vector<int> counts;
  for (TimePoint at = from; at + kBucket <= to; at += kBucket) {
    if (heartbeat_.lateness(at, at + kBucket) > kLateness) continue;
    counts.push_back(static_cast<int>(std::count_if(
        times.begin(), times.end(), [&](TimePoint time) { return time >= at && time < at + kBucket; })));
  }
  return counts;
}

void Rates::judge(const Event& event) {
  if (event.down_shard < 0) return;
  const std::lock_guard lock(mutex_);
  for (int shard = 0; shard < kHomeShards; ++shard) {
    if (shard == event.down_shard) continue;
    const auto before = buckets(shard, begin_ + kWarm, event.begin);
    const auto meanwhile = buckets(shard, event.begin, event.end);
    if (before.size() < kEnough || meanwhile.size() < kEnough) {
      ++skipped_;
      continue;
    }
    ++compared_;
    // The median overlooks a stall of the machine, the mean of many buckets evens it out.
    const double ratio =
        std::max(mean(meanwhile) / mean(before), median(meanwhile) / std::max(median(before), 1.0));
    lowest_ = std::min(lowest_, ratio);
    sum_ += std::min(ratio, 1.0);
    if (ratio >= kLeastInOneEvent) continue;
    witness_.violation("rate: shard " + std::to_string(shard) + " fell to " + percent(ratio) +
                       " of its rate while shard " + std::to_string(event.down_shard) + " was down");
  }
}

void Rates::judge_all() {
  if (average() < kLeast)
    witness_.violation("rates: the shards that were up kept only " + percent(average()) + " of their rates");
}

void PacedReads::step() {
  const int tag = World::fixed_tag(shard_);
  Error error;
  const Reply reply =
      command({"GET, paced", tag, true}, {"GET", world_.tags()[static_cast<std::size_t>(tag)].name}, error);
  if (reply != nullptr) rates_.done(shard_);
}

}  // namespace chaos
