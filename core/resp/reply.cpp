#include "resp/reply.h"

#include "resp/arena.h"

namespace rediscluster {

void free_reply(Reply* root) noexcept {
  if (root != nullptr && root->is_root) Arena::destroy(Arena::of(root));
}

}  // namespace rediscluster
