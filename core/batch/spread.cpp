#include "batch/spread.h"

#include "base/text.h"
#include "calls/error_context.h"
#include "commands/key_slot.h"

namespace rediscluster {
namespace {

constexpr std::string_view kWaitAdvice =
    "put it behind a write in one pipeline or transaction: there it follows the write, on the same "
    "connection";

Fold fold_of(const CommandSpec& spec) noexcept {
  switch (spec.response_policy) {
    case ResponsePolicy::kNone:
      break;
    case ResponsePolicy::kOneSucceeded:
      return Fold::kOneSucceeded;
    case ResponsePolicy::kAllSucceeded:
      return Fold::kFirst;
    case ResponsePolicy::kAggLogicalAnd:
      return Fold::kAnd;
    case ResponsePolicy::kAggLogicalOr:
      return Fold::kOr;
    case ResponsePolicy::kAggMin:
      return Fold::kMin;
    case ResponsePolicy::kAggMax:
      return Fold::kMax;
    case ResponsePolicy::kAggSum:
      return Fold::kSum;
    case ResponsePolicy::kSpecial:  // nobody told how: none is lost
      return Fold::kByNode;
    case ResponsePolicy::kUnion:
      return Fold::kUnion;
    case ResponsePolicy::kSumByName:
      return Fold::kSumByName;
  }
  return Fold::kJoin;
}

ErrorPtr refused(Code code, std::string_view name, const auto&... words) {
  return make_error(code, Outcome::kNotSent, text(command_name(name), words...));
}

// Every node it goes to by its policy or by the route.
Spread over_nodes(const CommandSpec* spec, Spread::Kind kind, const Route& route) {
  Spread spread{.kind = kind, .fold = spec == nullptr ? Fold::kByNode : fold_of(*spec)};
  spread.apart = spread.fold == Fold::kOneSucceeded;
  if (route.by_node) spread.fold = Fold::kByNode;
  return spread;
}

Result<Spread> spread_without_keys(const CommandSpec* spec, const Route& route) {
  const Fold of_one = route.by_node ? Fold::kByNode : Fold::kFirst;
  switch (route.kind) {
    case Route::kOne:
      return Spread{.fold = of_one};
    case Route::kPrimaries:
      return over_nodes(spec, Spread::kPrimaries, route);
    case Route::kNodes:
      return over_nodes(spec, Spread::kNodes, route);
    case Route::kSlot:
      return Spread{.kind = Spread::kSlot, .fold = of_one, .slot = route.slot};
    default:
      break;
  }
  if (spec != nullptr && spec->name == "randomkey")
    return route.by_node ? over_nodes(spec, Spread::kPrimaries, route)
                         : Spread{.kind = Spread::kPrimaries, .fold = Fold::kWeighed};
  // Where no rule combines the replies, each is known to be one node's: INFO, MEMORY STATS.
  const bool of_any = spec == nullptr || spec->response_policy == ResponsePolicy::kSpecial;
  const RequestPolicy policy = of_any ? RequestPolicy::kNone : spec->request_policy;
  if (policy == RequestPolicy::kAllShards) return over_nodes(spec, Spread::kPrimaries, route);
  if (policy == RequestPolicy::kAllNodes) return over_nodes(spec, Spread::kNodes, route);
  return Spread{.fold = of_one};
}

Result<Spread> spread_over_slots(const RoutedCommand& command, const Args& args, const Route& route) {
  const CommandSpec* const spec = command.spec;
  if (!route.split || !may_be_split(spec)) return why_refused(spec, command.keys, args[0]);
  const KeyedArguments keyed = keyed_arguments(*spec, args);
  if (keyed.count == 0) {
    return refused(Code::kInvalidArgument, args[0],
                   ": its arguments are not keys with as many values each: count them");
  }
  return Spread{.kind = Spread::kByKeys, .fold = fold_of_keyed(*spec)};
}

}  // namespace

bool waits_for_replicas(const CommandSpec& spec) noexcept {
  return spec.name == "wait" || spec.name == "waitaof";
}

bool may_write(const CommandSpec* spec) noexcept {
  return spec == nullptr || spec->has(kWrite) || (spec->has(kAnyText) && !spec->has(kReadOnly));
}

ErrorPtr refused_without_write(std::string_view name) {
  return refused(Code::kUnsupported, name,
                 " counts the replicas that have the writes of its own connection: ", kWaitAdvice);
}

bool may_be_split(const CommandSpec* spec) noexcept {
  return spec != nullptr && spec->request_policy == RequestPolicy::kMultiShard;
}

Fold fold_of_keyed(const CommandSpec& spec) noexcept {
  switch (spec.response_policy) {
    case ResponsePolicy::kAggSum:
      return Fold::kSum;
    case ResponsePolicy::kAllSucceeded:
      return Fold::kFirst;
    default:
      return Fold::kByKey;
  }
}

KeyedArguments keyed_arguments(const CommandSpec& spec, const Args& args) noexcept {
  const KeyRanges keys = find_keys(spec, args);
  if (keys.count != 1 || keys.ask_server) return {};
  const KeyRange& range = keys.ranges[0];
  KeyedArguments found{range.first, range.step, (range.last - range.first) / range.step + 1};
  // MGET ends with a key, JSON.MGET with a path; of MSET the last key has a value as the others have.
  return found.end() > args.size() ? KeyedArguments{} : found;
}

bool means_several_nodes(const CommandSpec& spec) noexcept {
  const bool spread = spec.request_policy == RequestPolicy::kAllShards ||
                      spec.request_policy == RequestPolicy::kAllNodes || spec.name == "randomkey";
  return spread && spec.key_rule == KeyRule::kNone && !waits_for_replicas(spec);
}

ErrorPtr why_not_at_one_node(const CommandSpec& spec, std::string_view name) {
  if (spec.refusal != Refusal::kNone && !waits_for_replicas(spec)) return why_refused(&spec, {}, name);
  if (!means_several_nodes(spec)) return nullptr;
  return refused(Code::kUnsupported, name,
                 " means the whole cluster, and here one node would run it: send it by itself, or in a "
                 "pipeline");
}

Result<Spread> spread_of(const RoutedCommand& command, const Args& args, const Route& route) {
  const CommandSpec* const spec = command.spec;
  const KeySlot& keys = command.keys;
  if (spec != nullptr && is_refused(*spec, route) && !waits_for_replicas(*spec))
    return why_refused(spec, keys, args[0]);
  if (route.by_node && command.may_have_keys()) {
    return refused(Code::kInvalidArgument, args[0],
                   ": RC_COMBINE_BY_NODE is for commands without keys, and this one has some");
  }
  if (spec != nullptr && waits_for_replicas(*spec))
    return Spread{.kind = Spread::kFollow, .fold = Fold::kMin};
  if (route.kind == Route::kNode)
    return Spread{.kind = Spread::kNode, .fold = route.by_node ? Fold::kByNode : Fold::kFirst};
  if (route.kind == Route::kSlot && (keys.cross_slot || (keys.slot >= 0 && keys.slot != route.slot))) {
    return refused(Code::kCrossSlot, args[0], ": its keys are not all in slot ", route.slot,
                   ", where the key of rc_call_options_set_route_key is");
  }
  if (keys.cross_slot) return spread_over_slots(command, args, route);
  if (keys.slot >= 0) return Spread{.kind = Spread::kSlot, .slot = keys.slot};
  const bool of_channel = spec != nullptr && spec->request_policy == RequestPolicy::kChannel;
  if (of_channel && route.kind == Route::kAuto && args.size() > 1) {
    return Spread{.kind = Spread::kSlot,
                  .fold = route.by_node ? Fold::kByNode : Fold::kFirst,
                  .slot = key_slot(args[1])};
  }
  return spread_without_keys(spec, route);
}

}  // namespace rediscluster
