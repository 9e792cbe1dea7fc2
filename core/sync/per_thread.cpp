#include "sync/per_thread.h"

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
constinit std::atomic<bool> leaving{false};

// Until the library is unloaded or the process ends; the thread that brings that about has its end here. The
// program may go on to call us, from what it has told atexit() before its first call, or from the destructor
// of a static object. What threads keep from now on is left to the end of the process.
struct KeyOwner {
  KeyOwner() noexcept { has_key = pthread_key_create(&key, end_thread) == 0; }
  KeyOwner(const KeyOwner&) = delete;
  KeyOwner& operator=(const KeyOwner&) = delete;
  ~KeyOwner() {
    end_thread(nullptr);
    leaving = true;
    if (has_key.exchange(false)) pthread_key_delete(key);
  }
};

// Where others have used up all keys of the process (there are 1024).
struct EndWithoutKey {
  EndWithoutKey() = default;
  EndWithoutKey(const EndWithoutKey&) = delete;
  EndWithoutKey& operator=(const EndWithoutKey&) = delete;
  ~EndWithoutKey() { end_thread(nullptr); }
  bool here = false;
};

void end_without_key() noexcept {
  static thread_local EndWithoutKey end;
  end.here = true;
}

}  // namespace

bool at_thread_end(ThreadEnd& end) noexcept {
  static const KeyOwner owner;
  if (leaving) {  // nothing is to be done any more
  } else if (!has_key) {
    end_without_key();
  } else if (pthread_setspecific(key, &end) != 0) {  // any value will do that is not null
    return false;
  }
  end.next = std::exchange(first, &end);
  return true;
}

}  // namespace rediscluster
