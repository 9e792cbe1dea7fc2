#include "chaos/books.h"

#include <algorithm>

namespace chaos {
namespace {

constexpr int kSettleMs = 2000;

long long number(const Words& lines) { return lines.empty() ? 0 : std::atoll(lines[0].c_str()); }

void append(Words& to, const Words& more) { to.insert(to.end(), more.begin(), more.end()); }

}  // namespace

// ---- INCR ----

void Counts::begin(int round) {
  const std::lock_guard lock(mutex_);
  round_ = std::to_string(round);
  std::vector<Count>(world_.tags().size()).swap(counts_);
}

std::string Counts::key(int tag) const {
  return world_.tags()[static_cast<std::size_t>(tag)].name + "count." + round_;
}

void Counts::settle(int tag, Fate fate, long long value) {
  const std::lock_guard lock(mutex_);
  Count& count = counts_[static_cast<std::size_t>(tag)];
  if (fate == Fate::kUnknown) ++count.unknown;
  if (fate != Fate::kAcknowledged) return;
  count.acknowledged.push_back(Clock::now());
  count.values.insert(value);
}

Words Counts::check(const Event& event, int tag, long long value) const {
  const std::lock_guard lock(mutex_);
  const Count& count = counts_[static_cast<std::size_t>(tag)];
  const auto issued = static_cast<long long>(count.acknowledged.size()) + count.unknown;
  const auto kept = std::count_if(count.acknowledged.begin(), count.acknowledged.end(),
                                  [&](TimePoint at) { return !event.may_lose(world_, tag, at); });
  const std::string told = ": " + key(tag) + " is " + std::to_string(value);
  Words wrong;
  if (value > issued)
    wrong.push_back("count: executed twice" + told + " after " + std::to_string(issued) + " INCR");
  if (value < kept)
    wrong.push_back("count: acknowledged, but lost" + told + " after " + std::to_string(kept) + " INCR");
  if (event.may_lose(world_, tag)) return wrong;
  const bool unique = std::adjacent_find(count.values.begin(), count.values.end()) == count.values.end();
  if (!unique) wrong.push_back("count: two INCR of " + key(tag) + " got the same reply");
  return wrong;
}

// ---- BLPOP ----

void Pops::begin(std::size_t tags) {
  const std::lock_guard lock(mutex_);
  std::vector<Popped>(tags).swap(pops_);
}

void Pops::popped(int tag, const std::string& id) {
  const std::lock_guard lock(mutex_);
  pops_[static_cast<std::size_t>(tag)].ids.push_back(id);
}

void Pops::unknown(int tag) {
  const std::lock_guard lock(mutex_);
  ++pops_[static_cast<std::size_t>(tag)].unknown;
}

Words Pops::taken(int tag) const {
  const std::lock_guard lock(mutex_);
  return pops_[static_cast<std::size_t>(tag)].ids;
}

long Pops::may_be_taken(int tag) const {
  const std::lock_guard lock(mutex_);
  return pops_[static_cast<std::size_t>(tag)].unknown;
}

// ---- all ----

Books::Books(const World& of_world, Witness& of_witness)
    : world(of_world),
      witness(of_witness),
      single(world, "single"),
      piped(world, "piped"),
      paired(world, "paired"),
      watched(world, "watched"),
      added(world, "added"),
      queue(world, "queue"),
      counts(world) {}

void Books::begin(int round) {
  for (Ledger* ledger : {&single, &piped, &paired, &watched, &added, &queue}) ledger->begin(round);
  counts.begin(round);
  pops.begin(world.tags().size());
  for (const auto& mine : registers_) mine->begin(round);
}

Registers& Books::registers_of_new_owner() {
  registers_.push_back(std::make_unique<Registers>(world, witness, static_cast<int>(registers_.size())));
  return *registers_.back();
}

void Books::check(const Event& event) {
  for (const auto& mine : registers_) mine->judge(event);
  for (int tag = 0; tag < kTags; ++tag) {
    Words wrong;
    // What a caller had given up may be executed only now.
    TEST_WAIT((wrong = check_tag(event, tag)).empty(), kSettleMs);
    for (const auto& text : wrong) witness.violation(text);
  }
}

Words Books::check_tag(const Event& event, int tag) const {
  const auto list = [&](const std::string& key) { return world.ask(tag, "LRANGE %s 0 -1", key); };
  Words wrong;
  append(wrong, single.check(event, tag, list(single.key(tag))));
  append(wrong, piped.check(event, tag, list(piped.key(tag))));
  append(wrong, added.check(event, tag, world.ask(tag, "SMEMBERS %s", added.key(tag))));
  append(wrong, queue.check(event, tag, list(queue.key(tag)), pops.taken(tag), pops.may_be_taken(tag)));
  append(wrong, counts.check(event, tag, number(world.ask(tag, "GET %s", counts.key(tag)))));

  const Words paired_ids = list(paired.key(tag));
  append(wrong, paired.check(event, tag, paired_ids));
  if (paired_ids != list(paired.key(tag, "twin")) ||
      static_cast<long long>(paired_ids.size()) !=
          number(world.ask(tag, "GET %s", paired.key(tag, "count")))) {
    wrong.push_back("paired: a transaction at " + paired.key(tag) + " was executed in part");
  }
  const Words watched_ids = list(watched.key(tag));
  append(wrong, watched.check(event, tag, watched_ids));
  const auto value = number(world.ask(tag, "GET %s", watched.key(tag, "value")));
  if (value != static_cast<long long>(watched_ids.size())) {
    wrong.push_back("watched: " + watched.key(tag, "value") + " is " + std::to_string(value) + " after " +
                    std::to_string(watched_ids.size()) + " executions");
  }
  return wrong;
}

}  // namespace chaos
