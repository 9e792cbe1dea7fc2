// What a pipeline knows of its commands before any of them is sent, and where each goes.
#pragma once

#include <utility>
#include <vector>

#include "batch/command_list.h"
#include "batch/node_numbers.h"
#include "calls/retry_state.h"
#include "calls/zones.h"
#include "routing/replica_choice.h"

namespace rediscluster {

class BatchPlan {
 public:
  BatchPlan(const Context& context, const CommandList& commands, const CallOptions& options,
            Deadline deadline)
      : context_(context),
        commands_(commands),
        idempotent_(options.idempotent),
        from_(options.reads_from(context.read_from)),
        deadline_(deadline),
        simple_(commands.routed_by_table() && from_ == ReadFrom::kPrimary) {}

  struct Routed {
    int slot = -1;
    bool read_only = false;
    bool may_ask_replica = false;
    bool may_block = false;
    const CommandSpec* any_text = nullptr;  // not null: it can answer with any text
  };

  // What the commands' own lookup left open. Nothing is sent if one of them cannot be.
  ErrorPtr look_up_all(TimePoint now);

  // Each goes to the owner of its slot, and none may block.
  bool simple() const noexcept { return simple_; }
  int slot(std::size_t i) const noexcept { return simple_ ? commands_[i].keys.slot : routed(i).slot; }
  Routed routed(std::size_t i) const noexcept;
  bool may_block(std::size_t i) const noexcept { return !simple_ && routed(i).may_block; }
  // It may be sent to another node than the owner of its slot.
  bool reads_elsewhere(const Routed& command) const noexcept {
    return from_ != ReadFrom::kPrimary && command.may_ask_replica && command.slot >= 0;
  }
  RetryState retry_state(std::size_t i) const;

  // For RC_READ_SAME_ZONE: asks the nodes that have not been asked for their zones. May wait for them, and
  // call the user's functions.
  void learn_zones() const;

  // Where it goes by the map; no node: that is not known. What a pipeline reads of a shard comes from one
  // node as long as that answers.
  Target usual_target(const SlotMap& map, const Routed& command);

  const CommandList& commands() const noexcept { return commands_; }
  ReadFrom from() const noexcept { return from_; }
  Deadline deadline() const noexcept { return deadline_; }

 private:
  const Context& context_;
  const CommandList& commands_;
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
