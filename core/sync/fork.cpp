#include "sync/fork.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <new>
#include <vector>

namespace rediscluster {
namespace {

constexpr std::size_t kBits = 64;

struct Forks {
  Forks() { pthread_atfork(before, in_parent, in_child); }

  // The lock is held from before the fork until after it, on both sides.
  static void before() noexcept ACQUIRE(fork_lock()) { fork_lock().lock(); }
  static void in_parent() noexcept RELEASE(fork_lock()) { fork_lock().unlock(); }
  static void in_child() noexcept RELEASE(fork_lock());

  void add(int fd) REQUIRES(fork_lock()) {
    const auto at = static_cast<std::size_t>(fd);
    if (at / kBits >= fds.size()) fds.resize(at / kBits + 1);
    fds[at / kBits] |= std::uint64_t{1} << at % kBits;
  }
  void remove(int fd) noexcept REQUIRES(fork_lock()) {
    const auto at = static_cast<std::size_t>(fd);
    if (at / kBits < fds.size()) fds[at / kBits] &= ~(std::uint64_t{1} << at % kBits);
  }
  void close_all() noexcept REQUIRES(fork_lock()) {
    for (std::size_t word = 0; word < fds.size(); ++word) {
      for (; fds[word] != 0; fds[word] &= fds[word] - 1) {
        ::close(static_cast<int>(word * kBits) + std::countr_zero(fds[word]));
      }
    }
  }

  Mutex mutex;                                             // fork_lock()
  std::vector<std::uint64_t> fds GUARDED_BY(fork_lock());  // a bit each
};

struct PutAside {
  void* inherited;
  PutAside* next;
};
std::atomic<PutAside*> all_put_aside{nullptr};

std::atomic<std::uint32_t> generation{0};

// Never destroyed: a handle may be freed after the program's static objects are.
Forks& forks() noexcept {
  alignas(Forks) static unsigned char memory[sizeof(Forks)];
  static Forks& all = *new (memory) Forks();
  return all;
}

void Forks::in_child() noexcept {
  forks().close_all();
  generation.fetch_add(1, std::memory_order_relaxed);
  fork_lock().unlock();
}

}  // namespace

Mutex& fork_lock() noexcept { return forks().mutex; }

std::uint32_t fork_generation() noexcept { return generation.load(std::memory_order_relaxed); }

void close_in_children(int fd) noexcept {
  const MutexLock lock(fork_lock());
  try {
    forks().add(fd);
  } catch (const std::bad_alloc&) {  // then a child keeps its copy open, and never uses it
  }
}

void close_here(int fd) noexcept {
  const MutexLock lock(fork_lock());
  forks().remove(fd);
  ::close(fd);
}

void put_aside(void* inherited) noexcept {
  auto* entry = new (std::nothrow) PutAside{inherited, all_put_aside.load()};
  while (entry != nullptr && !all_put_aside.compare_exchange_weak(entry->next, entry)) {
  }
}

}  // namespace rediscluster
