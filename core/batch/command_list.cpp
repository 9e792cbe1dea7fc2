#include "batch/command_list.h"

#include <charconv>
#include <cstring>
#include <new>

#include "calls/error_context.h"
#include "calls/resolve_command.h"
#include "resp/encode.h"

namespace rediscluster {

Status CommandList::add(const Args& args, std::size_t bytes) {
  if (usual_.is(args)) [[likely]]
    return append(args, bytes, usual_.spec(), {key_slot(args[usual_.key()])});
  const CommandSpec* const spec = find_command(args);
  KeySlot keys;
  if (spec != nullptr) {
    if (spec->refusal == Refusal::kAlways) return refusal(spec, {}, args[0]);
    find_slot(*spec, args, keys);
    usual_.remember(args[0], *spec);
  }
  auto status = append(args, bytes, spec, keys);
  if (status.ok() && !entries_.back().routed_by_table()) ++unsettled_;
  return status;
}

inline Status CommandList::append(const Args& args, std::size_t bytes, const CommandSpec* spec,
                                  KeySlot keys) {
  char* const room = bytes_.room_for(encoded_size_at_most(args.size(), bytes));
  if (room == nullptr) return no_memory_error();
  const auto size = static_cast<std::size_t>(encode(args, room) - room);
  entries_.push_back({bytes_.size(), size, spec, keys});
  bytes_.add_written(size);
  return {};
}

void CommandList::Usual::remember(std::string_view name, const CommandSpec& spec) noexcept {
  const bool has_one_key = spec.key_rule == KeyRule::kOneKey && !spec.has(kBlocking);
  const bool is_named_whole = !spec.has(kContainer) && name.size() == spec.name.size();  // not by two words
  if (!has_one_key || !is_named_whole || name.size() > name_.size()) return;
  name.copy(name_.data(), name.size());
  size_ = name.size();
  spec_ = &spec;
  least_ = spec.min_args();
  key_ = spec.only_key;
}

void CommandList::add(const Args& args, const CommandSpec* spec, KeySlot keys) {
  if (!append(args, args.bytes(), spec, keys).ok()) throw std::bad_alloc();
  if (!entries_.back().routed_by_table()) ++unsettled_;
}

void CommandList::copy_from(const CommandList& other) {
  clear();
  entries_ = other.entries_;
  unsettled_ = other.unsettled_;
  if (other.bytes_.empty()) return;
  char* const room = bytes_.extend(other.bytes_.size());
  if (room == nullptr) throw std::bad_alloc();
  std::memcpy(room, other.bytes_.data(), other.bytes_.size());
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

std::string CommandList::name(std::size_t i) const {
  const CommandSpec* const spec = entries_[i].spec;
  if (spec == nullptr) return command_name(arguments(i).view()[0]);
  return command_name(spec->name.substr(0, spec->name.find('|')));  // of a subcommand its container's
}

void CommandList::swap(CommandList& other) noexcept {
  bytes_.swap(other.bytes_);
  entries_.swap(other.entries_);
  std::swap(unsettled_, other.unsettled_);
}

}  // namespace rediscluster
