#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "bridge_arguments.h"

/* How many commands of a list are looked at: one of each part, somewhere in it, as lists have rhythms. */
enum { LOOKED_AT = 64 };

/* Fired for good: with it the library tells what it knows, and asks no node. */
static rc_cancel* fired;

static void make_fired(void) {
  fired = rc_cancel_new();
  rc_cancel_fire(fired);
}

static rc_call_options* without_asking(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_fired);
  rc_call_options* options = fired == NULL ? NULL : rc_call_options_new();
  if (options == NULL) return NULL;
  rc_call_options_set_cancel(options, fired, NULL);
  rc_call_options_set_read_from(options, RC_READ_PRIMARY, NULL);
  return options;
}

static int has(const rcgo_answer* answer, const char* node) {
  for (size_t at = 0; at < answer->size; at += strlen(answer->near + at) + 1)
    if (strcmp(answer->near + at, node) == 0) return 1;
  return 0;
}

static void add(rcgo_answer* answer, const rc_explanation* explanation) {
  char node[300];
  const int length = snprintf(node, sizeof node, "%s:%d", rc_explanation_host(explanation),
                              rc_explanation_port(explanation));
  const size_t size = (size_t)length + 1;
  if (length < 0 || size > sizeof node || size > sizeof answer->near - answer->size) return;
  if (has(answer, node)) return;
  memcpy(answer->near + answer->size, node, size);
  answer->size += size;
}

static int look_at(rc_cluster* cluster, const rc_call_options* options, size_t argc, const char* const* argv,
                   const size_t* lengths, rcgo_answer* answer) {
  rc_explanation* explanation = rc_explain_with(cluster, options, argc, argv, lengths, NULL);
  const int blocks = rc_explanation_may_block(explanation);
  if (rc_explanation_slot(explanation) >= 0 && rc_explanation_host(explanation) != NULL)
    add(answer, explanation);
  rc_explanation_free(explanation);
  return blocks;
}

static int look_at_list(rc_cluster* cluster, const rc_call_options* options, const char* in, size_t count,
                        rcgo_arguments* args, rcgo_answer* answer) {
  const size_t step = (count + LOOKED_AT - 1) / LOOKED_AT;
  size_t chosen = 0;
  uint32_t random = (uint32_t)count;
  int blocks = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t argc = rcgo_get_u32(&in);
    if (!rcgo_arguments_read(args, &in, argc)) break;
    if (i % step == 0) {
      random = random * 1664525 + 1013904223;
      chosen = (random >> 16) % step;
    }
    if (i % step == chosen) blocks |= look_at(cluster, options, argc, args->argv, args->lengths, answer);
  }
  return blocks;
}

int rcgo_find_nodes(rc_cluster* cluster, enum rcgo_operation operation, const char* in, size_t count,
                    rcgo_answer* answer) {
  answer->size = 0;
  rc_call_options* options = without_asking();
  if (options == NULL) return 0;
  rcgo_arguments args;
  rcgo_arguments_init(&args);
  int blocks = 0;
  if (operation == RCGO_COMMAND) {
    if (rcgo_arguments_read(&args, &in, count))
      blocks = look_at(cluster, options, count, args.argv, args.lengths, answer);
  } else if (operation == RCGO_WATCH) {
    if (count > 0 && rcgo_arguments_read(&args, &in, 1)) {
      const char* get[] = {"GET", args.argv[0]};
      const size_t lengths[] = {3, args.lengths[0]};
      look_at(cluster, options, 2, get, lengths, answer);
    }
  } else if (operation == RCGO_PIPELINE || operation == RCGO_TRANSACTION) {
    blocks = look_at_list(cluster, options, in, count, &args, answer);
  }
  rcgo_arguments_done(&args);
  rc_call_options_free(options);
  return blocks;
}
