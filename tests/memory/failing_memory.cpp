#include "memory/failing_memory.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <initializer_list>

extern "C" {
// What glibc's own malloc and its like are called besides.
// NOLINTBEGIN(bugprone-reserved-identifier): the C library's own names
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);
// NOLINTEND(bugprone-reserved-identifier)
}

extern "C" [[gnu::noinline]] void memory_refused(const char* where) { asm volatile("" : : "r"(where)); }

namespace {

std::atomic<bool> armed{false};
std::atomic<bool> failed{false};
std::atomic<long> left{0};  // until one fails
std::atomic<bool> all_following{false};
std::atomic<long> blocks{0};
std::atomic<const char*> crash_text{""};

bool fails() noexcept {
  if (!armed.load(std::memory_order_acquire)) return false;
  const long n = left.fetch_sub(1);
  if (n > 1 || (n < 1 && !all_following)) return false;
  failed = true;
  memory_refused(crash_text);
  errno = ENOMEM;
  return true;
}

void* counted(void* block) noexcept {
  if (block != nullptr) blocks.fetch_add(1, std::memory_order_relaxed);
  return block;
}

void tell_and_die(int signal) {
  const char* text = crash_text;
  const char* const parts[] = {"crashed: ", text, "\n"};
  for (const char* part : parts) {
    if (write(STDERR_FILENO, part, std::strlen(part)) < 0) break;
  }
  std::signal(signal, SIG_DFL);
  raise(signal);
}

}  // namespace

void memory_arm(long n, Failing failing) noexcept {
  left = n;
  failed = false;
  all_following = failing == Failing::kAllFollowing;
  armed.store(true, std::memory_order_release);
}

bool memory_disarm() noexcept {
  armed = false;
  return failed;
}

long memory_blocks() noexcept { return blocks; }

void memory_on_crash_tell(const char* text) noexcept {
  crash_text = text;
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS}) std::signal(signal, tell_and_die);
}

extern "C" {

void* malloc(std::size_t size) { return fails() ? nullptr : counted(__libc_malloc(size)); }

void* calloc(std::size_t count, std::size_t size) {
  return fails() ? nullptr : counted(__libc_calloc(count, size));
}

void* realloc(void* block, std::size_t size) {
  if (fails()) return nullptr;
  void* moved = __libc_realloc(block, size);
  if (block == nullptr) return counted(moved);
  if (moved == nullptr && size == 0) blocks.fetch_sub(1, std::memory_order_relaxed);
  return moved;
}

void* memalign(std::size_t alignment, std::size_t size) {
  return fails() ? nullptr : counted(__libc_memalign(alignment, size));
}

void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }

int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  void* memory = memalign(alignment, size);
  if (memory == nullptr) return ENOMEM;
  *block = memory;
  return 0;
}

void free(void* block) {
  if (block == nullptr) return;
  blocks.fetch_sub(1, std::memory_order_relaxed);
  __libc_free(block);
}
}
