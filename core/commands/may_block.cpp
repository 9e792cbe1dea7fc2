#include "commands/may_block.h"

#include "base/letter_case.h"

namespace rediscluster {
namespace {

// XREAD and XREADGROUP block with BLOCK only; their options stand before STREAMS.
bool has_block_option(const Args& args, std::size_t first_option) noexcept {
  for (std::size_t i = first_option; i < args.size(); ++i) {
    if (equals_lower(args[i], "block")) return true;
    if (equals_lower(args[i], "streams")) return false;
    if (equals_lower(args[i], "count")) ++i;
  }
  return false;
}

}  // namespace

bool may_block(const CommandSpec& spec, const Args& args) noexcept {
  if (!spec.has(kBlocking)) [[likely]]
    return false;
  if (spec.name == "xread") return has_block_option(args, 1);
  if (spec.name == "xreadgroup") return has_block_option(args, 4);  // XREADGROUP GROUP group consumer ...
  return true;
}

}  // namespace rediscluster
