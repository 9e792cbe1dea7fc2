// What the user is told of every attempt that has ended.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "net/address.h"

namespace rediscluster {

struct AttemptReport {
  const Address& node;
  const std::string& command;  // in capitals
  Duration took;
  int number;  // 1 for the first of a command
  Code code;   // kOk: the node answered with a reply
  Outcome outcome;
  const char* server_code;  // the first word of an error that it answered with, or null
};

using AttemptHook = std::function<void(const AttemptReport&)>;

}  // namespace rediscluster
