// rc_error: the core's Error, read by C callers.
#include "guard.h"

using rediscluster::Code;
using rediscluster::Outcome;

#define SAME(constant, value) static_assert((constant) == static_cast<int>(value))
SAME(RC_OK, Code::kOk);
SAME(RC_ERR_INVALID_ARGUMENT, Code::kInvalidArgument);
SAME(RC_ERR_NO_MEMORY, Code::kNoMemory);
SAME(RC_ERR_CONNECT, Code::kConnect);
SAME(RC_ERR_AUTH, Code::kAuth);
SAME(RC_ERR_TLS, Code::kTls);
SAME(RC_ERR_TIMEOUT, Code::kTimeout);
SAME(RC_ERR_IO, Code::kIo);
SAME(RC_ERR_PROTOCOL, Code::kProtocol);
SAME(RC_ERR_SERVER, Code::kServer);
SAME(RC_ERR_CROSS_SLOT, Code::kCrossSlot);
SAME(RC_ERR_NO_KEYS, Code::kNoKeys);
SAME(RC_ERR_EMPTY, Code::kEmpty);
SAME(RC_ERR_CLUSTER_DOWN, Code::kClusterDown);
SAME(RC_ERR_TOO_MANY_REDIRECTS, Code::kTooManyRedirects);
SAME(RC_ERR_WATCH_CONFLICT, Code::kWatchConflict);
SAME(RC_ERR_ABORTED, Code::kAborted);
SAME(RC_ERR_CALLBACK, Code::kCallback);
SAME(RC_ERR_CLOSED, Code::kClosed);
SAME(RC_ERR_BUSY, Code::kBusy);
SAME(RC_ERR_UNSUPPORTED, Code::kUnsupported);
SAME(RC_ERR_INTERNAL, Code::kInternal);
SAME(RC_ERR_CANCELLED, Code::kCancelled);
SAME(RC_OUTCOME_NOT_SENT, Outcome::kNotSent);
SAME(RC_OUTCOME_REFUSED, Outcome::kRefused);
SAME(RC_OUTCOME_EXECUTED, Outcome::kExecuted);
SAME(RC_OUTCOME_UNKNOWN, Outcome::kUnknown);
#undef SAME

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

const char* rc_error_name(int code) { return rediscluster::code_name(static_cast<Code>(code)); }

const char* rc_outcome_name(int outcome) {
  switch (outcome) {
    case RC_OUTCOME_NOT_SENT:
      return "RC_OUTCOME_NOT_SENT";
    case RC_OUTCOME_REFUSED:
      return "RC_OUTCOME_REFUSED";
    case RC_OUTCOME_EXECUTED:
      return "RC_OUTCOME_EXECUTED";
    case RC_OUTCOME_UNKNOWN:
      return "RC_OUTCOME_UNKNOWN";
    default:
      return "RC_OUTCOME_UNKNOWN_VALUE";
  }
}

void rc_error_free(rc_error* error) { rediscluster::free_error(error); }
