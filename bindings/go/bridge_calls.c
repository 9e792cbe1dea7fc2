#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"
#include "bridge_answer.h"

static uint64_t get_u64(const char** at) {
  uint64_t number;
  memcpy(&number, *at, sizeof number);
  *at += sizeof number;
  return le64toh(number);
}

static uint32_t get_u32(const char** at) {
  uint32_t number;
  memcpy(&number, *at, sizeof number);
  *at += sizeof number;
  return le32toh(number);
}

/* The arguments of one command after the other, as pointers into the flat buffer. */
typedef struct arguments {
  const char** argv;
  size_t* lengths;
  size_t room;
  const char* few_argv[16];
  size_t few_lengths[16];
} arguments;

static void init(arguments* to) {
  to->argv = to->few_argv;
  to->lengths = to->few_lengths;
  to->room = sizeof to->few_argv / sizeof *to->few_argv;
}

static void done(arguments* to) {
  if (to->argv == to->few_argv) return;
  free(to->argv);
  free(to->lengths);
}

/* 0 when out of memory; else *from is after them. */
static int read_arguments(arguments* to, const char** from, size_t count) {
  if (count > to->room) {
    done(to);
    to->argv = malloc(count * sizeof *to->argv);
    to->lengths = malloc(count * sizeof *to->lengths);
    if (to->argv == NULL || to->lengths == NULL) {
      free(to->argv);
      free(to->lengths);
      init(to);
      return 0;
    }
    to->room = count;
  }
  for (size_t i = 0; i < count; ++i) {
    to->lengths[i] = (size_t)get_u64(from);
    to->argv[i] = *from;
    *from += to->lengths[i];
  }
  return 1;
}

/* The terms as the C API has them. *options stays NULL where nothing is different. */
static int make_options(rcgo_terms terms, rc_call_options** options, rc_error** error) {
  if (terms.timeout_ms == 0 && !terms.idempotent && terms.cancel == NULL) return RC_OK;
  rc_call_options* made = rc_call_options_new();
  if (made == NULL) return RC_ERR_NO_MEMORY;
  int code = RC_OK;
  if (terms.timeout_ms != 0) code = rc_call_options_set_timeout_ms(made, terms.timeout_ms, error);
  if (code == RC_OK && terms.idempotent) code = rc_call_options_set_idempotent(made, 1, error);
  if (code == RC_OK && terms.cancel != NULL) code = rc_call_options_set_cancel(made, terms.cancel, error);
  if (code == RC_OK) {
    *options = made;
  } else {
    rc_call_options_free(made);
  }
  return code;
}

static int append(rc_commands* commands, const char* in, size_t count, rc_error** error) {
  arguments args;
  init(&args);
  int code = RC_OK;
  for (size_t i = 0; i < count && code == RC_OK; ++i) {
    const size_t argc = get_u32(&in);
    code = read_arguments(&args, &in, argc) ? rc_commands_add(commands, argc, args.argv, args.lengths, error)
                                            : RC_ERR_NO_MEMORY;
  }
  done(&args);
  return code;
}

static rc_reply* run_command(rc_cluster* cluster, const rc_call_options* options, const char* in,
                             size_t count, rc_error** error) {
  arguments args;
  init(&args);
  rc_reply* reply = NULL;
  if (read_arguments(&args, &in, count))
    reply = rc_command_with(cluster, options, count, args.argv, args.lengths, error);
  done(&args);
  return reply;
}

static rc_reply* run_list(rc_cluster* cluster, enum rcgo_operation operation, const rc_call_options* options,
                          const char* in, size_t count, rc_error** error) {
  rc_commands* commands = rc_commands_new();
  rc_reply* reply = NULL;
  if (commands != NULL && append(commands, in, count, error) == RC_OK) {
    reply = operation == RCGO_PIPELINE ? rc_pipeline_with(cluster, options, commands, error)
                                       : rc_transaction_with(cluster, options, commands, error);
  }
  rc_commands_free(commands);
  return reply;
}

void rcgo_run(rc_cluster* cluster, enum rcgo_operation operation, rcgo_terms terms, const char* in,
              size_t count, rcgo_answer* answer) {
  rc_error* error = NULL;
  rc_call_options* options = NULL;
  rc_reply* reply = NULL;
  if (make_options(terms, &options, &error) == RC_OK) {
    reply = operation == RCGO_COMMAND ? run_command(cluster, options, in, count, &error)
                                      : run_list(cluster, operation, options, in, count, &error);
  }
  rc_call_options_free(options);
  rcgo_answer_reply(answer, reply, error);
}

