// rc_explain.
#include "arguments.h"
#include "guard.h"
#include "handles.h"
#include "no_cancel.h"

using namespace rediscluster;

struct rc_explanation {
  Explanation explanation;
};

rc_explanation* rc_explain(rc_cluster* cluster, size_t argc, const char* const* argv, const size_t* argv_len,
                           rc_error** error) {
  return rc_explain_with(cluster, nullptr, argc, argv, argv_len, error);
}

rc_explanation* rc_explain_with(rc_cluster* cluster, const rc_call_options* options, size_t argc,
                                const char* const* argv, const size_t* argv_len, rc_error** error) {
  const NoCancel guard;
  return make(Outcome::kNotSent, error, [&]() -> Result<std::unique_ptr<rc_explanation>> {
    if (cluster == nullptr) return invalid_argument("cluster is NULL");
    Arguments arguments;
    if (auto status = arguments.set_command(argc, argv, argv_len); !status.ok()) return status;
    auto explained = cluster->cluster->explain(arguments.view(), options_of(options));
    if (!explained.ok()) return explained.take_error();
    return std::unique_ptr<rc_explanation>(new rc_explanation{explained.take()});
  });
}

const char* rc_explanation_text(const rc_explanation* explanation) {
  return explanation == nullptr ? nullptr : explanation->explanation.text.c_str();
}

size_t rc_explanation_key_count(const rc_explanation* explanation) {
  return explanation == nullptr ? 0 : explanation->explanation.keys.size();
}

const char* rc_explanation_key(const rc_explanation* explanation, size_t i, size_t* len) {
  if (len != nullptr) *len = 0;
  if (explanation == nullptr || i >= explanation->explanation.keys.size()) return nullptr;
  const std::string& key = explanation->explanation.keys[i];
  if (len != nullptr) *len = key.size();
  return key.c_str();
}

int rc_explanation_slot(const rc_explanation* explanation) {
  return explanation == nullptr ? -1 : explanation->explanation.slot;
}

const char* rc_explanation_host(const rc_explanation* explanation) {
  if (explanation == nullptr || explanation->explanation.host.empty()) return nullptr;
  return explanation->explanation.host.c_str();
}

int rc_explanation_port(const rc_explanation* explanation) {
  return explanation == nullptr ? 0 : explanation->explanation.port;
}

int rc_explanation_is_read_only(const rc_explanation* explanation) {
  return explanation != nullptr && explanation->explanation.read_only ? 1 : 0;
}

int rc_explanation_may_block(const rc_explanation* explanation) {
  return explanation != nullptr && explanation->explanation.may_block ? 1 : 0;
}

void rc_explanation_free(rc_explanation* explanation) { delete explanation; }
