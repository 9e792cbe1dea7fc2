#include "batch/exchange.h"

#include <cstring>

#include "connection/large.h"

namespace rediscluster {

void BatchExchange::submit(std::size_t bytes, bool may_block, TimePoint now) {
  if (target_.asking) bytes += size() * kAskingBytes.size();
  if (may_block || holds_others_up(bytes)) own_.emplace(*target_.node);
  connection_ = own_ ? &**own_ : &target_.node->connection();
  request_ = new_batch(static_cast<std::uint32_t>(target_.asking ? size() * 2 : size()));
  sent_at_ = now;
  const auto write = [&](char* to) {
    for (std::size_t i = 0; i < indices_.size();) {
      if (target_.asking) {
        std::memcpy(to, kAskingBytes.data(), kAskingBytes.size());
        to += kAskingBytes.size();
      }
      // What follows in the list lies behind it.
      const char* const from = commands_.encoded(indices_[i]);
      std::size_t size = commands_[indices_[i]].size;
      while (++i < indices_.size() && indices_[i] == indices_[i - 1] + 1 && !target_.asking)
        size += commands_[indices_[i]].size;
      std::memcpy(to, from, size);
      to += size;
    }
  };
  connection_->submit(*request_, bytes, now, deadline_, write,
                      false);  // leading one connection would keep us from sending to the next
}

}  // namespace rediscluster
