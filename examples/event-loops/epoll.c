/* A completion queue in a loop of one's own, on epoll. */
#include <sys/epoll.h>
#include <unistd.h>

#include "work.h"

int main(int argc, char** argv) {
  work self;
  work_begin(&self, argc, argv);
  const int loop = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN};
  epoll_ctl(loop, EPOLL_CTL_ADD, work_descriptor(&self), &event); /* rc_queue_fd */
  while (!work_go_on(&self)) epoll_wait(loop, &event, 1, -1);
  close(loop);
  work_end(&self);
  return 0;
}
