// The error that a server's error line becomes for the caller.
#pragma once

#include "base/status.h"
#include "nodes/node.h"

namespace rediscluster {

ErrorPtr server_error(std::string_view subject, int slot, const Node& node, const Error& answer);

}  // namespace rediscluster
