#include "test_wait.h"

#include <time.h>

extern "C" long long test_now_ms(void) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<long long>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

extern "C" void test_nap(void) {
  const timespec pause{0, 2000000};
  nanosleep(&pause, nullptr);
}

extern "C" int test_wait_until(int (*condition)(void*), void* context, int timeout_ms) {
  return TEST_WAIT(condition(context), timeout_ms);
}
