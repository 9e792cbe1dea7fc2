// Commands of a batch that are sent in parts: which commands are parts of which, and for whom each part is.
// Parts stand in the list behind all commands that the caller gave.
#pragma once

#include <algorithm>
#include <deque>
#include <list>
#include <span>
#include <vector>

#include "batch/command_list.h"
#include "batch/spread.h"
#include "calls/place.h"

namespace rediscluster {

// What is known of a command beside its bytes.
struct RoutedPart {
  int slot = -1;
  bool read_only = false;
  bool may_ask_replica = false;
  bool may_block = false;
  const CommandSpec* any_text = nullptr;  // not null: it can answer with any text
};

inline constexpr std::uint32_t kNoCommand = UINT32_MAX;

struct Part {
  RoutedPart routed;
  std::uint32_t behind = kNoCommand;  // the command, or part, that it follows over the same connection
  Place place;                        // no node: it goes where its slot is
  Node* asked = nullptr;              // last; null: none could be
  std::uint32_t first_key = 0;        // in BatchParts::keys
  std::uint32_t key_count = 0;
};

struct Expansion {
  std::uint32_t command = 0;  // that is sent in parts, which may be a part itself
  std::uint32_t first = 0;    // of its parts
  std::uint32_t count = 0;
  Fold fold = Fold::kFirst;
  KeyedArguments keyed{};  // of one that was split: where its keys stand
};

class BatchParts {
 public:
  bool empty() const noexcept { return expansions.empty(); }
  Part& operator[](std::size_t i) noexcept { return parts[i - begin]; }  // i: in the list
  const Part& operator[](std::size_t i) const noexcept { return parts[i - begin]; }
  bool is_part(std::size_t i) const noexcept { return i >= begin; }
  // Of one of the caller's commands; null: it is sent as it is.
  const Expansion* of(std::size_t command) const noexcept;
  std::span<const std::uint32_t> keys_of(const Part& part) const noexcept {
    return {keys.data() + part.first_key, part.key_count};
  }

  std::size_t begin = SIZE_MAX;         // how many commands the caller gave
  std::size_t planned = 0;              // expansions that were there before anything was sent, in order
  std::deque<Part> parts;               // in the order of the list; they stay where they are
  std::vector<Expansion> expansions;    // parts of parts come behind those
  std::vector<std::uint32_t> keys;      // their indices among the arguments of the caller's command
  std::list<ChosenNodes> chosen;        // stay where they are; without an allocation while there are none
  std::vector<std::uint32_t> followed;  // commands and parts that others follow

  // What it follows; kNoCommand for most.
  std::uint32_t before(std::size_t i) const noexcept { return is_part(i) ? (*this)[i].behind : kNoCommand; }
  bool is_followed(std::size_t i) const noexcept {
    return std::find(followed.begin(), followed.end(), i) != followed.end();
  }
};

// Appends the parts of a command to the list, and an expansion that tells of them. Each throws bad_alloc.
//
// A part a slot, or for every key one of its own: the keys of `of`, with arguments of which those are
// `indices` of the caller's.
void split_by_slot(BatchParts& parts, CommandList& list, std::uint32_t command, const CommandSpec& spec,
                   const Args& args, Fold fold, const RoutedPart& like);
// Of a part, or of a command of the caller's, which the server refuses as a whole.
void split_by_key(BatchParts& parts, CommandList& list, std::uint32_t command, const CommandSpec& spec,
                  const Args& args, Fold fold, const RoutedPart& like);
// A part for each node.
void spread_over(BatchParts& parts, CommandList& list, std::uint32_t command, const CommandSpec* spec,
                 const Args& args, Fold fold, const RoutedPart& like, ChosenNodes nodes);
// A part behind the write, or behind each of its parts: it goes wherever that goes.
void follow(BatchParts& parts, CommandList& list, std::uint32_t command, const CommandSpec* spec,
            const Args& args, Fold fold, const RoutedPart& like, std::uint32_t write);
// One part that goes where `like` says, so that it is known who was asked.
void ask_one(BatchParts& parts, CommandList& list, std::uint32_t command, const CommandSpec* spec,
             const Args& args, Fold fold, const RoutedPart& like);

}  // namespace rediscluster
