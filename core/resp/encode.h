// Commands as they go over the wire: arrays of bulk strings.
#pragma once

#include <cstddef>

#include "base/args.h"

namespace rediscluster {

std::size_t encoded_size(const Args& args) noexcept;
char* encode(const Args& args, char* to) noexcept;  // returns the end; writes encoded_size(args) bytes

}  // namespace rediscluster
