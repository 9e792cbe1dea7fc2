// Scripts.
#include "arguments.h"
#include "base/text.h"
#include "guard.h"
#include "handles.h"
#include "no_cancel.h"

using namespace rediscluster;

namespace {

struct Keys {
  std::size_t count;
  const char* const* data;
  const std::size_t* lengths;
};

// Runs `use`, which returns what `Returned` can be, with the words of a call that has been checked.
template <class Returned, class Use>
Returned with_call(const rc_script* script, const Keys& keys, const Keys& args, Use&& use) {
  if (script == nullptr) return invalid_argument("script is NULL");
  Arguments checked_keys;
  Arguments checked_args;
  if (auto status = checked_keys.set_keys(keys.count, keys.data, keys.lengths); !status.ok())
    return status.take();
  if (auto status = checked_args.set_values(args.count, args.data, args.lengths); !status.ok())
    return status.take();
  if (keys.count + args.count > kMaxArguments - 3) {
    return invalid_argument(text("key_count and arg_count are ", keys.count + args.count,
                                 " together: give at most ", kMaxArguments - 3));
  }
  ScriptCall call(script->script, checked_keys.view(), checked_args.view());
  return use(call);
}

}  // namespace

rc_script* rc_script_new(const char* body, size_t len, rc_error** error) {
  return make(Outcome::kNotSent, error, [&]() -> Result<std::unique_ptr<rc_script>> {
    if (body == nullptr) return invalid_argument("body is NULL");
    if (len > kMaxArgument)
      return invalid_argument(text("len is ", len, ": a script has at most ", kMaxArgument, " bytes"));
    return std::make_unique<rc_script>(std::string_view(body, len));
  });
}

const char* rc_script_sha(const rc_script* script) {
  return script == nullptr ? nullptr : script->script.sha();
}

int rc_script_set_read_only(rc_script* script, int yes, rc_error** error) {
  return run(Outcome::kNotSent, error, [&]() -> Status {
    if (script == nullptr) return invalid_argument("script is NULL");
    script->script.set_read_only(yes != 0);
    return {};
  });
}

rc_reply* rc_script_call(rc_cluster* cluster, const rc_call_options* options, const rc_script* script,
                         size_t key_count, const char* const* keys, const size_t* key_len, size_t arg_count,
                         const char* const* args, const size_t* arg_len, rc_error** error) {
  const NoCancel guard;
  return make(Outcome::kNotSent, error, [&]() -> Result<ReplyPtr> {
    if (cluster == nullptr) return invalid_argument("cluster is NULL");
    return with_call<Result<ReplyPtr>>(
        script, {key_count, keys, key_len}, {arg_count, args, arg_len}, [&](ScriptCall& call) {
          return catching(Outcome::kUnknown,
                          [&] { return cluster->cluster->script(call, options_of(options)); });
        });
  });
}

int rc_commands_add_script(rc_commands* commands, const rc_script* script, size_t key_count,
                           const char* const* keys, const size_t* key_len, size_t arg_count,
                           const char* const* args, const size_t* arg_len, rc_error** error) {
  return run(Outcome::kNotSent, error, [&]() -> Status {
    if (commands == nullptr) return invalid_argument("commands is NULL");
    return with_call<Status>(script, {key_count, keys, key_len}, {arg_count, args, arg_len},
                             [&](ScriptCall& call) { return commands->list.add(call.by_body()); });
  });
}

void rc_script_free(rc_script* script) { delete script; }
