// What a server says of a command that the table does not have: COMMAND INFO, and the keys found by it.
//
// The answer as RESP first; the bytes after it are arguments, one a line.
#include "commands/command_info.h"

#include "argument_lines.h"
#include "base/slots.h"
#include "commands/command_keys.h"
#include "commands/may_block.h"
#include "fuzz/fuzz.h"

using namespace rediscluster;

namespace {

void check_spec(const CommandSpec& spec, const Args& args) {
  scan_keys(spec, args, [&](std::size_t i) { MUST(i >= 1 && i < args.size()); });
  const KeySlot keys = slot_of(spec, args);
  MUST(keys.slot >= -1 && keys.slot < kSlotCount);
  MUST(!(keys.cross_slot && keys.slot < 0));
  may_block(spec, args);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = text_of(data, size);
  const auto end = input.rfind("\r\n");
  if (end == std::string_view::npos) return 0;
  const ReplyPtr reply = first_reply(input.substr(0, end + 2));
  if (reply == nullptr) return 0;

  const KeySlot told = slot_of_keys(*reply);  // COMMAND GETKEYS may answer so, too
  MUST(told.slot >= -1 && told.slot < kSlotCount);

  const auto learned = parse_command_info(*reply);
  if (learned == nullptr) return 0;
  const ArgumentLines lines(input.substr(end + 2));
  check_spec(learned->spec_for(lines.args()), lines.args());
  for (const char* words : {"x", "x\na", "x\na\n1\nb\nc\nd", "x\nSTREAMS\na\nb\n2\nkeys\nc\nd\n3\ne\nf"}) {
    const ArgumentLines usual(words);
    check_spec(learned->spec_for(usual.args()), usual.args());
  }

  LearnedCommands commands;
  commands.remember(lines.args()[0], learned);
  const auto found = commands.find(lines.args());
  MUST(found == nullptr || found == learned);
  return 0;
}
