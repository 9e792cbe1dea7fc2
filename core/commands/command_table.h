// The commands of the servers we know, by name.
#pragma once

#include <span>

#include "base/args.h"
#include "commands/command_spec.h"

namespace rediscluster {

// The command that `args` calls, in any letter case; null if the table does not have it. A subcommand that
// the table does not have gives its container: the server will decide.
const CommandSpec* find_command(const Args& args) noexcept;

// By its name as specs have it: "client|kill".
const CommandSpec* find_named_command(std::string_view name) noexcept;

// Of a command that varies: what it is with these arguments. CLIENT KILL ADDR goes to all nodes, CLIENT KILL
// ID to none.
const CommandSpec& find_variant(const CommandSpec& spec, const Args& args) noexcept;
inline const CommandSpec& variant_of(const CommandSpec& spec, const Args& args) noexcept {
  return spec.has(kVaries) ? find_variant(spec, args) : spec;
}

std::span<const CommandSpec> known_commands() noexcept;

}  // namespace rediscluster
