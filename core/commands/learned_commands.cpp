#include "commands/learned_commands.h"

#include <algorithm>

#include "base/letter_case.h"
#include "commands/command_table.h"
#include "commands/node_commands.h"

namespace rediscluster {
namespace {

constexpr std::size_t kMax = 1024;    // no server has so many that the table lacks
constexpr std::size_t kMaxName = 64;  // longer ones are not remembered, so that finding needs no memory

std::string_view lower_case(std::string_view name, char (&buffer)[kMaxName]) noexcept {
  if (name.size() > kMaxName) return {};
  std::transform(name.begin(), name.end(), buffer, to_lower);
  return {buffer, name.size()};
}

void take_policy(const CommandSpec& from, CommandSpec& to) noexcept {
  to.request_policy = from.request_policy;
  to.response_policy = from.response_policy;
  to.refusal = from.refusal;
  to.refused_reason = from.refused_reason;
  to.refused_advice = from.refused_advice;
  to.flags |= from.flags & (kPrimaryOnly | kInParts | kVaries);
}

}  // namespace

const CommandSpec& LearnedCommand::spec_for(const Args& args) const noexcept {
  static constexpr CommandSpec kNothing;
  if (specs_.empty()) return kNothing;
  if (args.size() > 1) {
    for (std::size_t i = 1; i < specs_.size(); ++i) {
      const std::string_view name = specs_[i].name;
      if (equals_lower(args[1], name.substr(name.find('|') + 1))) return variant_of(specs_[i], args);
    }
  }
  return variant_of(specs_.front(), args);
}

void LearnedCommand::add(const CommandSpec& spec, std::string_view name) {
  CommandSpec& added = specs_.emplace_back(spec);
  added.name = own_lower(name);
  settle_node_rule(added);
  // It may be one that the table has, by another name (rename-command). Servers before Redis 7 give no tips.
  if (const CommandSpec* const known = find_named_command(added.name)) take_policy(*known, added);
}

const char* LearnedCommand::own_lower(std::string_view text) {
  std::string& copy = texts_.emplace_back(text);
  std::transform(copy.begin(), copy.end(), copy.begin(), to_lower);
  return copy.c_str();
}

std::shared_ptr<const LearnedCommand> LearnedCommands::find(const Args& args) const {
  if (args.size() == 0) return nullptr;
  char buffer[kMaxName];
  const auto map = map_.read();
  const auto found = map->find(lower_case(args[0], buffer));
  return found == map->end() ? nullptr : found->second;
}

void LearnedCommands::remember(std::string_view name, std::shared_ptr<const LearnedCommand> command) {
  char buffer[kMaxName];
  const std::string_view key = lower_case(name, buffer);
  if (key.empty() || command == nullptr) return;
  const MutexLock lock(learning_);
  if (map_.get()->size() >= kMax) return;
  auto map = std::make_shared<Map>(*map_.get());
  map->insert_or_assign(std::string(key), std::move(command));
  map_.set(std::move(map));
}

}  // namespace rediscluster
