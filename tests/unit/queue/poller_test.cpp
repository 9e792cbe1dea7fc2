#include "queue/poller.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static bool readable(const Poller& poller, int timeout_ms = 0) {
  pollfd one{poller.fd(), POLLIN, 0};
  return poll(&one, 1, timeout_ms) == 1;
}

static void ringing_makes_it_readable_until_it_is_hushed(void**) {
  Poller poller;
  assert_true(poller.open().ok());
  assert_false(readable(poller));
  poller.ring();
  poller.ring();
  assert_true(readable(poller));
  poller.hush();
  assert_false(readable(poller));
  poller.ring();
  epoll_event events[4];
  const TimePoint now = Clock::now();
  assert_int_equal(poller.wait(events, 4, TimePoint::max(), now), 0);  // it tells of no event of its own
  assert_false(readable(poller));
}

static void its_alarm_moves_forward_only_when_it_is_told_again(void**) {
  Poller poller;
  assert_true(poller.open().ok());
  const TimePoint now = Clock::now();
  poller.wake_at(now + std::chrono::hours(1));
  poller.wake_at(now + milliseconds(5));
  poller.wake_at(now + std::chrono::hours(1));  // no system call, and no change
  assert_true(readable(poller, 10000));
  poller.restart(TimePoint::max(), Clock::now());
  assert_false(readable(poller));
  poller.wake_at(TimePoint::min());  // the past
  assert_true(readable(poller, 10000));
}

static void a_change_is_told_once_and_its_edge_reaches_the_outside(void**) {
  Poller poller;
  assert_true(poller.open().ok());
  const int bell = eventfd(0, EFD_NONBLOCK);
  int tag = 0;
  assert_true(poller.watch_changes(bell, EPOLLIN, &tag));
  epoll_event events[4];
  assert_int_equal(poller.wait(events, 4, TimePoint::min(), Clock::now()), 0);
  eventfd_write(bell, 1);
  assert_true(readable(poller));
  assert_int_equal(poller.wait(events, 4, TimePoint::min(), Clock::now()), 1);
  assert_ptr_equal(events[0].data.ptr, &tag);
  assert_int_equal(poller.wait(events, 4, TimePoint::min(), Clock::now()), 0);
  assert_false(readable(poller));
  eventfd_write(bell, 1);
  assert_true(readable(poller));
  close(bell);
  assert_false(readable(poller));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(ringing_makes_it_readable_until_it_is_hushed),
      cmocka_unit_test(its_alarm_moves_forward_only_when_it_is_told_again),
      cmocka_unit_test(a_change_is_told_once_and_its_edge_reaches_the_outside),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
