// Keys that one thread alone writes and reads: every value tells whose it is and which, so that a reply to
// somebody else is seen at once.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "chaos/ledger.h"
#include "chaos/witness.h"

namespace chaos {

class Registers {
 public:
  Registers(const World& world, Witness& witness, int owner)
      : world_(world), witness_(witness), owner_(owner) {}

  void begin(int round);

  std::string key(int tag) const;

  // The next value for the tag's key: at least so many bytes.
  std::string next(int tag, std::size_t size);
  void settle(int tag, Fate fate);  // of the value that next() gave last

  // What GET answered; NULL for nil. Something older than acknowledged is judged when the round has ended.
  void read(int tag, const std::string* value);

  void judge(const Event& event);

 private:
  struct Register {
    long issued = 0;
    std::size_t size = 0;
    long acknowledged = 0;
    std::set<long> unknown;
  };

  std::string value(int tag, long number, std::size_t size) const;
  std::optional<long> number_of(int tag, const std::string& value) const;

  const World& world_;
  Witness& witness_;
  const int owner_;
  std::string round_;
  std::vector<Register> registers_;
  std::vector<int> stale_;  // tags
};

}  // namespace chaos
