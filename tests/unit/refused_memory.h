// Lets sanitizers answer an impossible allocation with null, as malloc does, instead of ending the process.
#pragma once

extern "C" {
const char* __asan_default_options();  // NOLINT: the sanitizers' own names
const char* __tsan_default_options();  // NOLINT
#define REFUSED_MEMORY __attribute__((used, no_sanitize("thread", "address")))  // called before these are ready
REFUSED_MEMORY const char* __asan_default_options() { return "allocator_may_return_null=1"; }  // NOLINT
REFUSED_MEMORY const char* __tsan_default_options() { return "allocator_may_return_null=1"; }  // NOLINT
#undef REFUSED_MEMORY
}
