#include "operations/pipeline_batch.h"

#include <cstring>

#include "connection/large.h"

namespace rediscluster {

void PipelineBatch::submit(const CommandList& commands, TimePoint now, Deadline deadline) {
  if (may_block_ || holds_others_up(size_)) own_.emplace(*target_.node);
  lane_ = own_ ? &**own_ : &target_.node->lane();
  request_ = new_batch(static_cast<std::uint32_t>(target_.asking ? size() * 2 : size()));
  const auto write = [&](char* to) {
    for (const std::size_t index : indices_) {
      if (target_.asking) {
        std::memcpy(to, kAskingBytes.data(), kAskingBytes.size());
        to += kAskingBytes.size();
      }
      std::memcpy(to, commands.encoded(index), commands[index].size);
      to += commands[index].size;
    }
  };
  lane_->submit(*request_, size_, now, deadline, write,
                false);  // leading one lane would keep us from sending to the next
}

ErrorPtr PipelineBatch::failure(const CommandList& commands, std::size_t i) const {
  const Error& failure = *request_->failure;
  std::size_t begin = 0;
  for (std::size_t before = 0; before < i; ++before) {
    begin += commands[indices_[before]].size + (target_.asking ? kAskingBytes.size() : 0);
  }
  const Outcome outcome = begin < request_->sent ? Outcome::kUnknown : Outcome::kNotSent;
  return make_error(failure.code, outcome, failure.message);
}

}  // namespace rediscluster
