#include "resp/reply.h"

#include "resp/arena.h"

namespace rediscluster {

const char* reply_type_name(ReplyType type) noexcept {
  switch (type) {
#define REPLY_TYPE(name, ours, number) \
  case ReplyType::ours:                \
    return #name;
#include "base/codes.inc"
  }
  return "RC_REPLY_UNKNOWN_TYPE";
}

void free_reply(Reply* root) noexcept {
  if (root != nullptr && root->is_root) Arena::destroy(Arena::of(root));
}

}  // namespace rediscluster
