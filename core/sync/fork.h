// What fork() asks of a library: of the threads only the one that forked goes on in the child, with a copy of
// whatever the others held and were in the middle of.
//
// So a handle starts afresh in a child: new connections, new locks. From what it had before it takes only
// what fork_lock() guards, since no fork happens while that is held.
#pragma once

#include <cstdint>

#include "sync/mutex.h"

namespace rediscluster {

// Held for a few instructions at a time; innermost: nothing else is locked under it.
Mutex& fork_lock() noexcept;

// Differs between a process and its forked children.
std::uint32_t fork_generation() noexcept;

// For what a child inherits and must not free, since other threads of the parent may have been in the middle of
// it. It is not lost: tools that look for leaks find it here.
void put_aside(void* inherited) noexcept;

// A child closes its copies of these at once: the parent's connections end when the parent closes them.
void close_in_children(int fd) noexcept;
void close_here(int fd) noexcept;  // and forgets it

}  // namespace rediscluster
