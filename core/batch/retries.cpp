// What goes again, or late: the fronts of the lines, as soon as they are due.
#include "batch/run.h"
#include "batch/window.h"

namespace rediscluster {
namespace {

constexpr Duration kTogether = milliseconds(1);    // what is due so soon goes with what is due now
constexpr Duration kLookAgain = milliseconds(10);  // for a map that knows a node
constexpr std::size_t kLookAtClock = 256;          // lines
constexpr Duration kWhenFull = milliseconds(5);    // then it is looked again whether the node has room

}  // namespace

void BatchRun::send_due(TimePoint now) {
  if (lines_.next() > now) return;
  context_.topology.poll_refresh(now);
  for (std::size_t i = 1; lines_.next() <= now + kTogether; ++i) {
    if (i % kLookAtClock == 0 && deadline_.passed(Clock::now())) break;
    SlotQueues::Entry& entry = lines_.take();
    if (!send_from(entry, now)) lines_.put_back(entry, now + kWhenFull);
  }
  launch_retries(now);
}

// As many of the first as go to one target. False: none, for now.
bool BatchRun::send_from(SlotQueues::Entry& entry, TimePoint now) {
  SlotQueue& line = entry.second;
  Retry* retry = nullptr;
  std::size_t sent = 0;
  while (sent < line.size()) {
    SlotQueue::Item& item = line[sent];
    if (item.pending != nullptr && item.pending->due() > now + kTogether) break;
    const bool goes_along = sent > 0 && follows(item.index, line[sent - 1].index);
    auto target = goes_along ? Result<Target>(retry->target) : aim(item, now);
    if (!target.ok()) {
      if (sent > 0) break;
      reply_.put_failure(item.index, plan_.slot(item.index), target.error());
      line.pop();
      continue;
    }
    if (target.value().node == nullptr) break;
    if (item.pending != nullptr && item.pending->wary) {
      if (sent > 0) break;  // it is asked about when it is the first
      PendingRetry& pending = *item.pending;
      if (answers_.is_still_refused(pending, item.index)) {
        const Target asked = std::exchange(pending.target, {});
        if (pending.state.on_answer(asked, answers_.told(), now) == Decision::kAgain) break;
        reply_.put_failure(item.index, pending.state.slot(), *pending.state.take_error());
        line.pop();
        continue;
      }
      pending.wary = false;
    }
    if (sent == 0) retry = retry_for(target.value());
    const bool same = retry != nullptr && retry->target.node == target.value().node &&
                      retry->target.asking == target.value().asking;
    const std::size_t size = commands()[item.index].size;
    const bool full = same && !goes_along && !retry->indices.empty() &&
                      (retry->indices.size() == kWindowCommands || retry->bytes + size > kWindowBytes);
    if (!same || full) break;
    retry->indices.push_back(item.index);
    retry->bytes += size;
    retry->may_block = retry->may_block || plan_.may_block(item.index);
    ++sent;
    if (line.probes() && !(sent < line.size() && follows(line[sent].index, line[sent - 1].index))) break;
  }
  if (sent == 0) return false;
  line.send(sent);
  retry->lines.push_back(&entry);
  return true;
}

// The order of a line holds whatever becomes of its first: so a target that was told is kept until it is
// used.
Result<Target> BatchRun::aim(SlotQueue::Item& item, TimePoint now) {
  if (plan_.parts().before(item.index) != kNoCommand) [[unlikely]]
    return make_error(Code::kIo, Outcome::kNotSent, "what it follows was not executed");
  if (item.pending == nullptr) {
    const auto command = plan_.routed(item.index);
    if (command.slot >= 0 && !plan_.reads_elsewhere(command)) {
      Node* const owner = context_.topology.map().owner(command.slot);
      if (owner != nullptr) return Target{owner};
    }
    item.pending = std::make_unique<PendingRetry>(plan_.retry_state(item.index), 0);
  }
  PendingRetry& pending = *item.pending;
  if (pending.target.node == nullptr) {
    const Step step = pending.state.next(now);
    if (step.kind == Step::kDone) return pending.state.take_error();
    pending.target = step.target;
    // One caller drives all of a pipeline and cannot wait for a map: it looks again.
    const bool waits = step.kind == Step::kWaitForMap;
    pending.looks_again_at = waits ? std::min(step.until, now + kLookAgain) : TimePoint();
  }
  return pending.target;
}

// One that is being made; null: so much is under way to the node already that it has to wait.
BatchRun::Retry* BatchRun::retry_for(const Target& target) {
  std::size_t commands = 0;
  std::size_t bytes = 0;
  for (auto& retry : retries_) {
    if (retry.target.node != target.node) continue;
    const bool fits =
        !retry.exchange && retry.target.asking == target.asking && retry.target.is_probe == target.is_probe;
    commands += retry.indices.size();
    bytes += retry.bytes;
    if (fits && commands < kWindowCommands && bytes < kWindowBytes) return &retry;
  }
  if (commands >= kWindowCommands || bytes >= kWindowBytes) return nullptr;
  Retry& fresh = retries_.emplace_back();
  fresh.target = target;
  being_made_.push_back(std::prev(retries_.end()));
  return &fresh;
}

void BatchRun::launch_retries(TimePoint now) {
  for (const auto retry : being_made_) {
    const Deadline deadline =
        retry->target.is_probe ? deadline_.sooner(now + deadline_.left(now) / 2) : deadline_;
    retry->exchange.emplace(commands(), retry->target, std::span<const Index>(retry->indices), deadline);
    under_way_.push_back({&*retry->exchange, nullptr, retry});
    retry->exchange->submit(retry->bytes, retry->may_block, now);
  }
  being_made_.clear();
}

}  // namespace rediscluster
