// What goes again, or late: the fronts of the lines, as soon as they are due.
#include "operations/pipeline_run.h"
#include "operations/pipeline_window.h"

namespace rediscluster {
namespace {

constexpr Duration kTogether = milliseconds(1);  // what is due so soon goes with what is due now
constexpr Duration kWhenFull = milliseconds(5);  // then it is looked again whether the node has room

}  // namespace

void PipelineRun::send_due(TimePoint now) {
  if (lines_.next() > now) return;
  context_.topology.tend(now);
  while (lines_.next() <= now + kTogether) {
    PipelineLines::Entry& entry = lines_.take();
    if (!send_from(entry, now)) lines_.put_back(entry, now + kWhenFull);
  }
  launch_retries(now);
}

// As many of the first as go to one target. False: none, for now.
bool PipelineRun::send_from(PipelineLines::Entry& entry, TimePoint now) {
  PipelineLine& line = entry.second;
  Retry* retry = nullptr;
  std::size_t sent = 0;
  while (sent < line.size()) {
    PipelineLine::Item& item = line[sent];
    if (item.straggler != nullptr && item.straggler->course.due() > now + kTogether) break;
    auto target = aim(item, now);
    if (!target.ok()) {
      if (sent > 0) break;
      reply_.put_failure(item.index, item.straggler->course.slot(), target.error());
      line.pop();
      continue;
    }
    if (target.value().node == nullptr) break;
    if (item.straggler != nullptr && item.straggler->wary) {
      if (sent > 0) break;  // it is asked about when it is the first
      Straggler& straggler = *item.straggler;
      if (answers_.is_still_refused(straggler, item.index)) {
        const Target asked = std::exchange(straggler.target, {});
        if (straggler.course.on_answer(asked, answers_.told()) == Verdict::kAgain) break;
        reply_.put_failure(item.index, straggler.course.slot(), *straggler.course.take_error());
        line.pop();
        continue;
      }
      straggler.wary = false;
    }
    if (sent == 0) retry = retry_for(target.value());
    const bool same = retry != nullptr && retry->target.node == target.value().node &&
                      retry->target.asking == target.value().asking;
    const std::size_t size = commands_[item.index].size;
    const bool full = same && !retry->indices.empty() &&
                      (retry->indices.size() == kWindowCommands || retry->bytes + size > kWindowBytes);
    if (!same || full) break;
    retry->indices.push_back(item.index);
    retry->bytes += size;
    retry->may_block = retry->may_block || plan_.may_block(item.index);
    ++sent;
    if (line.probes()) break;
  }
  if (sent == 0) return false;
  line.send(sent);
  retry->lines.push_back(&entry);
  return true;
}

// The order of a line holds whatever becomes of its first: so a target that was told is kept until it is
// used.
Result<Target> PipelineRun::aim(PipelineLine::Item& item, TimePoint now) {
  if (item.straggler == nullptr) {
    const auto command = plan_.routed(item.index);
    if (command.slot >= 0 && !plan_.reads_elsewhere(command)) {
      Node* const owner = context_.topology.map().owner(command.slot);
      if (owner != nullptr) return Target{owner};
    }
    item.straggler = std::make_unique<Straggler>(plan_.course(item.index), 0);
  }
  Straggler& straggler = *item.straggler;
  if (straggler.target.node == nullptr) {
    auto target = straggler.course.target_by_now(now);
    if (!target.ok()) return target.take_error();
    straggler.target = target.value();
  }
  return straggler.target;
}

// One that is being made; null: so much is under way to the node already that it has to wait.
PipelineRun::Retry* PipelineRun::retry_for(const Target& target) {
  std::size_t commands = 0;
  std::size_t bytes = 0;
  for (auto& retry : retries_) {
    if (retry.target.node != target.node) continue;
    const bool fits =
        !retry.exchange && retry.target.asking == target.asking && retry.target.on_trial == target.on_trial;
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

void PipelineRun::launch_retries(TimePoint now) {
  for (const auto retry : being_made_) {
    const Deadline deadline =
        retry->target.on_trial ? deadline_.sooner(now + deadline_.left(now) / 2) : deadline_;
    retry->exchange.emplace(commands_, retry->target, std::span<const Index>(retry->indices), deadline);
    under_way_.push_back({&*retry->exchange, nullptr, retry});
    retry->exchange->submit(retry->bytes, retry->may_block, now);
  }
  being_made_.clear();
}

}  // namespace rediscluster
