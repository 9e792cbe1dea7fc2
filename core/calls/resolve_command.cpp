#include "calls/resolve_command.h"

#include "base/errors.h"
#include "base/text.h"
#include "calls/error_context.h"
#include "commands/command_info.h"
#include "commands/connection_commands.h"

namespace rediscluster {
namespace {

// "SCRIPT LOAD"; a command that a server has renamed is called as its caller calls it.
std::string full_name(const CommandSpec& spec, std::string_view name) {
  const std::size_t bar = spec.name.find('|');
  std::string full = command_name(name);
  return bar == std::string_view::npos ? full : text(full, " ", command_name(spec.name.substr(bar + 1)));
}

}  // namespace

bool ends_the_call(const Error& error) noexcept {
  return error.code != Code::kServer && error.code != Code::kProtocol;
}

Result<ReplyPtr> ask_server(const Context& context, const char* what, const Args& about, std::size_t count,
                            TimePoint now, Deadline deadline) {
  std::vector<const char*> data{"COMMAND", what};
  std::vector<std::size_t> lengths{7, std::string_view(what).size()};
  for (std::size_t i = 0; i < count; ++i) {
    data.push_back(about[i].data());
    lengths.push_back(about[i].size());
  }
  return execute(context, Args(data.size(), data.data(), lengths.data()), {.slot = -1, .repeatable = true},
                 now, deadline);
}

Result<RoutedCommand> ask_about(const Context& context, RoutedCommand found, const Args& args, TimePoint now,
                                Deadline deadline) {
  if (found.spec == nullptr) {
    found.keep = context.learned.find(args);
    if (found.keep == nullptr) {
      auto info = ask_server(context, "INFO", args, 1, now, deadline);
      if (info.ok()) {
        found.keep = parse_command_info(*info.value());
      } else if (ends_the_call(info.error())) {
        return with_outcome(info.take_error(), Outcome::kNotSent);
      }
      if (found.keep == nullptr) return found;
      context.learned.remember(args[0], found.keep);
    }
    found.spec = &found.keep->spec_for(args);
    found.keys = slot_of(*found.spec, args);
  }
  if (found.keys.ask_server) {
    auto keys = ask_server(context, "GETKEYS", args, args.size(), Clock::now(), deadline);
    if (!keys.ok() && ends_the_call(keys.error())) return with_outcome(keys.take_error(), Outcome::kNotSent);
    found.keys = keys.ok() ? slot_of_keys(*keys.value()) : KeySlot{};
  }
  return found;
}

bool is_refused(const CommandSpec& spec, const Route& route) noexcept {
  switch (spec.refusal) {
    case Refusal::kNone:
      return false;
    case Refusal::kUnlessNode:
      return route.kind != Route::kNode;
    case Refusal::kUnlessRouted:
      return route.kind == Route::kAuto;
    case Refusal::kAlways:
      break;
  }
  return true;
}

ErrorPtr why_refused(const CommandSpec* spec, const KeySlot& keys, std::string_view name) {
  if (spec != nullptr && spec->refused_advice != nullptr) {
    return make_error(Code::kUnsupported, Outcome::kNotSent,
                      text(full_name(*spec, name), " ", spec->refused_reason, ": ", spec->refused_advice));
  }
  if (keys.cross_slot) {
    return make_error(Code::kCrossSlot, Outcome::kNotSent,
                      text(command_name(name), ": its keys are in several slots: give them ", kCommonHashTag,
                           ", or send one command a slot"));
  }
  return nullptr;
}

}  // namespace rediscluster
