// First attempts: every command goes to the queue of its node, and each queue goes in windows.
#include <algorithm>

#include "batch/run.h"
#include "batch/window.h"

namespace rediscluster {
namespace {

constexpr std::size_t kUsualNodes = 8;      // that get room at once
constexpr std::size_t kLookAtClock = 4096;  // commands

}  // namespace

// By the map as it is now. What has no node stands in line, which waits for one. False: that took too long.
bool BatchRun::fill_queues(TimePoint now) {
  const CommandList& commands = plan_.commands();
  const std::size_t count = plan_.original();
  if (plan_.from() == ReadFrom::kSameZone) plan_.learn_zones();
  map_ = context_.topology.keep_map();
  const SlotMap& map = *map_;
  queues_.reserve(kUsualNodes);
  const bool simple = plan_.simple();
  bool in_time = true;
  std::size_t i = 0;
  for (; i < count; ++i) {
    if (i % kLookAtClock == 0) [[unlikely]] {
      if (i > 0) now = Clock::now();
      in_time = !deadline_.passed(now) || deadline_.was_withdrawn();
      if (!in_time) break;
      reply_.make_empty(i, std::min(i + kLookAtClock, count));
    }
    const CommandList::Entry& entry = commands[i];
    Target target;
    if (simple && entry.keys.slot >= 0) [[likely]] {
      target.node = map.owner(entry.keys.slot);
    } else {
      if (const Expansion* whole = plan_.parts().of(i)) [[unlikely]] {
        for (std::uint32_t k = 0; k < whole->count; ++k) enqueue(map, whole->first + k);
        continue;
      }
      target = plan_.usual_target(map, i);
    }
    if (target.node == nullptr) [[unlikely]] {
      const auto command = plan_.routed(i);
      lines_.push(SlotQueues::key(command.slot, plan_.reads_elsewhere(command), i), i, nullptr);
      continue;
    }
    NodeQueue& queue = queue_for(target);
    queue.indices.push_back(static_cast<Index>(i));
    queue.bytes += entry.size;
  }
  planned_ = i;
  return in_time;
}

// A part of a command.
void BatchRun::enqueue(const SlotMap& map, std::size_t i) {
  const std::uint32_t before = plan_.parts().before(i);
  if (before != kNoCommand) return enqueue_behind(before, i);
  const Target target = plan_.usual_target(map, i);
  if (target.node == nullptr) {
    lines_.push(plan_.line_of(i), i, nullptr);
    return;
  }
  NodeQueue& queue = queue_for(target);
  queue.indices.push_back(static_cast<Index>(i));
  queue.bytes += commands()[i].size;
}

// It goes where that goes, next to it.
void BatchRun::enqueue_behind(std::size_t before, std::size_t i) {
  for (NodeQueue& queue : queues_) {
    const auto found = std::find(queue.indices.rbegin(), queue.indices.rend(), before);
    if (found == queue.indices.rend()) continue;
    auto at = found.base();
    while (at != queue.indices.end() && plan_.parts().before(*at) == before) ++at;
    queue.indices.insert(at, static_cast<Index>(i));
    queue.bytes += commands()[i].size;
    queue.only_reads = false;
    return;
  }
  lines_.push(plan_.line_of(i), i, nullptr);
}

BatchRun::NodeQueue& BatchRun::queue_for(const Target& target) {
  NodeQueue* queue = queues_.data();
  for (NodeQueue* const end = queue + few_queues_; queue != end; ++queue) {
    if (queue->target.node == target.node) break;
  }
  if (queue == queues_.data() + few_queues_) [[unlikely]]
    queue = &another_queue(target);
  if (!target.reading) queue->only_reads = false;
  return *queue;
}

BatchRun::NodeQueue& BatchRun::another_queue(const Target& target) {
  const std::size_t number = numbers_.of(target.node);
  if (number == queues_.size()) {
    NodeQueue& fresh = queues_.emplace_back();
    fresh.target = {target.node, false, false, target.is_probe};
    fresh.indices.reserve(std::min(commands().size(), kWindowCommands));
    few_queues_ = std::min(queues_.size(), kUsualNodes);
  }
  return queues_[number];
}

void BatchRun::send_window(NodeQueue& queue, TimePoint now) {
  const bool map_changed = map_.get() != &*context_.topology.map();
  const bool look = map_changed || !lines_.empty();
  const std::size_t begin = queue.next;
  std::size_t end = begin;
  std::size_t bytes = 0;
  bool may_block = false;
  std::size_t at = begin;
  if (begin == 0 && !look && plan_.simple() && queue.indices.size() <= kWindowCommands &&
      queue.bytes <= kWindowBytes) [[likely]] {
    at = end = queue.indices.size();
    bytes = queue.bytes;
  }
  while (at < queue.indices.size() && end - begin < kWindowCommands &&
         (bytes < kWindowBytes || end == begin)) {
    const Index i = queue.indices[at++];
    if (look && stands_in_line(queue, i, map_changed)) {
      // Behind a node that is dead all may do so, and there may be a million of them.
      if ((at - begin) % kLookAtClock != 0 || !deadline_.passed(Clock::now())) continue;
      queue.next = at - (end - begin);  // so many have not been sent
      return;
    }
    queue.indices[end++] = i;
    bytes += commands()[i].size;
    may_block = may_block || plan_.may_block(i);
  }
  if (!plan_.parts().followed.empty()) [[unlikely]] {
    while (end > begin && at < queue.indices.size() && follows(queue.indices[at], queue.indices[end - 1])) {
      queue.indices[end++] = queue.indices[at++];
      may_block = true;
      bytes += commands()[queue.indices[end - 1]].size;
    }
  }
  queue.next = at;
  if (end == begin) return;
  // A node that may still be ill leaves others half of the time.
  const bool is_probe = queue.only_reads && queue.target.is_probe;
  const Deadline deadline = is_probe ? deadline_.sooner(now + deadline_.left(now) / 2) : deadline_;
  queue.window.emplace(commands(), queue.target, std::span(queue.indices.data() + begin, end - begin),
                       deadline);
  under_way_.push_back({&*queue.window, &queue, retries_.end()});
  queue.window->submit(bytes, may_block, now);
}

// Behind an earlier one of its slot, or because its slot has another owner by now.
bool BatchRun::stands_in_line(const NodeQueue& queue, Index i, bool map_changed) {
  const auto command = plan_.routed(i);
  const bool elsewhere = plan_.reads_elsewhere(command);
  if (command.slot < 0) return false;
  const auto key = plan_.line_of(i);
  const bool moved =
      map_changed && !elsewhere && context_.topology.map().owner(command.slot) != queue.target.node;
  if (!moved && lines_.find(key) == nullptr) return false;
  lines_.push(key, i, nullptr);
  return true;
}

}  // namespace rediscluster
