#include "scan/scan_state.h"

#include <algorithm>

#include "commands/key_slot.h"

namespace rediscluster {

ScanState::ScanState(int only_slot)
    : slots_(kSlotCount, {only_slot < 0 ? Slot::kWaiting : Slot::kOutside, 0}) {
  counts_[static_cast<std::size_t>(slots_.front().state)] = kSlotCount;
  if (only_slot >= 0) set(only_slot, Slot::kBySlot);
}

void ScanState::set(int slot, Slot state) noexcept {
  Slot& now = slots_[static_cast<std::size_t>(slot)].state;
  --counts_[static_cast<std::size_t>(now)];
  ++counts_[static_cast<std::size_t>(state)];
  now = state;
}

bool ScanState::finished() const noexcept {
  return !pass_ && !any(Slot::kWaiting) && !any(Slot::kInPass) && !any(Slot::kBySlot);
}

std::vector<int> ScanState::all(Slot state) const {
  std::vector<int> found;
  if (!any(state)) return found;
  for (int slot = 0; slot < kSlotCount; ++slot) {
    if (at(slot) == state) found.push_back(slot);
  }
  return found;
}

std::vector<int> ScanState::by_slot() const {
  std::vector<int> found = all(Slot::kBySlot);
  std::stable_sort(found.begin(), found.end(), [&](int one, int other) {
    return slots_[static_cast<std::size_t>(one)].tries < slots_[static_cast<std::size_t>(other)].tries;
  });
  return found;
}

bool ScanState::begin(Pass pass, const NodeView& view, int first) {
  note_importer(pass.node, view);
  bool claimed = false;
  for (int slot = first; slot < kSlotCount; ++slot) {
    if (pass.tells_slots && !view.owns(slot)) break;
    if (at(slot) != Slot::kWaiting || !view.owns(slot)) continue;
    set(slot, view.has_all_of(slot) ? Slot::kInPass : Slot::kBySlot);
    claimed = true;
  }
  if (any(Slot::kInPass)) pass_ = std::move(pass);
  return claimed;
}

void ScanState::hear(const std::string& node, const NodeView& view) {
  note_importer(node, view);
  for (int slot = 0; slot < kSlotCount; ++slot) {
    if (at(slot) == Slot::kInPass && !view.has_all_of(slot)) set(slot, Slot::kBySlot);
  }
  if (!any(Slot::kInPass)) pass_.reset();
}

// Once a slot: it may be imported for as long as the scan takes.
void ScanState::note_importer(const std::string& node, const NodeView& view) {
  for (const NodeView::Mark& mark : view.arriving) {
    const Slot state = at(mark.slot);
    if (view.owns(mark.slot) || state == Slot::kOutside || state == Slot::kDoubtful) continue;
    if (!importer(mark.slot).empty()) continue;
    importers_.emplace_back(mark.slot, node);
    set(mark.slot, Slot::kBySlot);
  }
}

std::string ScanState::importer(int slot) const {
  const auto found = std::find_if(importers_.begin(), importers_.end(),
                                  [&](const auto& importer) { return importer.first == slot; });
  return found == importers_.end() ? std::string() : found->second;
}

void ScanState::forget_importer(int slot) noexcept {
  std::erase_if(importers_, [&](const auto& importer) { return importer.first == slot; });
}

void ScanState::turn_page(std::string cursor) {
  if (!pass_) return;  // nothing of it is left
  int done = 0;        // the slots before it are
  if (cursor == "0") {
    done = kSlotCount;
  } else if (pass_->tells_slots) {
    done = key_slot(cursor);  // it has a hash tag for that
  }
  for (int slot = 0; slot < done; ++slot) {
    if (at(slot) == Slot::kInPass) set(slot, Slot::kDone);
  }
  if (any(Slot::kInPass)) {
    pass_->cursor = std::move(cursor);
  } else {
    pass_.reset();
  }
}

// A pass that tells slots has left nothing behind that is not done. What it was in the middle of may not go
// on for ever, though.
void ScanState::abandon() {
  const bool tells_slots = pass_ && pass_->tells_slots;
  bool first = true;
  for (int slot = 0; slot < kSlotCount; ++slot) {
    if (at(slot) != Slot::kInPass) continue;
    if (!tells_slots) {
      set(slot, Slot::kBySlot);
    } else if (!std::exchange(first, false) || count_try(slot)) {
      set(slot, Slot::kWaiting);
    }
  }
  pass_.reset();
}

bool ScanState::count_try(int slot) noexcept {
  if (++slots_[static_cast<std::size_t>(slot)].tries <= kMaxTries) return true;
  set(slot, Slot::kDoubtful);
  return false;
}

void ScanState::try_again(int slot) noexcept {
  if (count_try(slot)) set(slot, Slot::kBySlot);
}

void ScanState::give_up(const std::vector<int>& slots) noexcept {
  for (const int slot : slots) set(slot, Slot::kDoubtful);
  if (!any(Slot::kInPass)) pass_.reset();
}

void ScanState::wait_again(int slot) noexcept {
  if (count_try(slot)) set(slot, Slot::kWaiting);
}

}  // namespace rediscluster
