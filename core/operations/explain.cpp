#include "operations/explain.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "batch/spread.h"
#include "calls/error_context.h"
#include "calls/resolve_command.h"
#include "calls/zones.h"
#include "connection/large.h"
#include "resp/encode.h"
#include "routing/replica_choice.h"

namespace rediscluster {
namespace {

// The keys themselves; an error where only the server could have told them, and did not.
Status list_keys(const Context& context, const RoutedCommand& command, const Args& args, Deadline deadline,
                 std::vector<std::string>& keys) {
  if (command.spec == nullptr) return {};
  const auto scan = scan_keys(*command.spec, args, [&](std::size_t i) { keys.emplace_back(args[i]); });
  if (scan == KeyScan::kDone) return {};
  keys.clear();
  auto told = ask_server(context, "GETKEYS", args, args.size(), Clock::now(), deadline);
  if (!told.ok()) return told.error().code == Code::kServer ? Status() : told.take_error();
  const Reply& list = *told.value();
  for (std::size_t i = 0; i < list.length; ++i) keys.emplace_back(list.elements[i].string());
  return {};
}

std::string_view from_text(ReadFrom from) {
  switch (from) {
    case ReadFrom::kUsual:
    case ReadFrom::kPrimary:
      return "the primary";
    case ReadFrom::kPreferReplica:
      return "a replica, or else the primary";
    case ReadFrom::kReplica:
      return "a replica";
    case ReadFrom::kRoundRobin:
      return "the primary and its replicas in turn";
    case ReadFrom::kLowestLatency:
      return "the quickest of the primary and its replicas";
    case ReadFrom::kSameZone:
      return "a replica in the same zone, or the primary there, or any replica, or the primary";
  }
  return "";
}

std::string_view repeated_text(bool only_reads, bool idempotent) {
  if (only_reads) return "only reads (sent again if its reply is lost)";
  if (idempotent) return "may write (sent again if its reply is lost: the call is idempotent)";
  return "may write (never sent again when its outcome is not known)";
}

std::string_view connection_text(bool may_block, std::size_t size) {
  if (may_block) return ", over a connection of its own because it may block";
  if (holds_others_up(size)) return ", over a connection of its own because it is large";
  return ", over the connection that all callers share";
}

std::string_view fold_text(Fold fold) {
  switch (fold) {
    case Fold::kFirst:
      return "each has to succeed";
    case Fold::kByKey:
      return "the values come in the order of the keys";
    case Fold::kJoin:
      return "the replies are joined";
    case Fold::kUnion:
      return "the replies are joined, and nothing is in the reply twice";
    case Fold::kSum:
      return "the replies are added up";
    case Fold::kMin:
      return "the reply is the least of them";
    case Fold::kMax:
      return "the reply is the greatest of them";
    case Fold::kAnd:
      return "the reply says what is true of each";
    case Fold::kOr:
      return "the reply says what is true of any";
    case Fold::kSumByName:
      return "the replies are added up name by name";
    case Fold::kOneSucceeded:
      return "one has to succeed";
    case Fold::kByNode:
      return "the reply is a map of what each answered";
    case Fold::kWeighed:
      return "the reply is that of one of them, by how many keys each has (DBSIZE, sent along)";
  }
  return "";
}

// The nodes that a command in several parts goes to now, each once; and how many parts there are.
struct Way {
  std::vector<const Node*> nodes;
  std::size_t parts = 0;
};

Way way_of(const Context& context, const RoutedCommand& command, const Args& args, const Spread& spread,
           const Route& route) {
  Way way;
  const auto add = [&](const Node* node) {
    if (node != nullptr && std::find(way.nodes.begin(), way.nodes.end(), node) == way.nodes.end())
      way.nodes.push_back(node);
  };
  const auto map = context.topology.keep_map();
  if (spread.kind == Spread::kByKeys) {
    const KeyedArguments keyed = keyed_arguments(*command.spec, args);
    std::vector<int> slots;
    for (std::size_t k = 0; k < keyed.count; ++k)
      slots.push_back(key_slot(args[keyed.first + k * keyed.step]));
    std::sort(slots.begin(), slots.end());
    slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
    for (const int slot : slots) add(map->owner(slot));
    way.parts = slots.size();
    return way;
  }
  if (spread.kind == Spread::kNode) {
    add(&context.nodes.at(route.node));
  } else if (spread.kind == Spread::kPrimaries || spread.kind == Spread::kNodes) {
    for (const auto& entry : map->entries()) {
      if (spread.kind == Spread::kNodes || entry.slots > 0) add(entry.node);
    }
  } else {
    add(spread.slot < 0 ? map->random_primary() : map->owner(spread.slot));
  }
  way.parts = way.nodes.size();
  return way;
}

void tell_way(const Way& way, const Spread& spread, std::string& told) {
  switch (spread.kind) {
    case Spread::kByKeys:
      append_text(told, text("goes in ", way.parts, " parts, one a slot, not as a unit"));
      break;
    case Spread::kPrimaries:
      append_text(told, "goes to every primary that owns slots");
      break;
    case Spread::kNodes:
      append_text(told, "goes to every node, replicas too");
      break;
    case Spread::kNode:
      append_text(told, "goes to the node of its route, and no redirect is followed");
      break;
    default:
      append_text(told, spread.slot < 0 ? "goes to any primary" : "goes to the primary");
  }
  append_text(told, way.nodes.empty() ? ", but none is known: the map is asked for first" : ", now ");
  constexpr std::size_t kTold = 8;
  for (std::size_t i = 0; i < way.nodes.size() && i < kTold; ++i)
    append_text(told, text(i == 0 ? "" : ", ", way.nodes[i]->name()));
  if (way.nodes.size() > kTold) append_text(told, text(" and ", way.nodes.size() - kTold, " more"));
  if (spread.kind != Spread::kNode || spread.fold != Fold::kFirst)
    append_text(told, text("; ", fold_text(spread.fold)));
}

// Null where none is known.
Node* node_for(const SlotMap& map, int slot, ReadFrom from, TimePoint now) {
  if (slot < 0) return map.random_primary();
  if (from == ReadFrom::kPrimary) return map.owner(slot);
  return choose_reader(map, slot, from, {}, now).node;
}

void explain_spread(const Context& context, const RoutedCommand& command, const Args& args,
                    const Spread& spread, const CallOptions& options, Explanation& explanation) {
  const Way way = way_of(context, command, args, spread, options.route);
  explanation.slot = spread.kind == Spread::kNode ? command.keys.slot : spread.slot;
  if (!way.nodes.empty()) {
    explanation.host = way.nodes.front()->address().host;
    explanation.port = way.nodes.front()->address().port;
  }
  std::string& told = explanation.text;
  told = text(command_name(args[0]), ": ", explanation.keys.size(),
              explanation.keys.size() == 1 ? " key, " : " keys, ",
              repeated_text(command.read_only(), options.idempotent), "; ");
  tell_way(way, spread, told);
  if (spread.apart) append_text(told, ", over connections of its own");
}

}  // namespace

Result<Explanation> explain_command(const Context& context, const Args& args, const CallOptions& options) {
  const TimePoint now = Clock::now();
  const auto deadline = options.deadline(context.timeout, now);
  if (context.stop.stopped()) return closed_error();
  auto found = look_up(context, args, now, deadline);
  if (!found.ok()) return found.take_error();
  const RoutedCommand& command = found.value();
  Explanation explanation;
  explanation.read_only = command.read_only();
  explanation.may_block = command.spec != nullptr && may_block(*command.spec, args);
  if (auto status = list_keys(context, command, args, deadline, explanation.keys); !status.ok())
    return status;
  auto spread = spread_of(command, args, options.route);
  if (spread.ok() && spread.value().kind == Spread::kFollow) spread = refused_without_write(args[0]);
  if (!spread.ok()) {
    explanation.text = text("refused before it is sent: ", spread.error().message);
    return explanation;
  }
  const bool one = spread.value().kind == Spread::kOne || spread.value().kind == Spread::kSlot;
  if (!one || spread.value().fold != Fold::kFirst) {
    explain_spread(context, command, args, spread.value(), options, explanation);
    return explanation;
  }
  const int slot = spread.value().slot;
  explanation.slot = slot;

  const bool has_slot = slot >= 0;
  const ReadFrom from =
      command.may_ask_replica() && has_slot ? options.reads_from(context.read_from) : ReadFrom::kPrimary;
  if (from == ReadFrom::kSameZone) learn_zones(context, slot, deadline);
  const auto map = context.topology.keep_map();
  const Node* const node = node_for(*map, slot, from, now);
  std::string& told = explanation.text;
  told = text(command_name(args[0]), command.spec == nullptr ? " (not known to the servers)" : "", ": ",
              explanation.keys.size(), explanation.keys.size() == 1 ? " key, " : " keys, ",
              has_slot ? text("slot ", slot) : std::string("no slot"), ", ",
              repeated_text(command.read_only(), options.idempotent), "; goes to ",
              has_slot ? from_text(from) : std::string_view("any primary"));
  if (node == nullptr) {
    append_text(told, ", but none is known: the map is asked for first");
  } else {
    explanation.host = node->address().host;
    explanation.port = node->address().port;
    append_text(told, text(", ", has_slot ? "now " : "such as ", node->name()));
  }
  append_text(told, connection_text(explanation.may_block, encoded_size(args)));
  return explanation;
}

}  // namespace rediscluster
