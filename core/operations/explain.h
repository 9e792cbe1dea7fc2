// Where a command would go, without sending it.
#pragma once

#include <string>
#include <vector>

#include "calls/context.h"

namespace rediscluster {

struct Explanation {
  std::string text;
  std::vector<std::string> keys;
  int slot = -1;     // -1: none
  std::string host;  // empty: no node is known, or the command is refused
  int port = 0;
  bool read_only = false;
  bool may_block = false;
};

Result<Explanation> explain_command(const Context& context, const Args& args, const CallOptions& options);

}  // namespace rediscluster
