#include "sync/random.h"

#include <unistd.h>

#include <atomic>
#include <chrono>

#include "sync/fork.h"

namespace rediscluster {
namespace {

std::uint64_t mix(std::uint64_t x) noexcept {  // the finaliser of splitmix64
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9U;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

std::uint64_t fresh_seed() noexcept {
  static std::atomic<std::uint64_t> threads{0};
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  const auto process = static_cast<std::uint64_t>(getpid());
  return mix(mix(static_cast<std::uint64_t>(now) + (threads.fetch_add(1) << 32)) + process);
}

}  // namespace

std::uint64_t random_bits() noexcept {
  thread_local std::uint32_t generation = fork_generation();
  thread_local std::uint64_t state = fresh_seed();
  if (generation != fork_generation()) {  // forked children would all choose alike
    generation = fork_generation();
    state = fresh_seed();
  }
  state += 0x9e3779b97f4a7c15U;
  return mix(state);
}

std::uint32_t random_below(std::uint32_t limit) noexcept {
  return static_cast<std::uint32_t>(((random_bits() >> 32) * limit) >> 32);
}

}  // namespace rediscluster
