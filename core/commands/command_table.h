// The commands of the servers we know, by name.
#pragma once

#include <span>

#include "base/args.h"
#include "commands/command_spec.h"

namespace rediscluster {

// The command that `args` calls, in any letter case; null if the table does not have it. A subcommand that
// the table does not have gives its container: the server will decide.
const CommandSpec* find_command(const Args& args) noexcept;

std::span<const CommandSpec> known_commands() noexcept;

}  // namespace rediscluster
