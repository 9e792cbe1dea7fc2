// Writes with unique ids, each into the list (or set) of its tag: what became of them, and what the servers
// have.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "chaos/event.h"

namespace chaos {

enum class Fate { kUnknown, kAcknowledged, kNotExecuted };

Fate fate_of(const rc_error* error);  // NULL: acknowledged

class Ledger {
 public:
  Ledger(const World& world, std::string name) : world_(world), name_(std::move(name)) {}

  void begin(int round);

  std::string key(int tag, const char* suffix = "") const;
  std::string issue(int tag);
  void settle(int tag, const std::string& id, Fate fate);

  // What is wrong with the ids that the servers have. Ids that callers took out again are `taken`.
  Words check(const Event& event, int tag, const Words& found, const Words& taken = {},
              long may_be_taken = 0) const;

  long acknowledged(int tag) const;

 private:
  struct Write {
    int tag;
    Fate fate;
    TimePoint acknowledged;
  };

  const World& world_;
  const std::string name_;
  std::string round_;
  mutable std::mutex mutex_;
  long issued_ = 0;
  std::unordered_map<std::string, Write> writes_;  // by id
};

}  // namespace chaos
