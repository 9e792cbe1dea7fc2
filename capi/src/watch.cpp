// Optimistic locking.
#include <vector>

#include "arguments.h"
#include "guard.h"
#include "handles.h"
#include "no_cancel.h"

using namespace rediscluster;

rc_reply* rc_watch_command(rc_watch* watch, size_t argc, const char* const* argv, const size_t* argv_len,
                           rc_error** error) {
  Arguments arguments;
  const int code = run(Outcome::kNotSent, error, [&]() -> Status {
    if (watch == nullptr) return invalid_argument("watch is NULL");
    return arguments.set_command(argc, argv, argv_len);
  });
  if (code != RC_OK) return nullptr;
  const NoCancel guard;
  return make(Outcome::kUnknown, error, [&] { return watch->session->command(arguments.view()); });
}

rc_reply* rc_watch_transaction(rc_cluster* cluster, size_t key_count, const char* const* keys,
                               const size_t* key_len, rc_watch_fn fn, void* user_data, rc_error** error) {
  return rc_watch_transaction_with(cluster, nullptr, key_count, keys, key_len, fn, user_data, error);
}

rc_reply* rc_watch_transaction_with(rc_cluster* cluster, const rc_call_options* options, size_t key_count,
                                    const char* const* keys, const size_t* key_len, rc_watch_fn fn,
                                    void* user_data, rc_error** error) {
  std::vector<std::string_view> watched;
  const int code = run(Outcome::kNotSent, error, [&]() -> Status {
    if (cluster == nullptr) return invalid_argument("cluster is NULL");
    if (fn == nullptr) return invalid_argument("fn is NULL: give a callback that queues commands");
    Arguments arguments;
    if (auto status = arguments.set_keys(key_count, keys, key_len); !status.ok()) return status;
    const Args args = arguments.view();
    watched.reserve(args.size());
    for (std::size_t i = 0; i < args.size(); ++i) watched.push_back(args[i]);
    return {};
  });
  if (code != RC_OK) return nullptr;

  const NoCancel guard;
  return make(Outcome::kUnknown, error, [&]() -> Result<ReplyPtr> {
    const auto kept = cluster->cluster;  // the callback may free the handle
    const CallOptions call = options == nullptr ? CallOptions() : options->options;
    const auto function = [fn, user_data](WatchSession& session, CommandList& to_execute) {
      rc_watch watch{&session};
      rc_commands commands;
      commands.owned = false;
      if (fn(&watch, &commands, user_data) != RC_WATCH_EXECUTE) return false;
      to_execute = std::move(commands.list);
      return true;
    };
    return kept->watch(watched, function, call);
  });
}