static int set_options(rc_options* options, const arguments* args, size_t count, rc_error** error) {
  int code = RC_OK;
  if (args->lengths[1] > 1) code = rc_options_set_username(options, args->argv[1], error);
  if (code == RC_OK && args->lengths[2] > 1) code = rc_options_set_password(options, args->argv[2], error);
  if (code == RC_OK && args->lengths[3] > 1) code = rc_options_set_name(options, args->argv[3], error);
  for (size_t i = 4; i < count && code == RC_OK; ++i)
    code = rc_options_add_address(options, args->argv[i], error);
  return code;
}

static int set_number(int number, int code, rc_options* options, int (*set)(rc_options*, int, rc_error**),
                      rc_error** error) {
  return code == RC_OK && number >= 0 ? set(options, number, error) : code;
}

rc_cluster* rcgo_open(const char* in, size_t count, int timeout_ms, int connect_timeout_ms, int max_redirects,
                      int watch_retries, rcgo_terms terms, rcgo_answer* answer) {
  rc_error* error = NULL;
  rc_call_options* call = NULL;
  rc_options* options = NULL;
  rc_cluster* cluster = NULL;
  arguments args;
  init(&args);
  if (read_arguments(&args, &in, count)) {
    options = args.lengths[0] > 1 ? rc_options_from_url(args.argv[0], &error) : rc_options_new();
  }
  if (options != NULL) {
    int code = set_options(options, &args, count, &error);
    code = set_number(timeout_ms, code, options, rc_options_set_timeout_ms, &error);
    code = set_number(connect_timeout_ms, code, options, rc_options_set_connect_timeout_ms, &error);
    code = set_number(max_redirects, code, options, rc_options_set_max_redirects, &error);
    code = set_number(watch_retries, code, options, rc_options_set_watch_retries, &error);
    if (code == RC_OK && make_options(terms, &call, &error) == RC_OK)
      cluster = rc_cluster_open_with(options, call, &error);
  }
  if (cluster == NULL) {
    rcgo_answer_error(answer, error);
  } else {
    rcgo_answer_nothing(answer);
  }
  rc_call_options_free(call);
  rc_options_free(options);
  done(&args);
  return cluster;
}

void rcgo_refresh(rc_cluster* cluster, rcgo_terms terms, rcgo_answer* answer) {
  rc_error* error = NULL;
  rc_call_options* options = NULL;
  int code = make_options(terms, &options, &error);
  if (code == RC_OK) code = rc_cluster_refresh_with(cluster, options, &error);
  rc_call_options_free(options);
  if (code == RC_OK) {
    rcgo_answer_nothing(answer);
  } else {
    rcgo_answer_error(answer, error);
  }
}

void rcgo_info(rc_cluster* cluster, rcgo_answer* answer) {
  rc_error* error = NULL;
  rc_info* info = rc_cluster_info(cluster, &error);
  if (info == NULL) {
    rcgo_answer_error(answer, error);
  } else {
    rcgo_answer_info(answer, info);
  }
}

static int run_session(rc_watch* watch, rc_commands* to_execute, void* session) {
  return rcgoSession(watch, to_execute, *(uintptr_t*)session);
}

void rcgo_watch(rc_cluster* cluster, rcgo_terms terms, const char* keys, size_t count, uintptr_t session,
                rcgo_answer* answer) {
  rc_error* error = NULL;
  rc_call_options* options = NULL;
  rc_reply* reply = NULL;
  arguments args;
  init(&args);
  if (make_options(terms, &options, &error) == RC_OK && read_arguments(&args, &keys, count)) {
    reply = rc_watch_transaction_with(cluster, options, count, args.argv, args.lengths, run_session, &session,
                                      &error);
  }
  done(&args);
  rc_call_options_free(options);
  rcgo_answer_reply(answer, reply, error);
}

void rcgo_watch_command(rc_watch* watch, const char* in, size_t count, rcgo_answer* answer) {
  rc_error* error = NULL;
  rc_reply* reply = NULL;
  arguments args;
  init(&args);
  if (read_arguments(&args, &in, count))
    reply = rc_watch_command(watch, count, args.argv, args.lengths, &error);
  done(&args);
  rcgo_answer_reply(answer, reply, error);
}

void rcgo_append(rc_commands* commands, const char* in, size_t count, rcgo_answer* answer) {
  rc_error* error = NULL;
  if (append(commands, in, count, &error) == RC_OK) {
    rcgo_answer_nothing(answer);
  } else {
    rcgo_answer_error(answer, error);
  }
}
