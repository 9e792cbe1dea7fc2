#include "chaos/ledger.h"

namespace chaos {

Fate fate_of(const rc_error* error) {
  if (error == nullptr) return Fate::kAcknowledged;
  const int outcome = rc_error_outcome(error);
  return outcome == RC_OUTCOME_NOT_SENT || outcome == RC_OUTCOME_REFUSED ? Fate::kNotExecuted
                                                                         : Fate::kUnknown;
}

void Ledger::begin(int round) {
  const std::lock_guard lock(mutex_);
  round_ = std::to_string(round);
  std::unordered_map<std::string, Write>().swap(writes_);
}

std::string Ledger::key(int tag, const char* suffix) const {
  return world_.tags()[static_cast<std::size_t>(tag)].name + name_ + suffix + "." + round_;
}

std::string Ledger::issue(int tag) {
  const std::lock_guard lock(mutex_);
  std::string id = std::to_string(++issued_);
  writes_[id] = {tag, Fate::kUnknown, {}};
  return id;
}

void Ledger::settle(int tag, const std::string& id, Fate fate) {
  const std::lock_guard lock(mutex_);
  writes_[id] = {tag, fate, Clock::now()};
}

Words Ledger::check(const Event& event, int tag, const Words& found, const Words& taken,
                    long may_be_taken) const {
  const std::lock_guard lock(mutex_);
  Words wrong;
  const auto complain = [&](const std::string& id, const char* what) {
    wrong.push_back(name_ + ": " + what + ": id " + id + " at " + key(tag));
  };
  std::unordered_map<std::string, int> times;
  for (const auto* ids : {&found, &taken}) {
    for (const auto& id : *ids) ++times[id];
  }
  for (const auto& [id, count] : times) {
    const auto write = writes_.find(id);
    if (write == writes_.end() || write->second.tag != tag) {
      complain(id, "nobody wrote it there");
    } else if (write->second.fate == Fate::kNotExecuted) {
      complain(id, "executed in spite of its outcome");
    } else if (count > 1 && !(taken.empty() ? false : event.may_lose(world_, tag))) {
      complain(id, "executed twice");
    }
  }
  long missing = 0;
  for (const auto& [id, write] : writes_) {
    if (write.tag != tag || write.fate != Fate::kAcknowledged || times.contains(id)) continue;
    if (event.may_lose(world_, tag, write.acknowledged)) continue;
    if (++missing > may_be_taken) complain(id, "acknowledged, but lost");
  }
  return wrong;
}

long Ledger::acknowledged(int tag) const {
  const std::lock_guard lock(mutex_);
  long count = 0;
  for (const auto& entry : writes_)
    count += entry.second.tag == tag && entry.second.fate == Fate::kAcknowledged;
  return count;
}

}  // namespace chaos
