// A script, a function or a module's command can answer with any text, also with one that a server uses to
// say that it did not run the command: redis.error_reply('TRYAGAIN ...') after a write. To believe that would
// be to run it again and again. So the server is asked about the same keys in words that nobody else can
// answer, over the same connection, and only what it then says itself counts.
#pragma once

#include <optional>
#include <string>

#include "base/args.h"
#include "calls/context.h"
#include "calls/exchange.h"
#include "commands/command_spec.h"

namespace rediscluster {

// Null: only the server itself writes what the command answers. A command that nobody knows has no keys.
const CommandSpec* any_text_of(const CommandSpec* spec) noexcept;

// One that can answer with any text.
struct FreeText {
  const CommandSpec& spec;
  const Args& args;
  int slot;
};

// What the server says to a script of ours with the same keys, if it refuses to run it. Nothing: it ran it,
// or it could not be asked.
std::optional<std::string> refusal_now(Connection& connection, SendFlags attempt, const FreeText& command,
                                       Deadline deadline);

// The server's own line that stands behind an error of such a command. Nothing: the error is its own, or may
// be, and is the caller's; its outcome is what is known.
std::optional<std::string> second_look(const Context& context, const Node& node, Connection& connection,
                                       SendFlags attempt, const FreeText& command, const Error& error,
                                       Deadline deadline);

// A command that waited for a key and is told that the key or its group is gone: XREADGROUP whose slot moves.
// What the server says of its keys now, if it does not have them any more.
std::optional<std::string> gone_elsewhere(Connection& connection, SendFlags attempt, const Args& args,
                                          int slot, std::string_view line, Deadline deadline);

}  // namespace rediscluster
