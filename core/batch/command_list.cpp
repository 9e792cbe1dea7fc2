#include "batch/command_list.h"

#include <charconv>
#include <new>

#include "base/letter_case.h"
#include "calls/error_context.h"
#include "calls/resolve_command.h"
#include "resp/encode.h"

namespace rediscluster {

Status CommandList::add(const Args& args) {
  const CommandSpec* const spec = find(args);
  if (spec != nullptr && spec->refused_advice != nullptr) return refusal(spec, {}, args[0]);
  Entry& entry = entries_.emplace_back();
  entry.begin = bytes_.size();
  entry.size = rediscluster::encoded_size(args);
  char* room = bytes_.extend(entry.size);
  if (room == nullptr) {
    entries_.pop_back();
    return no_memory_error();
  }
  entry.spec = spec;
  if (spec != nullptr) find_slot(*spec, args, entry.keys);
  if (!entry.routed_by_table()) ++unsettled_;
  encode(args, room);
  return {};
}

// Lists mostly repeat a command.
const CommandSpec* CommandList::find(const Args& args) const noexcept {
  const CommandSpec* const last = entries_.empty() ? nullptr : entries_.back().spec;
  const bool same = last != nullptr && !last->has(kContainer) && equals_lower(args[0], last->name);
  return same ? last : find_command(args);
}

void CommandList::clear() noexcept {
  bytes_.clear();
  entries_.clear();
  unsettled_ = 0;
}

CommandList::Arguments CommandList::arguments(std::size_t i) const {
  const char* at = encoded(i) + 1;  // past '*'; it is our own encoding, so it is well-formed
  const char* const end = encoded(i) + entries_[i].size;
  std::size_t count = 0;
  at = std::from_chars(at, end, count).ptr + 2;
  Arguments found;
  found.data_.reserve(count);
  found.lengths_.reserve(count);
  while (count-- > 0) {
    std::size_t length = 0;
    at = std::from_chars(at + 1, end, length).ptr + 2;
    found.data_.push_back(at);
    found.lengths_.push_back(length);
    at += length + 2;
  }
  return found;
}

std::string CommandList::name(std::size_t i) const { return command_name(arguments(i).view()[0]); }

void CommandList::swap(CommandList& other) noexcept {
  bytes_.swap(other.bytes_);
  entries_.swap(other.entries_);
  std::swap(unsettled_, other.unsettled_);
}

}  // namespace rediscluster
