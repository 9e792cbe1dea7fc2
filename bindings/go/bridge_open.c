#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"
#include "bridge_answer.h"
#include "bridge_arguments.h"

static int ask_credentials(const char* host, int port, rc_credentials* to, void* functions) {
  return rcgoCredentials((char*)host, port, to, (uintptr_t)functions);
}

static void tell_log(int level, const char* line, void* functions) {
  rcgoLog(level, (char*)line, (uintptr_t)functions);
}

static void tell_attempt(const rc_attempt* attempt, void* functions) {
  rcgoAttempt((rc_attempt*)attempt, (uintptr_t)functions);
}

static const struct {
  const char* name;
  int (*set)(rc_options*, const char*, rc_error**);
} texts[] = {
    {"node", rc_options_add_address},
    {"username", rc_options_set_username},
    {"password", rc_options_set_password},
    {"name", rc_options_set_name},
    {"zone", rc_options_set_zone},
    {"tls_ca_file", rc_options_set_tls_ca_file},
    {"tls_ca_dir", rc_options_set_tls_ca_dir},
    {"tls_key_password", rc_options_set_tls_key_password},
    {"tls_server_name", rc_options_set_tls_server_name},
};

static const struct {
  const char* name;
  int (*set)(rc_options*, int, rc_error**);
} numbers[] = {
    {"timeout_ms", rc_options_set_timeout_ms},
    {"connect_timeout_ms", rc_options_set_connect_timeout_ms},
    {"max_redirects", rc_options_set_max_redirects},
    {"watch_retries", rc_options_set_watch_retries},
    {"database", rc_options_set_database},
    {"refresh_interval_ms", rc_options_set_refresh_interval_ms},
    {"read_from", rc_options_set_read_from},
    {"protocol", rc_options_set_protocol},
    {"tls", rc_options_set_tls},
    {"tls_verify", rc_options_set_tls_verify},
    {"tls_min_version", rc_options_set_tls_min_version},
};

/* A name and RCGO_VALUES values. */
static int set_option(rc_options* options, const char* const* setting, void* functions, rc_error** error) {
  const char* name = setting[0];
  for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i)
    if (strcmp(name, texts[i].name) == 0) return texts[i].set(options, setting[1], error);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i)
    if (strcmp(name, numbers[i].name) == 0) return numbers[i].set(options, atoi(setting[1]), error);
  if (strcmp(name, "tls_certificate") == 0)
    return rc_options_set_tls_certificate(options, setting[1], setting[2], error);
  if (strcmp(name, "mapped_address") == 0)
    return rc_options_add_mapped_address(options, setting[1], atoi(setting[2]), setting[3], atoi(setting[4]),
                                         error);
  if (strcmp(name, "credentials") == 0)
    return rc_options_set_credentials(options, ask_credentials, functions, error);
  if (strcmp(name, "log") == 0)
    return rc_options_set_log(options, atoi(setting[1]), tell_log, functions, error);
  if (strcmp(name, "attempt_hook") == 0)
    return rc_options_set_attempt_hook(options, tell_attempt, functions, error);
  abort(); /* the names are this package's own */
}

rc_cluster* rcgo_open(const char* in, size_t count, uintptr_t functions, rcgo_terms terms,
                      rcgo_answer* answer) {
  enum { STEP = 1 + RCGO_VALUES };
  rc_error* error = NULL;
  rc_call_options* call = NULL;
  rc_options* options = NULL;
  rc_cluster* cluster = NULL;
  rcgo_arguments args;
  rcgo_arguments_init(&args);
  if (rcgo_arguments_read(&args, &in, count * STEP)) {
    const int has_url = count > 0 && strcmp(args.argv[0], "url") == 0;
    options = has_url ? rc_options_from_url(args.argv[1], &error) : rc_options_new();
    int code = options == NULL ? RC_ERR_NO_MEMORY : RC_OK;
    for (size_t i = has_url ? 1 : 0; i < count && code == RC_OK; ++i)
      code = set_option(options, args.argv + i * STEP, (void*)functions, &error);
    if (code == RC_OK && rcgo_make_options(terms, &call, &error) == RC_OK)
      cluster = rc_cluster_open_with(options, call, &error);
  }
  if (cluster == NULL) {
    rcgo_answer_error(answer, error);
  } else {
    rcgo_answer_nothing(answer);
  }
  rc_call_options_free(call);
  rc_options_free(options);
  rcgo_arguments_done(&args);
  return cluster;
}
