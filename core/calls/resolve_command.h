// What a command is, where its keys are, and so which slot it goes to.
#pragma once

#include "calls/context.h"
#include "calls/execute.h"
#include "commands/command_keys.h"
#include "commands/command_table.h"
#include "commands/may_block.h"

namespace rediscluster {

struct RoutedCommand {
  const CommandSpec* spec = nullptr;           // null: no server knows it either
  std::shared_ptr<const LearnedCommand> keep;  // owns the spec of a command that the table does not have
  KeySlot keys;

  // Of a command whose keys only the server can find it may not have told any, and there may be some.
  bool may_have_keys() const noexcept {
    return keys.slot >= 0 || (spec != nullptr && spec->key_rule == KeyRule::kAskServer);
  }
  bool read_only() const noexcept { return spec != nullptr && spec->has(kReadOnly); }
  bool may_ask_replica() const noexcept { return spec != nullptr && spec->may_ask_replica(); }
};

// COMMAND INFO name, or COMMAND GETKEYS and the whole command: the first `count` arguments of `about`.
Result<ReplyPtr> ask_server(const Context& context, const char* what, const Args& about, std::size_t count,
                            TimePoint now, Deadline deadline);

// A failure to ask that is a failure of the command too. Another is none: the server that gets the command
// will redirect or refuse it.
bool ends_the_call(const Error& error) noexcept;

// For what the table does not settle: asks the server about commands that it does not have, and for keys that
// only the server can find.
Result<RoutedCommand> ask_about(const Context& context, RoutedCommand found, const Args& args, TimePoint now,
                                Deadline deadline);

inline Result<RoutedCommand> look_up(const Context& context, const Args& args, TimePoint now,
                                     Deadline deadline) {
  RoutedCommand found;
  found.spec = find_command(args);
  if (found.spec != nullptr) find_slot(*found.spec, args, found.keys);
  if (found.spec != nullptr && !found.keys.ask_server) [[likely]]
    return found;
  return ask_about(context, std::move(found), args, now, deadline);
}

// With that route: some need one that names a node, others any.
bool is_refused(const CommandSpec& spec, const Route& route) noexcept;

// Null where the caller may send it; else RC_ERR_CROSS_SLOT or RC_ERR_UNSUPPORTED.
ErrorPtr why_refused(const CommandSpec* spec, const KeySlot& keys, std::string_view name);
inline ErrorPtr refusal(const CommandSpec* spec, const KeySlot& keys, std::string_view name) {
  if (!keys.cross_slot && (spec == nullptr || spec->refused_advice == nullptr)) [[likely]]
    return nullptr;
  return why_refused(spec, keys, name);
}

}  // namespace rediscluster
