// rc_error: the core's Error, read by C callers.
#include "guard.h"

int rc_error_code(const rc_error* error) { return error == nullptr ? RC_OK : static_cast<int>(error->code); }

const char* rc_error_message(const rc_error* error) {
  if (error == nullptr) return "";
  return error->message[0] == '\0' ? rediscluster::code_name(error->code) : error->message;
}

const char* rc_error_server_code(const rc_error* error) {
  return error == nullptr ? nullptr : error->server_code;
}

int rc_error_outcome(const rc_error* error) {
  return error == nullptr ? RC_OUTCOME_NOT_SENT : static_cast<int>(error->outcome);
}

const char* rc_error_name(int code) { return rediscluster::code_name(static_cast<rediscluster::Code>(code)); }

const char* rc_outcome_name(int outcome) {
  return rediscluster::outcome_name(static_cast<rediscluster::Outcome>(outcome));
}

void rc_error_free(rc_error* error) { rediscluster::free_error(error); }
