// rc_reply: the core's Reply, read by C callers.
#include "resp/reply.h"

#include "rediscluster/rediscluster.h"

using rediscluster::ReplyType;

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
  if (type < 0 || type > UINT8_MAX) type = UINT8_MAX;  // no type has that number
  return rediscluster::reply_type_name(static_cast<ReplyType>(type));
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
