#include "batch/exchange.h"

#include <cstring>

namespace rediscluster {

void BatchExchange::submit(std::size_t bytes, bool may_block, TimePoint now) {
  if (target_.asking) bytes += size() * kAskingBytes.size();
  connection_.emplace(*target_.node, may_block ? Sharing::kExclusive : Sharing::kShared, bytes);
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
  (*connection_)
      ->submit(*request_, bytes, now, deadline_, write,
               false);  // leading one connection would keep us from sending to the next
}

bool BatchExchange::rest_never_ran() const noexcept {
  const std::size_t each = target_.asking ? 2 : 1;
  const std::size_t answered = request_->received.load(std::memory_order_relaxed) / each;
  if (failure() == nullptr || failure()->code != Code::kIo || answered == 0) return false;
  const Reply& last = *reply(answered - 1);
  const CommandSpec* const spec = commands_[indices_[answered - 1]].spec;
  const bool is_servers_own = spec != nullptr && !spec->has(kAnyText);
  return is_servers_own && last.is_error() &&
         (classify(last.string()) == Answer::kDemoted || is_protocol_error(last.string()));
}

}  // namespace rediscluster
