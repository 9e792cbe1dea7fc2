// Whether a command may keep its connection waiting.
#pragma once

#include "base/args.h"
#include "commands/command_spec.h"

namespace rediscluster {

bool may_block(const CommandSpec& spec, const Args& args) noexcept;

}  // namespace rediscluster
