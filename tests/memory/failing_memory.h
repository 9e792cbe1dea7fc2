// Allocations that fail on cue, anywhere in the process: in the library, in hiredis, in libstdc++, in libc.
//
// failing_memory.cpp takes the place of malloc and its like in the program it is linked to. Not together with
// a sanitizer or valgrind, which do the same.
#pragma once

enum class Failing {
  kOne,           // the n-th alone
  kAllFollowing,  // the n-th and every one after it
};

// From now on the n-th allocation (counted from 1) fails, by whatever thread.
void memory_arm(long n, Failing failing) noexcept;
// Everything succeeds again. True if an allocation had failed.
bool memory_disarm() noexcept;

// How many blocks are allocated and not freed.
long memory_blocks() noexcept;

// When the process crashes, this is told. Not copied.
void memory_on_crash_tell(const char* text) noexcept;

// Called for each allocation that fails, with that text: the place for a breakpoint (docs/debugging.md).
extern "C" void memory_refused(const char* where);
