#include "base/per_thread.h"

#include <pthread.h>

#include <atomic>
#include <utility>

namespace rediscluster {
namespace {

constinit thread_local ThreadEnd* first = nullptr;  // of this thread

void end_thread(void* /*first*/) noexcept {
  while (first != nullptr) {
    ThreadEnd& end = *std::exchange(first, first->next);
    end.run(end);
  }
}

pthread_key_t key;  // its destructor is called when a thread ends
constinit std::atomic<bool> has_key{false};

// As long as the library is loaded. The thread that unloads it, or that ends the process, has its end here.
struct KeyOwner {
  KeyOwner() noexcept { has_key = pthread_key_create(&key, end_thread) == 0; }
  KeyOwner(const KeyOwner&) = delete;
  KeyOwner& operator=(const KeyOwner&) = delete;
  ~KeyOwner() {
    end_thread(nullptr);
    if (has_key.exchange(false)) pthread_key_delete(key);
  }
};

}  // namespace

bool at_thread_end(ThreadEnd& end) noexcept {
  static const KeyOwner owner;
  if (!has_key || pthread_setspecific(key, &end) != 0) return false;  // any value will do that is not null
  end.next = std::exchange(first, &end);
  return true;
}

}  // namespace rediscluster
