// What scripted nodes see and do, a line each on stderr, when RC_TEST_TRACE is set: docs/debugging.md.
#pragma once

#include <string>

namespace test_support {

bool tracing();

// The number is that of the connection, in the order in which the node accepted them; 0: of the node.
void trace(const std::string& node, int connection, const std::string& what);

}  // namespace test_support
