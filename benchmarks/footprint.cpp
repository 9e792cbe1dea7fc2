#include "footprint.h"

#include <malloc.h>
#include <unistd.h>

#include <fstream>

namespace bench {

Footprint footprint() {
  const struct mallinfo2 info = mallinfo2();
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  file >> size >> resident;
  return {info.uordblks + info.hblkhd, resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE))};
}

}  // namespace bench
