/* A completion queue without a loop: a thread of the program's own waits in rc_queue_next, while others
 * submit. The main thread here does so. */
#include <pthread.h>
#include <stdatomic.h>

#include "work.h"

static atomic_int deleted;

static void* take(void* context) {
  work* self = context;
  while (deleted < COUNTERS) {
    rc_error* error = NULL;
    rc_completions* some = rc_queue_next(self->queue, 64, -1, &error); /* drives the connections meanwhile */
    if (error != NULL) work_fail("next", error);
    for (size_t i = 0; i < rc_completions_count(some); ++i) {
      rc_error* failed = rc_completions_take_error(some, i);
      if (failed != NULL) work_fail("call", failed);
      const uint64_t what = rc_completions_tag(some, i) % 3;
      if (what == READ) self->sum += atoll(rc_reply_string(rc_completions_reply(some, i), NULL));
      if (what == DELETE) ++deleted;
    }
    rc_completions_free(some);
  }
  return NULL;
}

int main(int argc, char** argv) {
  work self;
  work_begin(&self, argc, argv);
  pthread_t thread;
  pthread_create(&thread, NULL, take, &self);
  for (int i = 0; i < COUNTERS; ++i) { /* calls for one key are sent in this order */
    work_submit(&self, READ, i);
    work_submit(&self, DELETE, i);
  }
  pthread_join(thread, NULL);
  self.deleted = deleted;
  self.under_way = (int)rc_queue_under_way(self.queue);
  (void)work_go_on;
  (void)work_descriptor;
  work_end(&self);
  return 0;
}
