// Any arguments: which command it is, where its keys are, whether it may block; and a list of such commands.
//
// Two bytes first: 0xffff takes the command from the first line, anything else is the number of a row of the
// command table. Then the arguments, one a line.
#include "argument_lines.h"
#include "base/slots.h"
#include "batch/command_list.h"
#include "commands/command_table.h"
#include "commands/key_slot.h"
#include "commands/may_block.h"
#include "fuzz/fuzz.h"

using namespace rediscluster;

namespace {

void check_keys(const CommandSpec& spec, const Args& args) {
  std::size_t count = 0;
  int slot = -1;
  bool cross_slot = false;
  const KeyScan scan = scan_keys(spec, args, [&](std::size_t i) {
    MUST(i >= 1 && i < args.size());
    const int its_slot = key_slot(args[i]);
    MUST(its_slot >= 0 && its_slot < kSlotCount);
    if (count++ == 0) slot = its_slot;
    cross_slot |= its_slot != slot;
  });
  MUST(count < kMaxKeySpecs * args.size());
  const KeySlot found = slot_of(spec, args);
  MUST(found.slot == slot && found.cross_slot == cross_slot);
  MUST(found.ask_server == (scan == KeyScan::kAskServer));
  may_block(spec, args);
}

void check_list(const Args& args) {
  CommandList list;
  for (std::size_t n = 0; n < 2; ++n) {
    const auto status = list.add(args);
    if (!status.ok()) {
      MUST(status.error().code == Code::kUnsupported && status.error().message[0] != '\0');
      MUST(list.empty());
      return;
    }
  }
  MUST(list.size() == 2);
  for (std::size_t n = 0; n < 2; ++n) {
    const auto again = list.arguments(n);
    MUST(again.view().size() == args.size());
    for (std::size_t i = 0; i < args.size(); ++i) MUST(again.view()[i] == args[i]);
    MUST(!list.name(n).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  ArgumentLines lines(text_of(data + 2, size - 2));
  const std::size_t row = static_cast<std::size_t>(data[0]) << 8 | data[1];
  if (row != 0xffff) lines.call(known_commands()[row % known_commands().size()].name);
  const Args args = lines.args();
  const CommandSpec* spec = find_command(args);
  if (row != 0xffff) MUST(spec != nullptr);
  if (spec != nullptr) check_keys(*spec, args);
  if (!args[0].empty()) check_list(args);
  return 0;
}
