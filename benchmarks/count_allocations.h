// Linked in, every malloc, calloc, realloc and aligned allocation of the process is counted.
#pragma once

#include <cstddef>

namespace bench {

std::size_t allocations();

}  // namespace bench
