// What a call is about, for the messages of its errors.
#pragma once

#include <string>

#include "base/args.h"
#include "base/status.h"

namespace rediscluster {

// "GET", for messages: in capitals, and only if it looks like a command's name.
std::string command_name(std::string_view argument);

// "SET (slot 12182): no answer from 127.0.0.1:7000 in time"; without a slot, -1, it is not told.
std::string in_context(std::string_view subject, int slot, std::string_view message);

// The same failure, told with what was asked: "SET (slot 12182): no answer from 127.0.0.1:7000 in time".
ErrorPtr with_context(std::string_view subject, int slot, ErrorPtr error);

}  // namespace rediscluster
