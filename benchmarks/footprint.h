// How much memory this process has.
#pragma once

#include <cstddef>

namespace bench {

struct Footprint {
  std::size_t allocated = 0;  // bytes that malloc has given out and not got back
  std::size_t resident = 0;   // bytes of the process in memory
};

Footprint footprint();

}  // namespace bench
