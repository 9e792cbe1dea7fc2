// rc_reply: the core's Reply, read by C callers.
#include "resp/reply.h"

#include "rediscluster/rediscluster.h"

using rediscluster::ReplyType;

#define SAME(constant, value) static_assert((constant) == static_cast<int>(value))
SAME(RC_REPLY_NIL, ReplyType::kNil);
SAME(RC_REPLY_STATUS, ReplyType::kStatus);
SAME(RC_REPLY_STRING, ReplyType::kString);
SAME(RC_REPLY_INTEGER, ReplyType::kInteger);
SAME(RC_REPLY_ARRAY, ReplyType::kArray);
SAME(RC_REPLY_ERROR, ReplyType::kError);
SAME(RC_REPLY_DOUBLE, ReplyType::kDouble);
SAME(RC_REPLY_BOOL, ReplyType::kBool);
SAME(RC_REPLY_MAP, ReplyType::kMap);
SAME(RC_REPLY_SET, ReplyType::kSet);
SAME(RC_REPLY_PUSH, ReplyType::kPush);
SAME(RC_REPLY_BIG_NUMBER, ReplyType::kBigNumber);
SAME(RC_REPLY_VERBATIM, ReplyType::kVerbatim);
#undef SAME

namespace {

bool has_text(const rc_reply& reply) noexcept {
  switch (reply.type) {
    case ReplyType::kStatus:
    case ReplyType::kString:
    case ReplyType::kError:
    case ReplyType::kDouble:
    case ReplyType::kBigNumber:
    case ReplyType::kVerbatim:
      return true;
    default:
      return false;
  }
}

}  // namespace

int rc_reply_type(const rc_reply* reply) {
  return reply == nullptr ? RC_REPLY_NIL : static_cast<int>(reply->type);
}

const char* rc_reply_type_name(int type) {
  switch (type) {
    case RC_REPLY_NIL:
      return "RC_REPLY_NIL";
    case RC_REPLY_STATUS:
      return "RC_REPLY_STATUS";
    case RC_REPLY_STRING:
      return "RC_REPLY_STRING";
    case RC_REPLY_INTEGER:
      return "RC_REPLY_INTEGER";
    case RC_REPLY_ARRAY:
      return "RC_REPLY_ARRAY";
    case RC_REPLY_ERROR:
      return "RC_REPLY_ERROR";
    case RC_REPLY_DOUBLE:
      return "RC_REPLY_DOUBLE";
    case RC_REPLY_BOOL:
      return "RC_REPLY_BOOL";
    case RC_REPLY_MAP:
      return "RC_REPLY_MAP";
    case RC_REPLY_SET:
      return "RC_REPLY_SET";
    case RC_REPLY_PUSH:
      return "RC_REPLY_PUSH";
    case RC_REPLY_BIG_NUMBER:
      return "RC_REPLY_BIG_NUMBER";
    case RC_REPLY_VERBATIM:
      return "RC_REPLY_VERBATIM";
    default:
      return "RC_REPLY_UNKNOWN_TYPE";
  }
}

const char* rc_reply_string(const rc_reply* reply, size_t* len) {
  const auto text = reply == nullptr ? std::string_view() : reply->string();
  if (len != nullptr) *len = text.size();
  if (text.data() != nullptr) return text.data();
  return reply != nullptr && has_text(*reply) ? "" : nullptr;
}

int64_t rc_reply_integer(const rc_reply* reply) {
  const bool has =
      reply != nullptr && (reply->type == ReplyType::kInteger || reply->type == ReplyType::kBool);
  return has ? reply->integer : 0;
}

double rc_reply_double(const rc_reply* reply) {
  return reply != nullptr && reply->type == ReplyType::kDouble ? reply->number : 0.0;
}

size_t rc_reply_length(const rc_reply* reply) {
  if (reply == nullptr) return 0;
  return reply->is_aggregate() ? reply->length : reply->string().size();
}

const rc_reply* rc_reply_element(const rc_reply* reply, size_t i) {
  return reply != nullptr && reply->is_aggregate() && i < reply->length ? &reply->elements[i] : nullptr;
}

const rc_error* rc_reply_error(const rc_reply* reply) {
  return reply != nullptr && reply->is_error() ? reply->error : nullptr;
}

void rc_reply_free(rc_reply* reply) { rediscluster::free_reply(reply); }
