// What the library holds in this process.
#pragma once

#include <cstddef>

namespace chaos {

// Bytes that are allocated: the library's and the test's own. 0 where the allocator does not tell.
std::size_t allocated_bytes();

// Sockets that lead to the fault proxy, and event descriptors but for the proxy's one.
int library_descriptors();

}  // namespace chaos
