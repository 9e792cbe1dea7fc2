#include "client/cluster.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <new>

#include "base/text.h"
#include "client/cancelled.h"
#include "client/names.h"
#include "operations/command.h"
#include "operations/explain.h"
#include "operations/pipeline.h"
#include "operations/transaction.h"
#include "resp/resp3.h"

namespace rediscluster {
namespace {

std::vector<NodeInfo> nodes_in(const SlotMap& map) {
  std::vector<const SlotMap::Entry*> order;
  for (const auto& entry : map.entries()) order.push_back(&entry);
  std::stable_partition(order.begin(), order.end(), [](const auto* entry) { return entry->is_primary(); });
  std::map<const Node*, int> numbers;
  for (std::size_t i = 0; i < order.size(); ++i) numbers.emplace(order[i]->node, static_cast<int>(i));

  std::vector<NodeInfo> nodes;
  for (const auto* entry : order) {
    const Address& address = entry->node->address();
    NodeInfo& info = nodes.emplace_back(
        NodeInfo{address.host, address.port, entry->is_primary(), entry->node->connected(), entry->slots});
    if (const Member* member = map.members()->at(address)) info.id = member->id;
    const auto primary = entry->is_primary() ? numbers.end() : numbers.find(entry->primary);
    if (primary != numbers.end()) info.primary = primary->second;
  }
  const Node* before = nullptr;
  for (int slot = 0; slot < kSlotCount; ++slot) {
    const Node* const owner = map.owner(slot);
    if (owner != nullptr) {
      auto& ranges = nodes[static_cast<std::size_t>(numbers.at(owner))].ranges;
      if (owner != before) ranges.emplace_back(slot, slot);
      ranges.back().second = slot;
    }
    before = owner;
  }
  return nodes;
}

}  // namespace

Cluster::Cluster(const Options& options)
    : options_(options), state_(new State(options_, *std::make_unique<const SlotMap>(), counters_, stop_)) {}

Cluster::~Cluster() {
  close();
  State* state = state_.load();
  if (state->of_this_process()) {
    delete state;
  } else {
    put_aside(state);
  }
}

// In a forked child the state is a copy of the parent's. Others may have been in the middle of changing it,
// and may have held its locks, so nothing of it is touched but the map and what never changes.
State& Cluster::renew(State& inherited) {
  auto fresh = std::make_unique<State>(options_, *inherited.topology.keep_map(), counters_, stop_);
  State* expected = &inherited;
  if (!state_.compare_exchange_strong(expected, fresh.get())) return *expected;  // another thread was first
  put_aside(&inherited);
  if (stop_.stopped()) fresh->nodes.close();  // close() may have seen the inherited one only
  return *fresh.release();
}

Result<std::shared_ptr<Cluster>> Cluster::open(const Options& options, const CallOptions& call_options) {
  if (options.seeds.empty()) {
    return make_error(Code::kInvalidArgument, Outcome::kNotSent,
                      "no seed nodes: add one with rc_options_add_node or rc_options_add_address");
  }
  if (Status usable = check_hiredis(); !usable.ok()) return usable.take();
  std::shared_ptr<Cluster> cluster(new Cluster(options));
  Status found = cluster->refresh(call_options);
  if (!found.ok()) {
    const ErrorPtr error = found.take();
    return make_error(error->code, error->outcome, text("open: ", error->message), error->server_word());
  }
  if (Log* log = cluster->state().context.log) {
    const auto map = cluster->state().topology.keep_map();
    log->add(LogLevel::kInfo,
             text("opened: ", map->entries().size(), " nodes, ", map->covered(), " slots with an owner"));
    log->deliver();
  }
  if (!options.name.empty()) remember_name(options.name, cluster);
  return cluster;
}

std::shared_ptr<Cluster> Cluster::find(std::string_view name) { return find_named(name); }

// Tells what happened meanwhile, to a user who listens: here no lock and no connection's role is held. Of
// this process: a watch callback may have forked.
template <class Outcome>
Outcome Cluster::ended(Outcome outcome, const CallOptions& options) {
  if (options.cancel != nullptr) outcome = after_cancel(std::move(outcome), options);
  if (options_.log) state().context.log->deliver();
  return outcome;
}

Result<ReplyPtr> Cluster::command(const Args& args, const CallOptions& options) {
  const Context& context = state().context;
  if (!options.rare && context.log == nullptr) [[likely]]
    return run_command(context, args, options);
  return ended(run_routed_command(context, args, options), options);
}

Result<ReplyPtr> Cluster::script(ScriptCall& call, const CallOptions& options) {
  const Context& context = state().context;
  const Deadline deadline = options.deadline(context.timeout, Clock::now());
  // Scripts are not replicated: what a replica has is not what its primary has.
  const bool at_replica =
      call.script().read_only() && options.reads_from(context.read_from) != ReadFrom::kPrimary;
  if (at_replica || call.may_say_noscript()) return command(call.by_body(), options);
  auto first = command(call.by_sha(), options);
  if (first.ok() || !is_noscript(first.error())) return first;
  const bool may_have_run = first.error().outcome == Outcome::kUnknown;
  CallOptions rest = options;
  rest.timeout = std::max<Duration>(deadline.at() - Clock::now(), Duration::zero());
  auto second = command(call.by_body(), rest);
  if (second.ok() || !may_have_run || second.error().outcome == Outcome::kExecuted) return second;
  return with_outcome(second.take_error(), Outcome::kUnknown);
}

Result<ReplyPtr> Cluster::pipeline(const CommandList& commands, const CallOptions& options) {
  return ended(run_pipeline(state().context, commands, options), options);
}

Result<ReplyPtr> Cluster::transaction(const CommandList& commands, const CallOptions& options) {
  return ended(run_transaction(state().context, commands, options), options);
}

Result<ReplyPtr> Cluster::watch(std::span<const std::string_view> keys, const WatchFunction& function,
                                const CallOptions& options) {
  return ended(run_watch(state().context, keys, function, options), options);
}

Status Cluster::refresh(const CallOptions& options) {
  const Context& context = state().context;
  Status status = context.topology.refresh(options.deadline(context.timeout, Clock::now()));
  return ended(std::move(status), options);
}

Result<Explanation> Cluster::explain(const Args& args, const CallOptions& options) {
  return ended(explain_command(state().context, args, options), options);
}

std::unique_ptr<Scan> Cluster::new_scan() { return std::make_unique<Scan>(state().context); }

Status Cluster::set_scan_cursor(Scan& scan, std::string_view cursor) {
  return ended(scan.set_cursor(state().context, cursor, {}), {});
}

Result<ReplyPtr> Cluster::scan_next(Scan& scan, const CallOptions& options) {
  auto page = scan.next(state().context, options);
  if (page.ok() && page.value() == nullptr) return page;  // the end, whatever came meanwhile
  return ended(std::move(page), options);
}

Info Cluster::info() {
  Info info;
  const Topology& topology = state().topology;
  const auto map = topology.keep_map();
  info.nodes = nodes_in(*map);
  info.slots_covered = map->covered();
  for (const Address& seed : topology.seeds()) info.seeds.push_back(to_string(seed));
  info.counters = {{"refreshes", counters_.refreshes},
                   {"moved", counters_.moved},
                   {"ask", counters_.ask},
                   {"waits", counters_.waits},
                   {"retries", counters_.retries},
                   {"timeouts", counters_.timeouts},
                   {"connects", counters_.connects},
                   {"unknown", counters_.unknown},
                   {"subscription_messages", counters_.subscription_messages},
                   {"subscription_gaps", counters_.subscription_gaps},
                   {"subscription_dropped", counters_.subscription_dropped},
                   {"subscription_unwanted", counters_.subscription_unwanted}};
  return info;
}

void Cluster::close() noexcept {
  if (!stop_.stop()) return;
  forget_name(this);
  State* state = state_.load();
  if (state->of_this_process()) state->nodes.close();
  const MutexLock lock(fork_lock());
  for (CloseListener* at = listeners_; at != nullptr; at = at->next_) at->on_close();
}

void Cluster::add_listener(CloseListener& listener) noexcept {
  const MutexLock lock(fork_lock());
  listener.next_ = listeners_;
  listeners_ = &listener;
}

void Cluster::remove_listener(CloseListener& listener) noexcept {
  const MutexLock lock(fork_lock());
  CloseListener** at = &listeners_;
  while (*at != &listener) at = &(*at)->next_;
  *at = listener.next_;
}

}  // namespace rediscluster
