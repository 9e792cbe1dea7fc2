// Lets sanitizers answer an impossible allocation with null, as malloc does, instead of ending the process.
#pragma once

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): the sanitizers' own names
const char* __asan_default_options();
const char* __tsan_default_options();
#define REFUSED_MEMORY \
  __attribute__((used, no_sanitize("thread", "address")))  // called before these are ready
REFUSED_MEMORY const char* __asan_default_options() { return "allocator_may_return_null=1"; }
REFUSED_MEMORY const char* __tsan_default_options() { return "allocator_may_return_null=1"; }
// NOLINTEND(bugprone-reserved-identifier)
#undef REFUSED_MEMORY
}
