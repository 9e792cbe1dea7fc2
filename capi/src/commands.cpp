// One command, and lists of commands.
#include <cstdarg>

#include "arguments.h"
#include "format.h"
#include "guard.h"
#include "handles.h"
#include "no_cancel.h"

using namespace rediscluster;

namespace {

rc_reply* send(rc_cluster* cluster, const rc_call_options* options, const Args& args,
               rc_error** error) noexcept {
  const NoCancel guard;
  return make(Outcome::kUnknown, error, [&] { return cluster->cluster->command(args, options_of(options)); });
}

[[gnu::noinline]] Status add_checked(rc_commands* commands, size_t argc, const char* const* argv,
                                     const size_t* argv_len) {
  if (commands == nullptr) return invalid_argument("commands is NULL");
  Arguments arguments;
  if (auto status = arguments.set_command(argc, argv, argv_len); !status.ok()) return status;
  return commands->list.add(arguments.view());
}

using ListOperation = Result<ReplyPtr> (Cluster::*)(const CommandList&, const CallOptions&);

rc_reply* send(rc_cluster* cluster, const rc_call_options* options, const rc_commands* commands,
               ListOperation operation, rc_error** error) noexcept {
  const NoCancel guard;
  return make(Outcome::kUnknown, error, [&]() -> Result<ReplyPtr> {
    if (cluster == nullptr) return invalid_argument("cluster is NULL");
    if (commands == nullptr) return invalid_argument("commands is NULL");
    return (cluster->cluster.get()->*operation)(commands->list, options_of(options));
  });
}

}  // namespace

rc_reply* rc_command(rc_cluster* cluster, size_t argc, const char* const* argv, const size_t* argv_len,
                     rc_error** error) {
  return rc_command_with(cluster, nullptr, argc, argv, argv_len, error);
}

rc_reply* rc_command_with(rc_cluster* cluster, const rc_call_options* options, size_t argc,
                          const char* const* argv, const size_t* argv_len, rc_error** error) {
  if (cluster != nullptr && is_plain(argc, argv, argv_len)) [[likely]]
    return send(cluster, options, Args(argc, argv, argv_len), error);
  Arguments arguments;
  const int code = run(Outcome::kNotSent, error, [&]() -> Status {
    if (cluster == nullptr) return invalid_argument("cluster is NULL");
    return arguments.set_command(argc, argv, argv_len);
  });
  return code == RC_OK ? send(cluster, options, arguments.view(), error) : nullptr;
}

rc_reply* rc_commandf(rc_cluster* cluster, rc_error** error, const char* format, ...) {
  FormattedCommand command;
  Arguments arguments;
  va_list values;
  va_start(values, format);
  const int code = run(Outcome::kNotSent, error, [&]() -> Status {
    if (cluster == nullptr) return invalid_argument("cluster is NULL");
    if (format == nullptr) return invalid_argument("format is NULL");
    if (auto status = command.write(format, &values); !status.ok()) return status;
    return arguments.set_command(command.count(), command.data(), command.lengths());
  });
  va_end(values);
  return code == RC_OK ? send(cluster, nullptr, arguments.view(), error) : nullptr;
}

rc_commands* rc_commands_new(void) {
  return make_quietly([] { return new rc_commands(); });
}

int rc_commands_add(rc_commands* commands, size_t argc, const char* const* argv, const size_t* argv_len,
                    rc_error** error) {
  return run(Outcome::kNotSent, error, [&]() -> Status {
    const std::uint64_t bytes = plain_bytes(argc, argv, argv_len);
    if (commands != nullptr && bytes != 0) [[likely]]
      return commands->list.add(Args(argc, argv, argv_len), bytes);
    return add_checked(commands, argc, argv, argv_len);
  });
}

size_t rc_commands_count(const rc_commands* commands) {
  return commands == nullptr ? 0 : commands->list.size();
}

void rc_commands_clear(rc_commands* commands) {
  if (commands != nullptr) commands->list.clear();
}

void rc_commands_free(rc_commands* commands) {
  if (commands != nullptr && commands->owned) delete commands;
}

rc_reply* rc_pipeline(rc_cluster* cluster, const rc_commands* commands, rc_error** error) {
  return send(cluster, nullptr, commands, &Cluster::pipeline, error);
}

rc_reply* rc_pipeline_with(rc_cluster* cluster, const rc_call_options* options, const rc_commands* commands,
                           rc_error** error) {
  return send(cluster, options, commands, &Cluster::pipeline, error);
}

rc_reply* rc_transaction(rc_cluster* cluster, const rc_commands* commands, rc_error** error) {
  return send(cluster, nullptr, commands, &Cluster::transaction, error);
}

rc_reply* rc_transaction_with(rc_cluster* cluster, const rc_call_options* options,
                              const rc_commands* commands, rc_error** error) {
  return send(cluster, options, commands, &Cluster::transaction, error);
}
