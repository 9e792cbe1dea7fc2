// All that was written in a round, and the comparison with what the servers have.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "chaos/ledger.h"
#include "chaos/registers.h"
#include "chaos/witness.h"

namespace chaos {

// INCRs of one key a tag.
class Counts {
 public:
  explicit Counts(const World& world) : world_(world) {}

  void begin(int round);
  std::string key(int tag) const;
  void settle(int tag, Fate fate, long long value);
  Words check(const Event& event, int tag, long long value) const;

 private:
  struct Count {
    std::vector<TimePoint> acknowledged;
    std::multiset<long long> values;
    long unknown = 0;
  };

  const World& world_;
  std::string round_;
  mutable std::mutex mutex_;
  std::vector<Count> counts_;
};

// BLPOPs from the lists of the queue's ledger.
class Pops {
 public:
  void begin(std::size_t tags);
  void popped(int tag, const std::string& id);
  void unknown(int tag);
  Words taken(int tag) const;
  long may_be_taken(int tag) const;

 private:
  struct Popped {
    Words ids;
    long unknown = 0;
  };
  mutable std::mutex mutex_;
  std::vector<Popped> pops_;
};

struct Books {
  Books(const World& world, Witness& witness);

  void begin(int round);

  // With all callers paused: what is wrong.
  void check(const Event& event);

  Registers& registers_of_new_owner();

  const World& world;
  Witness& witness;
  Ledger single, piped, paired, watched, added, queue;
  Counts counts;
  Pops pops;

 private:
  Words check_tag(const Event& event, int tag) const;

  std::vector<std::unique_ptr<Registers>> registers_;
};

}  // namespace chaos
