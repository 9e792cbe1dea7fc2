// Lets sanitizers answer an impossible allocation with null, as malloc does, instead of ending the process.
#pragma once

extern "C" {
const char* __asan_default_options();  // NOLINT: the sanitizers' own names
const char* __tsan_default_options();  // NOLINT
inline const char* refused_memory_options() { return "allocator_may_return_null=1"; }
__attribute__((used)) const char* __asan_default_options() { return refused_memory_options(); }  // NOLINT
__attribute__((used)) const char* __tsan_default_options() { return refused_memory_options(); }  // NOLINT
}
