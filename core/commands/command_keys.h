// The keys among the arguments of a command, and the slot they share.
#pragma once

#include <array>
#include <cstddef>

#include "base/args.h"
#include "commands/command_spec.h"
#include "commands/key_slot.h"

namespace rediscluster {

enum class KeyScan {
  kDone,
  kAskServer,  // only COMMAND GETKEYS knows
};

// Arguments first, first + step, ... up to last.
struct KeyRange {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t step = 1;
};

struct KeyRanges {
  std::array<KeyRange, kMaxKeySpecs> ranges;
  std::size_t count = 0;
  bool ask_server = false;

  void add(KeyRange range) noexcept { ranges[count++] = range; }
};

// Arguments that make no sense (too few, a number of keys that is none) give no keys: the server will say
// why.
KeyRanges find_keys(const CommandSpec& spec, const Args& args) noexcept;

// visit(i) for every argument that is a key, or is routed as one.
template <class Visitor>
KeyScan scan_keys(const CommandSpec& spec, const Args& args, Visitor&& visit) {
  const KeyRanges keys = find_keys(spec, args);
  for (std::size_t r = 0; r < keys.count; ++r) {
    const KeyRange& range = keys.ranges[r];
    for (std::size_t i = range.first; i <= range.last; i += range.step) visit(i);
  }
  return keys.ask_server ? KeyScan::kAskServer : KeyScan::kDone;
}

struct KeySlot {
  int slot = -1;  // -1: no keys
  bool cross_slot = false;
  bool ask_server = false;
};

void find_slot_by_rule(const CommandSpec& spec, const Args& args, KeySlot& found) noexcept;
inline void find_slot(const CommandSpec& spec, const Args& args, KeySlot& found) noexcept {
  if (spec.key_rule == KeyRule::kOneKey && args.size() >= spec.min_args()) [[likely]] {
    found.slot = key_slot(args[spec.only_key]);
  } else {
    find_slot_by_rule(spec, args, found);
  }
}
inline KeySlot slot_of(const CommandSpec& spec, const Args& args) noexcept {
  KeySlot keys;
  find_slot(spec, args, keys);
  return keys;
}

}  // namespace rediscluster
