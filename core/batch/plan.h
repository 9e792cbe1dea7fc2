// What a pipeline knows of its commands before any of them is sent, and where each goes.
#pragma once

#include <utility>
#include <vector>

#include "batch/command_list.h"
#include "batch/node_numbers.h"
#include "batch/parts.h"
#include "batch/slot_queues.h"
#include "calls/retry_state.h"
#include "calls/zones.h"
#include "routing/replica_choice.h"

namespace rediscluster {

class BatchPlan {
 public:
  BatchPlan(const Context& context, const CommandList& commands, const CallOptions& options,
            Deadline deadline)
      : context_(context),
        commands_(&commands),
        original_(commands.size()),
        route_(options.route),
        idempotent_(options.idempotent),
        from_(options.reads_from(context.read_from)),
        deadline_(deadline),
        simple_(commands.routed_by_table() && from_ == ReadFrom::kPrimary && route_.kind < Route::kNode) {}

  using Routed = RoutedPart;

  // What the commands' own lookup left open. Nothing is sent if one of them cannot be.
  ErrorPtr look_up_all(TimePoint now);
  // The same for a list that begins with a command of which `args` are the arguments, and the list has its
  // name only.
  ErrorPtr spread_first(const RoutedCommand& command, const Args& args, const Spread& spread, TimePoint now);

  // Of such a list: a part for each key of one slot.
  void split_first_by_key(const Args& args, const CommandSpec& spec, int slot);

  // The commands that are sent in parts. How many the caller gave stands before them.
  const BatchParts& parts() const noexcept { return parts_; }
  BatchParts& parts() noexcept { return parts_; }
  std::size_t original() const noexcept { return original_; }
  // It was answered TRYAGAIN, and may go key by key instead.
  bool may_go_by_key(std::size_t i) const noexcept {
    const CommandSpec* const spec = commands()[i].spec;
    return may_be_split(spec) && may_go_by_key(i, *spec);
  }
  // Its parts, which are last in the list now.
  const Expansion& go_by_key(std::size_t i);

  // Each goes to the owner of its slot, and none may block.
  bool simple() const noexcept { return simple_; }
  int slot(std::size_t i) const noexcept { return simple_ ? commands()[i].keys.slot : routed(i).slot; }
  Routed routed(std::size_t i) const noexcept;
  bool may_block(std::size_t i) const noexcept { return !simple_ && routed(i).may_block; }
  // It may be sent to another node than the owner of its slot.
  bool reads_elsewhere(const Routed& command) const noexcept {
    return from_ != ReadFrom::kPrimary && command.may_ask_replica && command.slot >= 0;
  }
  RetryState retry_state(std::size_t i) const;
  // In which line it stands if it has to wait: behind what it follows, or with others of its slot.
  SlotQueues::Key line_of(std::size_t i) const noexcept {
    const std::uint32_t before = parts_.before(i);
    const std::size_t same = before == kNoCommand ? i : before;
    const Routed command = routed(same);
    return SlotQueues::key(command.slot, reads_elsewhere(command), same);
  }

  // For RC_READ_SAME_ZONE: asks the nodes that have not been asked for their zones. May wait for them, and
  // call the user's functions.
  void learn_zones() const;

  // Where it goes by the map; no node: that is not known. What a pipeline reads of a shard comes from one
  // node as long as that answers.
  Target usual_target(const SlotMap& map, std::size_t i);

  const CommandList& commands() const noexcept { return *commands_; }
  ReadFrom from() const noexcept { return from_; }
  Deadline deadline() const noexcept { return deadline_; }

 private:
  CommandList& own_commands();
  void keep(const RoutedCommand& command);
  bool may_go_by_key(std::size_t i, const CommandSpec& spec) const noexcept;
  ErrorPtr spread(std::size_t i, const RoutedCommand& command, const Args& args, const Spread& spread,
                  TimePoint now);
  ErrorPtr follow_write(std::size_t i, const RoutedCommand& command, const Args& args, Routed like,
                        const Spread& spread);
  Result<ChosenNodes> choose_nodes(Spread::Kind kind, const Routed& like, TimePoint now);

  const Context& context_;
  const CommandList* commands_;       // the caller's, or our own
  std::unique_ptr<CommandList> own_;  // the caller's and the parts, if there are any
  const std::size_t original_;
  const Route& route_;
  BatchParts parts_;
  const bool idempotent_;
  const ReadFrom from_;
  const Deadline deadline_;
  const bool simple_;
  std::vector<std::pair<std::size_t, Routed>> resolved_;     // by index: those the table did not settle
  std::vector<std::shared_ptr<const LearnedCommand>> kept_;  // own the specs of these
  NodeNumbers shards_;                                       // by primary
  std::vector<Target> readers_;                              // of each shard
};

}  // namespace rediscluster
