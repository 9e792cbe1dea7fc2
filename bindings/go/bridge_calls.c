#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"
#include "bridge_answer.h"
#include "bridge_arguments.h"

static uint64_t get_u64(const char** at) {
  uint64_t number;
  memcpy(&number, *at, sizeof number);
  *at += sizeof number;
  return le64toh(number);
}

uint32_t rcgo_get_u32(const char** at) {
  uint32_t number;
  memcpy(&number, *at, sizeof number);
  *at += sizeof number;
  return le32toh(number);
}

void rcgo_arguments_init(rcgo_arguments* to) {
  to->argv = to->few_argv;
  to->lengths = to->few_lengths;
  to->room = sizeof to->few_argv / sizeof *to->few_argv;
}

void rcgo_arguments_done(rcgo_arguments* to) {
  if (to->argv == to->few_argv) return;
  free(to->argv);
  free(to->lengths);
}

int rcgo_arguments_read(rcgo_arguments* to, const char** from, size_t count) {
  if (count > to->room) {
    rcgo_arguments_done(to);
    to->argv = malloc(count * sizeof *to->argv);
    to->lengths = malloc(count * sizeof *to->lengths);
    if (to->argv == NULL || to->lengths == NULL) {
      free(to->argv);
      free(to->lengths);
      rcgo_arguments_init(to);
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

int rcgo_make_options(rcgo_terms terms, rc_call_options** options, rc_error** error) {
  if (terms.timeout_ms == 0 && !terms.idempotent && terms.cancel == NULL && terms.read_from == 0 &&
      terms.route == 0 && !terms.unsplit && terms.combine == 0 && terms.node == NULL && terms.key == NULL)
    return RC_OK;
  rc_call_options* made = rc_call_options_new();
  if (made == NULL) return RC_ERR_NO_MEMORY;
  int code = RC_OK;
  if (terms.timeout_ms != 0) code = rc_call_options_set_timeout_ms(made, terms.timeout_ms, error);
  if (code == RC_OK && terms.idempotent) code = rc_call_options_set_idempotent(made, 1, error);
  if (code == RC_OK && terms.read_from != 0)
    code = rc_call_options_set_read_from(made, terms.read_from - 1, error);
  if (code == RC_OK && terms.route != 0) code = rc_call_options_set_route(made, terms.route, error);
  if (code == RC_OK && terms.node != NULL)
    code = rc_call_options_set_route_node(made, terms.node, terms.node_port, error);
  if (code == RC_OK && terms.key != NULL)
    code = rc_call_options_set_route_key(made, terms.key, terms.key_len, error);
  if (code == RC_OK && terms.unsplit) code = rc_call_options_set_split(made, 0, error);
  if (code == RC_OK && terms.combine != 0) code = rc_call_options_set_combine(made, terms.combine, error);
  if (code == RC_OK && terms.cancel != NULL) code = rc_call_options_set_cancel(made, terms.cancel, error);
  if (code == RC_OK) {
    *options = made;
  } else {
    rc_call_options_free(made);
  }
  return code;
}

static int append(rc_commands* commands, const char* in, size_t count, rc_error** error) {
  rcgo_arguments args;
  rcgo_arguments_init(&args);
  int code = RC_OK;
  for (size_t i = 0; i < count && code == RC_OK; ++i) {
    const size_t argc = rcgo_get_u32(&in);
    code = rcgo_arguments_read(&args, &in, argc)
               ? rc_commands_add(commands, argc, args.argv, args.lengths, error)
               : RC_ERR_NO_MEMORY;
  }
  rcgo_arguments_done(&args);
  return code;
}

static rc_reply* run_command(rc_cluster* cluster, const rc_call_options* options, const char* in,
                             size_t count, rc_error** error) {
  rcgo_arguments args;
  rcgo_arguments_init(&args);
  rc_reply* reply = NULL;
  if (rcgo_arguments_read(&args, &in, count))
    reply = rc_command_with(cluster, options, count, args.argv, args.lengths, error);
  rcgo_arguments_done(&args);
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

static rc_explanation* run_explain(rc_cluster* cluster, const rc_call_options* options, const char* in,
                                   size_t count, rc_error** error) {
  rcgo_arguments args;
  rcgo_arguments_init(&args);
  rc_explanation* explanation = NULL;
  if (rcgo_arguments_read(&args, &in, count))
    explanation = rc_explain_with(cluster, options, count, args.argv, args.lengths, error);
  rcgo_arguments_done(&args);
  return explanation;
}

void rcgo_run(rc_cluster* cluster, enum rcgo_operation operation, rcgo_terms terms, const char* in,
              size_t count, rcgo_answer* answer) {
  rc_error* error = NULL;
  rc_call_options* options = NULL;
  rc_reply* reply = NULL;
  if (rcgo_make_options(terms, &options, &error) == RC_OK) {
    if (operation == RCGO_EXPLAIN) {
      rc_explanation* explanation = run_explain(cluster, options, in, count, &error);
      rc_call_options_free(options);
      rcgo_answer_explanation(answer, explanation, error);
      return;
    }
    reply = operation == RCGO_COMMAND ? run_command(cluster, options, in, count, &error)
                                      : run_list(cluster, operation, options, in, count, &error);
  }
  rc_call_options_free(options);
  rcgo_answer_reply(answer, reply, error);
}

void rcgo_refresh(rc_cluster* cluster, rcgo_terms terms, rcgo_answer* answer) {
  rc_error* error = NULL;
  rc_call_options* options = NULL;
  int code = rcgo_make_options(terms, &options, &error);
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
  rcgo_arguments args;
  rcgo_arguments_init(&args);
  if (rcgo_make_options(terms, &options, &error) == RC_OK && rcgo_arguments_read(&args, &keys, count)) {
    reply = rc_watch_transaction_with(cluster, options, count, args.argv, args.lengths, run_session, &session,
                                      &error);
  }
  rcgo_arguments_done(&args);
  rc_call_options_free(options);
  rcgo_answer_reply(answer, reply, error);
}

void rcgo_watch_command(rc_watch* watch, const char* in, size_t count, rcgo_answer* answer) {
  rc_error* error = NULL;
  rc_reply* reply = NULL;
  rcgo_arguments args;
  rcgo_arguments_init(&args);
  if (rcgo_arguments_read(&args, &in, count))
    reply = rc_watch_command(watch, count, args.argv, args.lengths, &error);
  rcgo_arguments_done(&args);
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
