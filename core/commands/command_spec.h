// What the client knows about a command: where its keys are and how it may be sent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "commands/command_policy.h"

namespace rediscluster {

enum CommandFlag : std::uint16_t {
  kReadOnly = 1 << 0,     // may be sent again when its reply was lost
  kWrite = 1 << 1,        //
  kBlocking = 1 << 2,     // may keep its connection waiting: ask may_block()
  kMovableKeys = 1 << 3,  // the server cannot tell its keys from fixed positions alone
  kPubSub = 1 << 4,       //
  kContainer = 1 << 5,    // its first argument names a subcommand
  kPrimaryOnly = 1 << 6,  // only reads, but what it reads differs from node to node
  kAnyText = 1 << 7,      // may answer with an error of any text: it runs what others wrote
  kInParts = 1 << 8,      // may be sent in parts, by its keys: its request policy is kMultiShard
  kVaries = 1 << 9,       // what it means to a cluster depends on its arguments: find_variant()
};

// Key specifications as Redis 7 describes them: where to start, then which arguments from there on are keys.
enum class BeginSearch : std::uint8_t { kUnknown, kIndex, kKeyword };
enum class FindKeys : std::uint8_t { kUnknown, kRange, kKeyNum };

enum KeySpecFlag : std::uint8_t {
  kNotKey = 1 << 0,      // not a key, but routed as one (the channel of SPUBLISH)
  kIncomplete = 1 << 1,  // there may be keys that this does not find
};

struct KeySpecBegin {
  BeginSearch kind = BeginSearch::kUnknown;
  std::int16_t position = 0;  // kIndex: the argument; kKeyword: where to look from, from the end if negative
  const char* keyword = nullptr;
};

struct KeySpecFind {
  FindKeys kind = FindKeys::kUnknown;
  std::int16_t last = 0;   // kRange: relative to the beginning, or to the end if negative
  std::int16_t limit = 0;  // kRange with last -1: only 1/limit of the remaining arguments
  std::int16_t count = 0;  // kKeyNum: where the number of keys stands, relative to the beginning
  std::int16_t first = 0;  // kKeyNum: the first key, relative to the beginning
  std::int16_t step = 1;
};

struct KeySpec {
  KeySpecBegin begin;
  KeySpecFind find;
  std::uint8_t flags = 0;
};

// How the keys of a command are found.
enum class KeyRule : std::uint8_t {
  kNone,       // it has none
  kOneKey,     // the argument at `only_key`, nothing else
  kSpecs,      // as its key specs say
  kSort,       // SORT key ... STORE key: its specs leave STORE out
  kSlot,       // none, but the argument at `only_key` is the number of a slot
  kMigrate,    // MIGRATE host port key|"" ... KEYS key...: its specs are incomplete
  kAskServer,  // only the server's COMMAND GETKEYS can tell
};

inline constexpr std::size_t kMaxKeySpecs = 3;

struct CommandSpec {
  std::string_view name;  // lower case; "xinfo|stream" for a subcommand
  std::uint16_t flags = 0;
  std::int16_t arity = -1;  // arguments with the command's name; -n: n or more
  KeyRule key_rule = KeyRule::kNone;
  std::uint8_t only_key = 0;
  std::uint8_t key_spec_count = 0;
  RequestPolicy request_policy = RequestPolicy::kNone;
  ResponsePolicy response_policy = ResponsePolicy::kNone;
  Refusal refusal = Refusal::kNone;
  // Not null where `refusal` is not kNone. The reason follows the command's name ("would change the state of
  // a shared connection"), the advice says what to do instead.
  const char* refused_reason = nullptr;
  const char* refused_advice = nullptr;
  std::array<KeySpec, kMaxKeySpecs> key_specs{};

  constexpr bool has(CommandFlag flag) const noexcept { return (flags & flag) != 0; }
  constexpr bool has_any(int of) const noexcept { return (flags & of) != 0; }
  // A replica gives the same answer as the primary, if it does not lag behind.
  constexpr bool may_ask_replica() const noexcept {
    return (flags & (kReadOnly | kPrimaryOnly)) == kReadOnly;
  }
  constexpr std::size_t min_args() const noexcept {
    return static_cast<std::size_t>(arity < 0 ? -arity : arity);
  }
};

// The rule that follows from flags and key specs alone. Called once a command, when its table is built.
constexpr void settle_key_rule(CommandSpec& spec) noexcept {
  spec.key_rule = spec.key_spec_count == 0 ? KeyRule::kNone : KeyRule::kSpecs;
  for (std::size_t i = 0; i < spec.key_spec_count; ++i) {
    const KeySpec& keys = spec.key_specs[i];
    if (keys.begin.kind == BeginSearch::kUnknown || keys.find.kind == FindKeys::kUnknown ||
        (keys.flags & kIncomplete) != 0) {
      spec.key_rule = KeyRule::kAskServer;
      return;
    }
  }
  const KeySpec& first = spec.key_specs[0];
  const bool one_key = spec.key_spec_count == 1 && first.begin.kind == BeginSearch::kIndex &&
                       first.find.kind == FindKeys::kRange && first.find.last == 0;
  const int position = first.begin.position;
  if (one_key && position > 0 && position <= 255 && static_cast<std::size_t>(position) < spec.min_args()) {
    spec.key_rule = KeyRule::kOneKey;
    spec.only_key = static_cast<std::uint8_t>(position);
  }
}

}  // namespace rediscluster
