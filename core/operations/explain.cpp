#include "operations/explain.h"

#include "base/errors.h"
#include "base/text.h"
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

// Null where none is known.
Node* node_for(const SlotMap& map, int slot, ReadFrom from, TimePoint now) {
  if (slot < 0) return map.random_primary();
  if (from == ReadFrom::kPrimary) return map.owner(slot);
  return choose_reader(map, slot, from, {}, now).node;
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
  if (const auto refused = refusal(command.spec, command.keys, args[0])) {
    explanation.text = text("refused before it is sent: ", refused->message);
    return explanation;
  }
  explanation.slot = command.keys.slot;

  const bool has_slot = command.keys.slot >= 0;
  const ReadFrom from =
      command.may_ask_replica() && has_slot ? options.reads_from(context.read_from) : ReadFrom::kPrimary;
  if (from == ReadFrom::kSameZone) learn_zones(context, command.keys.slot, deadline);
  const auto map = context.topology.keep_map();
  const Node* const node = node_for(*map, command.keys.slot, from, now);
  std::string& told = explanation.text;
  told = text(command_name(args[0]), command.spec == nullptr ? " (not known to the servers)" : "", ": ",
              explanation.keys.size(), explanation.keys.size() == 1 ? " key, " : " keys, ",
              has_slot ? text("slot ", command.keys.slot) : std::string("no slot"), ", ",
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
