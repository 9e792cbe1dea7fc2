// The one temporary folder of a test binary.
#pragma once

#include <string>

namespace test_support {

// Creates it at first use, and sweeps those that dead test binaries have left. The path stays valid.
const char* temp_folder();

// Its path if it was created, else NULL. Async-signal-safe.
const char* temp_folder_if_any();

void remove_folder(const std::string& path);

}  // namespace test_support
