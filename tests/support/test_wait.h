// Waiting on conditions: tests never sleep for a fixed time.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// Milliseconds of a monotonic clock.
long long test_now_ms(void);

// Gives the other processes a moment (2 ms): the pause between two looks at a condition.
void test_nap(void);

// 1 as soon as condition(context) is true, 0 when it was not within the time.
int test_wait_until(int (*condition)(void* context), void* context, int timeout_ms);

// The same for an expression: assert_true(TEST_WAIT(count == 3, 2000)).
#define TEST_WAIT(cond, ms)                                \
  __extension__({                                          \
    const long long test_wait_end_ = test_now_ms() + (ms); \
    int test_wait_held_ = 0;                               \
    while (!(test_wait_held_ = (cond) ? 1 : 0)) {          \
      if (test_now_ms() >= test_wait_end_) break;          \
      test_nap();                                          \
    }                                                      \
    test_wait_held_;                                       \
  })

#ifdef __cplusplus
}
#endif
