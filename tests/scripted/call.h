// A call on a thread of its own, beside which the test goes on.
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "scripted/scenario.h"

typedef struct call {
  rc_cluster* cluster;
  const char* line;                // the command
  int timeout_ms;                  // 0: that of the cluster
  void (*run)(struct call* self);  // where it is another call than the command `line`: sets reply and error
  rc_reply* reply;
  rc_error* error;
  atomic_int ended;
  pthread_t thread;
} call;

static inline void* make_call(void* context) {
  call* self = context;
  if (self->run != NULL) {
    self->run(self);
  } else {
    self->reply = run(self->cluster, self->line, self->timeout_ms, &self->error);
  }
  self->ended = 1;
  return NULL;
}

static inline void begin(call* self) {
  assert_int_equal(pthread_create(&self->thread, NULL, make_call, self), 0);
}

static inline void await_end(call* self) { pthread_join(self->thread, NULL); }
