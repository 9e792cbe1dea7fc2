// What a command is, where its keys are, and so which slot it goes to.
#pragma once

#include "execution/context.h"
#include "execution/execute.h"
#include "routing/command_keys.h"
#include "routing/command_table.h"
#include "routing/may_block.h"

namespace rediscluster {

struct RoutedCommand {
  const CommandSpec* spec = nullptr;           // null: no server knows it either
  std::shared_ptr<const LearnedCommand> keep;  // owns the spec of a command that the table does not have
  KeySlot keys;

  bool read_only() const noexcept { return spec != nullptr && spec->has(kReadOnly); }
};

// Asks the server only about commands that the table does not have, and for keys that only the server can
// find.
Result<RoutedCommand> look_up(const Context& context, const Args& args, TimePoint now, Deadline deadline);

// Null where the caller may send it; else RC_ERR_CROSS_SLOT or RC_ERR_UNSUPPORTED.
ErrorPtr refusal(const CommandSpec* spec, const KeySlot& keys, std::string_view name);

}  // namespace rediscluster
