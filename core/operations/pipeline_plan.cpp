#include "operations/pipeline_plan.h"

#include <algorithm>

#include "base/text.h"
#include "execution/second_look.h"
#include "operations/lookup.h"

namespace rediscluster {
namespace {

constexpr std::size_t kLookAtClock = 256;  // commands, each of which may have to be asked about

}  // namespace

ErrorPtr PipelinePlan::look_up_all(TimePoint now) {
  if (commands_.settled()) return nullptr;
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    if (commands_[i].settled()) continue;
    if (special_.size() % kLookAtClock == kLookAtClock - 1) {
      now = Clock::now();
      if (deadline_.passed(now) && !deadline_.was_spared()) {
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
    special_.push_back({i,
                        {command.keys.slot, command.read_only(), command.may_ask_replica(),
                         command.spec != nullptr && rediscluster::may_block(*command.spec, arguments.view()),
                         any_text_of(command.spec)}});
    if (command.keep != nullptr && (kept_.empty() || kept_.back() != command.keep))
      kept_.push_back(command.keep);
  }
  return nullptr;
}

PipelinePlan::Routed PipelinePlan::routed(std::size_t i) const noexcept {
  const CommandList::Entry& entry = commands_[i];
  if (entry.settled())
    return {entry.keys.slot, entry.spec->has(kReadOnly), entry.spec->may_ask_replica(), false,
            any_text_of(entry.spec)};
  return std::lower_bound(special_.begin(), special_.end(), i,
                          [](const auto& each, std::size_t index) { return each.first < index; })
      ->second;
}

Course PipelinePlan::course(std::size_t i) const {
  const Routed command = routed(i);
  return Course(context_, deadline_, command.slot, idempotent_ || command.read_only,
                reads_elsewhere(command) ? from_ : ReadFrom::kPrimary);
}

void PipelinePlan::learn_zones() const {
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

Target PipelinePlan::usual_target(const SlotMap& map, const Routed& command) {
  Node* const owner = command.slot < 0 ? map.random_primary() : map.owner(command.slot);
  if (owner == nullptr || !reads_elsewhere(command)) return {owner};
  const std::size_t shard = shards_.of(owner);
  if (shard == readers_.size()) {
    const Reader reader = choose_reader(map, command.slot, from_, {}, Clock::now());
    readers_.push_back({reader.node, false, true, reader.on_trial});
  }
  return readers_[shard];
}

}  // namespace rediscluster
