#include "batch/plan.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "calls/error_context.h"
#include "calls/resolve_command.h"
#include "calls/second_look.h"

namespace rediscluster {
namespace {

constexpr std::size_t kLookAtClock = 256;  // commands, each of which may have to be asked about

}  // namespace

ErrorPtr BatchPlan::look_up_all(TimePoint now) {
  if (simple_) return nullptr;
  const bool by_route = route_.kind >= Route::kNode || route_.by_node;
  for (std::size_t i = 0; i < original_; ++i) {
    if (commands()[i].routed_by_table() && !by_route) continue;
    if (resolved_.size() % kLookAtClock == kLookAtClock - 1) {
      now = Clock::now();
      if (deadline_.expired(now)) {
        return make_error(
            Code::kTimeout, Outcome::kNotSent,
            text("pipeline, command ", i, ": its time was up before it was known where it goes"));
      }
    }
    const auto arguments = commands().arguments(i);
    auto found = look_up(context_, arguments.view(), now, deadline_);
    if (!found.ok()) return found.take_error();
    const RoutedCommand& command = found.value();
    keep(command);
    auto spread = spread_of(command, arguments.view(), route_);
    ErrorPtr error =
        spread.ok() ? this->spread(i, command, arguments.view(), spread.value(), now) : spread.take_error();
    if (error != nullptr)
      return make_error(error->code, error->outcome, text("pipeline, command ", i, ": ", error->message));
  }
  return nullptr;
}

ErrorPtr BatchPlan::spread_first(const RoutedCommand& command, const Args& args, const Spread& spread,
                                 TimePoint now) {
  keep(command);
  return this->spread(0, command, args, spread, now);
}

void BatchPlan::keep(const RoutedCommand& command) {
  if (command.keep != nullptr && (kept_.empty() || kept_.back() != command.keep))
    kept_.push_back(command.keep);
}

CommandList& BatchPlan::own_commands() {
  if (own_ == nullptr) {
    auto own = std::make_unique<CommandList>();
    own->copy_from(*commands_);
    own_ = std::move(own);
    commands_ = own_.get();
    parts_.begin = original_;
  }
  return *own_;
}

// Makes parts of a command, or says where it goes as a whole.
ErrorPtr BatchPlan::spread(std::size_t i, const RoutedCommand& command, const Args& args,
                           const Spread& spread, TimePoint now) {
  Routed like{command.keys.slot, command.read_only(), command.may_ask_replica(),
              spread.apart || (command.spec != nullptr && rediscluster::may_block(*command.spec, args)),
              any_text_of(command.spec)};
  if (spread.kind == Spread::kSlot) like.slot = spread.slot;
  resolved_.push_back({i, like});
  const auto index = static_cast<std::uint32_t>(i);
  switch (spread.kind) {
    case Spread::kOne:
    case Spread::kSlot:
      if (spread.fold != Fold::kFirst)
        ask_one(parts_, own_commands(), index, command.spec, args, spread.fold, like);
      break;
    case Spread::kByKeys:
      split_by_slot(parts_, own_commands(), index, *command.spec, args, spread.fold, like);
      break;
    case Spread::kNode:
    case Spread::kPrimaries:
    case Spread::kNodes: {
      auto nodes = choose_nodes(spread.kind, like, now);
      if (!nodes.ok()) return with_context(command_name(args[0]), -1, nodes.take_error());
      like.slot = -1;
      like.may_ask_replica = false;
      spread_over(parts_, own_commands(), index, command.spec, args, spread.fold, like, nodes.take());
      break;
    }
    case Spread::kFollow:
      if (auto error = follow_write(i, command, args, like, spread)) return error;
      break;
  }
  parts_.planned = parts_.expansions.size();
  return nullptr;
}

// The last write before it.
ErrorPtr BatchPlan::follow_write(std::size_t i, const RoutedCommand& command, const Args& args, Routed like,
                                 const Spread& spread) {
  std::size_t write = i;
  do {
    if (write-- == 0) return refused_without_write(args[0]);
  } while (!may_write(commands()[write].spec));
  like.slot = routed(write).slot;
  like.read_only = true;  // it may be asked again, behind its write
  like.may_block = true;
  like.any_text = nullptr;
  follow(parts_, own_commands(), static_cast<std::uint32_t>(i), command.spec, args, spread.fold, like,
         static_cast<std::uint32_t>(write));
  return nullptr;
}

Result<ChosenNodes> BatchPlan::choose_nodes(Spread::Kind kind, const Routed& like, TimePoint now) {
  ChosenNodes chosen;
  chosen.map = context_.topology.keep_map();
  if (kind == Spread::kNode) {
    Node& node = context_.nodes.at(route_.node);
    const Node* const owner = like.slot < 0 ? nullptr : chosen.map->owner(like.slot);
    // A replica serves reads only to who has said that he knows what it is.
    const bool as_replica = like.may_ask_replica && like.slot >= 0 && owner != &node;
    chosen.nodes.push_back(as_replica ? &node.for_reading() : &node);
    return chosen;
  }
  chosen.of_shards = kind == Spread::kPrimaries;
  if (chosen.map->random_primary() == nullptr) {
    if (deadline_.expired(now)) return time_was_up_error();
    Status status = context_.topology.refresh(deadline_);
    if (!status.ok()) return with_outcome(status.take(), Outcome::kNotSent);
    chosen.map = context_.topology.keep_map();
  }
  for (const auto& entry : chosen.map->entries()) {
    if (kind == Spread::kNodes || entry.slots > 0) chosen.nodes.push_back(entry.node);
  }
  if (!chosen.nodes.empty()) return chosen;
  return make_error(Code::kClusterDown, Outcome::kNotSent,
                    "no node owns any slot: assign the slots of the cluster");
}

// One that the caller gave is a unit to him, unless it only counts or reads. So is a part that another waits
// behind.
bool BatchPlan::may_go_by_key(std::size_t i, const CommandSpec& spec) const noexcept {
  if (!route_.split || parts_.is_followed(i)) return false;
  const bool is_unit = !parts_.is_part(i) && spec.response_policy == ResponsePolicy::kAllSucceeded;
  const bool has_place = parts_.is_part(i) && (parts_[i].place.node != nullptr || parts_[i].key_count == 1);
  return !is_unit && !has_place && keyed_arguments(spec, commands().arguments(i).view()).count > 1;
}

const Expansion& BatchPlan::go_by_key(std::size_t i) {
  const CommandSpec& spec = *commands()[i].spec;
  const Routed like = routed(i);
  const auto arguments = commands().arguments(i);  // of a list that stays, if our own is made now
  std::string copy;                                // the list grows under them
  std::vector<const char*> data;
  std::vector<std::size_t> lengths;
  const Args args = arguments.view();
  for (std::size_t k = 0; k < args.size(); ++k) {
    copy += args[k];
    lengths.push_back(args[k].size());
  }
  std::size_t at = 0;
  for (const std::size_t length : lengths) {
    data.push_back(copy.data() + at);
    at += length;
  }
  split_by_key(parts_, own_commands(), static_cast<std::uint32_t>(i), spec,
               Args(data.size(), data.data(), lengths.data()), fold_of_keyed(spec), like);
  return parts_.expansions.back();
}

void BatchPlan::split_first_by_key(const Args& args, const CommandSpec& spec, int slot) {
  const Routed like{slot, spec.has(kReadOnly), spec.may_ask_replica(), false, any_text_of(&spec)};
  resolved_.push_back({0, like});
  split_by_key(parts_, own_commands(), 0, spec, args, fold_of_keyed(spec), like);
  parts_.planned = parts_.expansions.size();
}

BatchPlan::Routed BatchPlan::routed(std::size_t i) const noexcept {
  if (i >= original_) return parts_[i].routed;
  const CommandList::Entry& entry = commands()[i];
  if (entry.routed_by_table())
    return {entry.keys.slot, entry.spec->has(kReadOnly), entry.spec->may_ask_replica(), false,
            any_text_of(entry.spec)};
  return std::lower_bound(resolved_.begin(), resolved_.end(), i,
                          [](const auto& each, std::size_t index) { return each.first < index; })
      ->second;
}

RetryState BatchPlan::retry_state(std::size_t i) const {
  const Routed command = routed(i);
  RetryState state(context_, deadline_, command.slot, idempotent_ || command.read_only,
                   reads_elsewhere(command) ? from_ : ReadFrom::kPrimary);
  if (parts_.is_part(i) && parts_[i].place.node != nullptr) state.stay_at(parts_[i].place);
  return state;
}

void BatchPlan::learn_zones() const {
  NodeNumbers asked;
  const auto map = context_.topology.keep_map();
  for (std::size_t i = 0; i < commands().size(); ++i) {
    const Routed command = routed(i);
    const Node* const owner = reads_elsewhere(command) ? map->owner(command.slot) : nullptr;
    const std::size_t before = asked.size();
    if (owner != nullptr && asked.of(owner) == before)
      rediscluster::learn_zones(context_, command.slot, deadline_);
  }
}

Target BatchPlan::usual_target(const SlotMap& map, std::size_t i) {
  if (i >= original_ && parts_[i].place.node != nullptr) return {parts_[i].place.by(map)};
  const Routed command = routed(i);
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
