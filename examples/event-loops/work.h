/* What the programs of this folder do, whatever loop they have: a few hundred counters are raised, read and
 * deleted, with many calls under way at a time. */
#pragma once

#include <rediscluster/rediscluster.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNTERS = 300 };

typedef struct work {
  rc_cluster* cluster;
  rc_queue* queue;
  int next; /* counter that is to be raised */
  int under_way;
  int deleted;
  long long sum;
} work;

static void work_fail(const char* what, rc_error* error) {
  fprintf(stderr, "%s: %s\n", what, rc_error_message(error));
  exit(1);
}

/* The tag says which call it was: which counter, and what was asked. */
enum { RAISE, READ, DELETE };

static void work_submit(work* self, int what, int counter) {
  static const char* const commands[] = {"INCR", "GET", "DEL"};
  char key[32];
  snprintf(key, sizeof key, "loop:counter:%d", counter);
  const char* argv[] = {commands[what], key};
  rc_error* error = NULL;
  const uint64_t tag = (uint64_t)counter * 3 + (uint64_t)what;
  if (rc_submit(self->queue, NULL, tag, 2, argv, NULL, &error) == 0) work_fail(commands[what], error);
  ++self->under_way;
}

static void work_begin(work* self, int argc, char** argv) {
  memset(self, 0, sizeof *self);
  rc_options* options = rc_options_new();
  rc_error* error = NULL;
  for (int i = 1; i < argc; ++i) {
    if (rc_options_add_address(options, argv[i], &error) != RC_OK) work_fail("address", error);
  }
  if (argc < 2) rc_options_add_address(options, "127.0.0.1:7000", NULL);
  self->cluster = rc_cluster_open(options, &error);
  rc_options_free(options);
  if (self->cluster == NULL) work_fail("open", error);
  self->queue = rc_queue_new(self->cluster, NULL, &error);
  if (self->queue == NULL) work_fail("queue", error);
  while (self->next < COUNTERS) work_submit(self, RAISE, self->next++);
}

/* What the loop does when the descriptor is readable. 1: there is no more to do. */
static int work_go_on(work* self) {
  rc_error* error = NULL;
  rc_completions* some;
  while ((some = rc_queue_next(self->queue, 64, 0, &error)) != NULL) {
    for (size_t i = 0; i < rc_completions_count(some); ++i) {
      rc_error* failed = rc_completions_take_error(some, i);
      if (failed != NULL) work_fail("call", failed);
      const int counter = (int)(rc_completions_tag(some, i) / 3);
      const int what = (int)(rc_completions_tag(some, i) % 3);
      --self->under_way;
      if (what == RAISE) work_submit(self, READ, counter);
      if (what == READ) {
        self->sum += atoll(rc_reply_string(rc_completions_reply(some, i), NULL));
        work_submit(self, DELETE, counter);
      }
      if (what == DELETE) ++self->deleted;
    }
    rc_completions_free(some);
  }
  if (error != NULL) work_fail("next", error);
  return self->deleted == COUNTERS;
}

static int work_descriptor(work* self) {
  rc_error* error = NULL;
  const int fd = rc_queue_fd(self->queue, &error);
  if (fd < 0) work_fail("descriptor", error);
  return fd;
}

static void work_end(work* self) {
  printf("%d counters, sum %lld, %d under way\n", self->deleted, self->sum, self->under_way);
  rc_queue_free(self->queue);
  rc_cluster_free(self->cluster);
}
