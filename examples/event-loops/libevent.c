/* A completion queue in libevent's loop. */
#include <event2/event.h>

#include "work.h"

typedef struct watched {
  work work;
  struct event_base* base;
} watched;

static void on_readable(evutil_socket_t fd, short events, void* context) {
  (void)fd;
  (void)events;
  watched* self = context;
  if (work_go_on(&self->work)) event_base_loopbreak(self->base);
}

int main(int argc, char** argv) {
  watched self;
  work_begin(&self.work, argc, argv);
  self.base = event_base_new();
  struct event* event =
      event_new(self.base, work_descriptor(&self.work), EV_READ | EV_PERSIST, on_readable, &self);
  event_add(event, NULL);
  event_base_dispatch(self.base);
  event_free(event);
  event_base_free(self.base);
  work_end(&self.work);
  return 0;
}
