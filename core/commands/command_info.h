// What a server answers about a command: COMMAND INFO name, and COMMAND GETKEYS command argument...
#pragma once

#include <memory>

#include "commands/command_keys.h"
#include "commands/learned_commands.h"
#include "resp/reply.h"

namespace rediscluster {

// The reply to COMMAND INFO with one name. Null if the server does not know the command (it is then sent as
// one without keys, and the server says so), or if the reply makes no sense. Servers before Redis 7 describe
// no key specs: the fixed positions that they give are used, or the server is asked for the keys each time.
std::shared_ptr<const LearnedCommand> parse_command_info(const Reply& reply);

// The reply to COMMAND GETKEYS: an error means that there are no keys.
KeySlot slot_of_keys(const Reply& reply) noexcept;

}  // namespace rediscluster
