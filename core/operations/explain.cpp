#include "operations/explain.h"

#include "base/text.h"
#include "calls/error_context.h"
#include "calls/readers.h"
#include "calls/resolve_command.h"
#include "connection/large.h"
#include "resp/encode.h"

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

}  // namespace

Result<Explanation> explain_command(const Context& context, const Args& args, const CallOptions& options) {
  const TimePoint now = Clock::now();
  const auto deadline = options.deadline(context.timeout, now);
  if (context.stop.stopped())
    return make_error(Code::kClosed, Outcome::kNotSent, "the cluster handle was closed");
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
  Node* node = !has_slot                    ? map->random_primary()
               : from == ReadFrom::kPrimary ? map->owner(command.keys.slot)
                                            : choose_reader(*map, command.keys.slot, from, {}, now).node;
  std::string& told = explanation.text;
  told = text(command_name(args[0]), command.spec == nullptr ? " (not known to the servers)" : "", ": ",
              explanation.keys.size(), explanation.keys.size() == 1 ? " key, " : " keys, ",
              has_slot ? text("slot ", command.keys.slot) : std::string("no slot"), ", ",
              command.read_only()  ? "only reads (sent again if its reply is lost)"
              : options.idempotent ? "may write (sent again if its reply is lost: the call is idempotent)"
                                   : "may write (never sent again when its outcome is not known)",
              "; goes to ", has_slot ? from_text(from) : std::string_view("any primary"));
  if (node == nullptr) {
    append_text(told, ", but none is known: the map is asked for first");
  } else {
    explanation.host = node->address().host;
    explanation.port = node->address().port;
    append_text(told, text(", ", has_slot ? "now " : "such as ", node->name()));
  }
  append_text(told, explanation.may_block ? ", over a connection of its own because it may block"
                    : holds_others_up(encoded_size(args))
                        ? ", over a connection of its own because it is large"
                        : ", over the connection that all callers share");
  return explanation;
}

}  // namespace rediscluster
