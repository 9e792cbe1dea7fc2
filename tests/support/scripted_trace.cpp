#include "scripted_trace.h"

#include <cstdio>
#include <cstdlib>

#include "test_wait.h"

namespace test_support {

bool tracing() {
  static const bool wanted = [] {
    const char* value = getenv("RC_TEST_TRACE");
    return value != nullptr && *value != '\0';
  }();
  return wanted;
}

void trace(const std::string& node, int connection, const std::string& what) {
  if (!tracing()) return;
  static const long long start = test_now_ms();
  const std::string number = connection == 0 ? "" : " #" + std::to_string(connection);
  fprintf(stderr, "%6lld ms  %s%s %s\n", test_now_ms() - start, node.c_str(), number.c_str(), what.c_str());
}

}  // namespace test_support
