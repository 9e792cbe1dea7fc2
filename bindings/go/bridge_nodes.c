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

static void add(rcgo_answer* answer, const rc_explanation* explanation, int reads_elsewhere) {
  char node[300];
  const int length =
      snprintf(node, sizeof node, "%s%s:%d",
               reads_elsewhere && rc_explanation_is_read_only(explanation) ? "replicas of " : "",
               rc_explanation_host(explanation), rc_explanation_port(explanation));
  const size_t size = (size_t)length + 1;
  if (length < 0 || size > sizeof node || size > sizeof answer->near - answer->size) return;
  if (has(answer, node)) return;
  memcpy(answer->near + answer->size, node, size);
  answer->size += size;
}

/* Who asks, for what: the same for all commands of a call. */
typedef struct asked {
  rc_cluster* cluster;
  rc_call_options* options;
  int reads_elsewhere;
  rcgo_answer* answer;
} asked;

static int look_at(const asked* by, size_t argc, const char* const* argv, const size_t* lengths) {
  rc_explanation* explanation = rc_explain_with(by->cluster, by->options, argc, argv, lengths, NULL);
  const int blocks = rc_explanation_may_block(explanation);
  if (rc_explanation_slot(explanation) >= 0 && rc_explanation_host(explanation) != NULL)
    add(by->answer, explanation, by->reads_elsewhere);
  rc_explanation_free(explanation);
  return blocks;
}

static int look_at_list(const asked* by, const char* in, size_t count, rcgo_arguments* args) {
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
    if (i % step == chosen) blocks |= look_at(by, argc, args->argv, args->lengths);
  }
  return blocks;
}

int rcgo_find_nodes(rc_cluster* cluster, enum rcgo_operation operation, int reads_elsewhere, const char* in,
                    size_t count, rcgo_answer* answer) {
  answer->size = 0;
  const asked by = {cluster, without_asking(), reads_elsewhere, answer};
  if (by.options == NULL) return 0;
  rcgo_arguments args;
  rcgo_arguments_init(&args);
  int blocks = 0;
  if (operation == RCGO_COMMAND) {
    if (rcgo_arguments_read(&args, &in, count)) blocks = look_at(&by, count, args.argv, args.lengths);
  } else if (operation == RCGO_WATCH) {
    if (count > 0 && rcgo_arguments_read(&args, &in, 1)) {
      const char* get[] = {"GET", args.argv[0]};
      const size_t lengths[] = {3, args.lengths[0]};
      look_at(&by, 2, get, lengths);
    }
  } else if (operation == RCGO_PIPELINE || operation == RCGO_TRANSACTION) {
    blocks = look_at_list(&by, in, count, &args);
  }
  rcgo_arguments_done(&args);
  rc_call_options_free(by.options);
  return blocks;
}
