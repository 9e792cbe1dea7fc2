#include "batch/plan.h"

#include <algorithm>

#include "base/text.h"
#include "calls/resolve_command.h"
#include "calls/second_look.h"

namespace rediscluster {
namespace {

constexpr std::size_t kLookAtClock = 256;  // commands, each of which may have to be asked about

}  // namespace

ErrorPtr BatchPlan::look_up_all(TimePoint now) {
  if (commands_.routed_by_table()) return nullptr;
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    if (commands_[i].routed_by_table()) continue;
    if (resolved_.size() % kLookAtClock == kLookAtClock - 1) {
      now = Clock::now();
      if (deadline_.expired(now)) {
        return make_error(
            Code::kTimeout, Outcome::kNotSent,
            text("pipeline, command ", i, ": its time was up before it was known where it goes"));
      }
    }
    const auto arguments = commands_.arguments(i);
    auto found = look_up(context_, arguments.view(), now, deadline_);
    if (!found.ok()) return found.take_error();
    const RoutedCommand& command = found.value();
    if (auto error = refusal(command.spec, command.keys, arguments.view()[0])) {
      return make_error(error->code, error->outcome, text("pipeline, command ", i, ": ", error->message));
    }
    resolved_.push_back({i,
                         {command.keys.slot, command.read_only(), command.may_ask_replica(),
                          command.spec != nullptr && rediscluster::may_block(*command.spec, arguments.view()),
                          any_text_of(command.spec)}});
    if (command.keep != nullptr && (kept_.empty() || kept_.back() != command.keep))
      kept_.push_back(command.keep);
  }
  return nullptr;
}

BatchPlan::Routed BatchPlan::routed(std::size_t i) const noexcept {
  const CommandList::Entry& entry = commands_[i];
  if (entry.routed_by_table())
    return {entry.keys.slot, entry.spec->has(kReadOnly), entry.spec->may_ask_replica(), false,
            any_text_of(entry.spec)};
  return std::lower_bound(resolved_.begin(), resolved_.end(), i,
                          [](const auto& each, std::size_t index) { return each.first < index; })
      ->second;
}

RetryState BatchPlan::retry_state(std::size_t i) const {
  const Routed command = routed(i);
  return RetryState(context_, deadline_, command.slot, idempotent_ || command.read_only,
                    reads_elsewhere(command) ? from_ : ReadFrom::kPrimary);
}

void BatchPlan::learn_zones() const {
  NodeNumbers asked;
  const auto map = context_.topology.keep_map();
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    const Routed command = routed(i);
    const Node* const owner = reads_elsewhere(command) ? map->owner(command.slot) : nullptr;
    const std::size_t before = asked.size();
    if (owner != nullptr && asked.of(owner) == before)
      rediscluster::learn_zones(context_, command.slot, deadline_);
  }
}

Target BatchPlan::usual_target(const SlotMap& map, const Routed& command) {
  Node* const owner = command.slot < 0 ? map.random_primary() : map.owner(command.slot);
  if (owner == nullptr || !reads_elsewhere(command)) return {owner};
  const std::size_t shard = shards_.of(owner);
  if (shard == readers_.size()) {
    const Reader reader = choose_reader(map, command.slot, from_, {}, Clock::now());
    readers_.push_back({reader.node, false, true, reader.is_probe});
  }
  return readers_[shard];
}

}  // namespace rediscluster
