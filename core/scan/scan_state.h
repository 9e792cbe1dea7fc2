// How far a scan has come: what is proven of which slots, and what is to be asked next. It only keeps books:
// it has no connection, no clock, and asks nobody.
//
// A slot is asked in one of two ways. In a pass, a node is asked for all its keys page by page; at every page
// it says whether it still has all of a slot, and the slots of which it says so at each are done with the
// last. (At every page, not at both ends only: a slot that left and came back meanwhile took its keys along.)
// The others are asked one by one, each at once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scan/node_view.h"

namespace rediscluster {

class ScanState {
 public:
  enum class Slot : std::uint8_t {
    kOutside,   // no key that is looked for can be there
    kWaiting,   // for a pass
    kInPass,    // of the pass under way
    kBySlot,    // to be asked by itself
    kDone,      // every key was seen that was there all the time
    kDoubtful,  // that cannot be proven
  };

  // A node that is being asked for all its keys.
  struct Pass {
    std::string node;     // "127.0.0.1:7000"
    std::string process;  // its run id: a cursor is good for one process
    std::string cursor;   // for the next page
    // By CLUSTERSCAN, whose cursor says which slots are finished, and is good for any process.
    bool tells_slots = false;
  };

  static constexpr int kMaxTries = 20;  // of a slot, after which it is doubtful

  explicit ScanState(int only_slot = -1);  // -1: all of them

  Slot at(int slot) const noexcept { return slots_[static_cast<std::size_t>(slot)].state; }
  const std::optional<Pass>& pass() const noexcept { return pass_; }
  bool waits() const noexcept { return any(Slot::kWaiting); }
  bool finished() const noexcept;
  std::vector<int> all(Slot state) const;
  // Of kBySlot: those that were tried least often stand first.
  std::vector<int> by_slot() const;

  // ---- a pass ----

  // A node's word at the first page. Claims the slots that wait, are all there, and are not before `first`;
  // in a pass that tells slots only up to the first that is another node's. False: nothing that waits is
  // there.
  bool begin(Pass pass, const NodeView& view, int first = 0);
  // Its word at each page: what is not all there any more is asked by slot. `node`: who says it.
  void hear(const std::string& node, const NodeView& view);
  // The page was read. `cursor`: for the next one.
  void turn_page(std::string cursor);
  // It cannot go on: its node is another process now, or owns nothing of it any more.
  void abandon();

  // ---- by slot ----

  void settle(int slot) noexcept { set(slot, Slot::kDone); }
  void ask_alone(int slot) noexcept { set(slot, Slot::kBySlot); }
  // It could not be proven.
  void try_again(int slot) noexcept;
  // It waits for another pass: it has too many keys to be asked for at once, or its owner is not known yet.
  void wait_again(int slot) noexcept;
  // A node that has said that it imports the slot, by which the owner need not know of it: a source that died
  // is followed by a replica without the mark. "": none.
  std::string importer(int slot) const;
  void forget_importer(int slot) noexcept;

  // Nobody could be asked.
  void give_up(const std::vector<int>& slots) noexcept;

  // For the cursor's text.
  void set(int slot, Slot state) noexcept;
  void set_pass(Pass pass) { pass_ = std::move(pass); }

 private:
  struct Entry {
    Slot state;
    std::uint8_t tries;
  };

  bool any(Slot state) const noexcept { return counts_[static_cast<std::size_t>(state)] > 0; }
  bool count_try(int slot) noexcept;  // false: it is doubtful now
  void note_importer(const std::string& node, const NodeView& view);

  std::vector<Entry> slots_;                            // not in place: a thread's stack may be small
  std::array<int, 6> counts_{};                         // of each state
  std::vector<std::pair<int, std::string>> importers_;  // of slots that are asked by themselves because of it
  std::optional<Pass> pass_;
};

}  // namespace rediscluster
