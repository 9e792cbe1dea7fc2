// What a thread keeps for itself until it ends. A thread_local object with a destructor would be simpler, but
// glibc allocates to remember the destructor, and ends the process when it cannot.
#pragma once

#include <new>

// How thread-local variables on the way of every call are found: at a fixed place, not by a call of the
// loader's. They must stay few and small, since a library that is loaded late gets little room for such ones.
#if defined(__GLIBC__) && defined(__GNUC__)
#define REDISCLUSTER_FAST_TLS [[gnu::tls_model("initial-exec")]]
#else
#define REDISCLUSTER_FAST_TLS
#endif

namespace rediscluster {

// Something to be done when the thread ends; a part of what the thread keeps.
struct ThreadEnd {
  void (*run)(ThreadEnd& end) noexcept = nullptr;
  ThreadEnd* next = nullptr;
};
bool at_thread_end(ThreadEnd& end) noexcept;  // false: out of memory

// The calling thread's T, made when it is first asked for. Null where there can be none: do without.
template <class T>
T* per_thread() noexcept {
  struct Kept : ThreadEnd {
    alignas(T) unsigned char bytes[sizeof(T)];
    bool made;

    T* object() noexcept { return std::launder(reinterpret_cast<T*>(bytes)); }
    static void end(ThreadEnd& self) noexcept {
      auto& kept = static_cast<Kept&>(self);
      kept.made = false;  // whoever asks from now on gets a new one
      kept.object()->~T();
    }
  };
  REDISCLUSTER_FAST_TLS static constinit thread_local Kept kept{};
  if (!kept.made) {
    kept.run = &Kept::end;
    if (!at_thread_end(kept)) return nullptr;
    new (kept.bytes) T();
    kept.made = true;
  }
  return kept.object();
}

}  // namespace rediscluster
