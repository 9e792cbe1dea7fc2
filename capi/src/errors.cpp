// rc_error: the core's Error, read by C callers.
#include "base/error_parts.h"
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

namespace {

const rediscluster::ErrorPart* part(const rc_error* error, size_t i) noexcept {
  return error == nullptr || error->parts == nullptr ? nullptr : error->parts->at(i);
}

}  // namespace

size_t rc_error_part_count(const rc_error* error) {
  return error == nullptr || error->parts == nullptr ? 0 : error->parts->count;
}

const char* rc_error_part_node(const rc_error* error, size_t i) {
  const auto* it = part(error, i);
  return it == nullptr ? nullptr : it->node;
}

size_t rc_error_part_key_count(const rc_error* error, size_t i) {
  const auto* it = part(error, i);
  return it == nullptr ? 0 : it->key_count;
}

size_t rc_error_part_key(const rc_error* error, size_t i, size_t k) {
  const auto* it = part(error, i);
  return it == nullptr || k >= it->key_count ? 0 : it->keys[k];
}

const rc_reply* rc_error_part_reply(const rc_error* error, size_t i) {
  const auto* it = part(error, i);
  return it == nullptr ? nullptr : it->reply;
}

const rc_error* rc_error_part_error(const rc_error* error, size_t i) {
  const auto* it = part(error, i);
  return it == nullptr ? nullptr : it->error;
}

void rc_error_free(rc_error* error) { rediscluster::free_error(error); }
