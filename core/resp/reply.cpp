#include "resp/reply.h"

#include "resp/arena.h"

using rediscluster::ReplyType;

std::string_view rc_reply::string() const noexcept {
  switch (type) {
    case ReplyType::kStatus:
    case ReplyType::kString:
    case ReplyType::kBigNumber:
    case ReplyType::kVerbatim:
    case ReplyType::kDouble:
      return {text, length};
    case ReplyType::kError:
      return error->message;
    default:
      return {};
  }
}

namespace rediscluster {

void free_reply(Reply* root) noexcept {
  if (root != nullptr && root->is_root) Arena::destroy(Arena::of(root));
}

}  // namespace rediscluster
