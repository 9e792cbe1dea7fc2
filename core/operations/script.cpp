#include "operations/script.h"

namespace rediscluster {

namespace {

constexpr std::string_view kNoScript = "NOSCRIPT";

}  // namespace

Script::Script(std::string_view body)
    : body_(body), sha_(sha1(body)), says_noscript_(body.find(kNoScript) != std::string_view::npos) {}

ScriptCall::ScriptCall(const Script& script, const Args& keys, const Args& arguments)
    : script_(script), key_count_(std::to_string(keys.size())) {
  const std::size_t size = 3 + keys.size() + arguments.size();
  data_.reserve(size);
  lengths_.reserve(size);
  data_.resize(3);
  lengths_.resize(3);
  set(2, key_count_);
  for (const Args* const words : {&keys, &arguments}) {
    for (std::size_t i = 0; i < words->size(); ++i) {
      data_.push_back((*words)[i].data());
      lengths_.push_back((*words)[i].size());
    }
  }
}

void ScriptCall::set(std::size_t i, std::string_view word) noexcept {
  data_[i] = word.data();
  lengths_[i] = word.size();
}

Args ScriptCall::by_sha() noexcept {
  set(0, script_.read_only() ? "EVALSHA_RO" : "EVALSHA");
  set(1, {script_.sha(), kSha1Digits});
  return view();
}

Args ScriptCall::by_body() noexcept {
  set(0, script_.read_only() ? "EVAL_RO" : "EVAL");
  set(1, script_.body());
  return view();
}

bool ScriptCall::may_say_noscript() const noexcept {
  if (script_.says_noscript()) return true;
  for (std::size_t i = 3; i < data_.size(); ++i) {
    if (std::string_view(data_[i], lengths_[i]).find(kNoScript) != std::string_view::npos) return true;
  }
  return false;
}

// With an outcome of UNKNOWN too: another caller may have sent the script to the node before it was asked
// whether it has it.
bool is_noscript(const Error& error) noexcept {
  const bool may_be = error.outcome == Outcome::kRefused || error.outcome == Outcome::kUnknown;
  if (!may_be || error.server_word() != kNoScript) return false;
  const std::string_view message = error.message;
  return message.ends_with("answered NOSCRIPT No matching script. Please use EVAL.") ||
         message.ends_with("answered NOSCRIPT No matching script.");
}

}  // namespace rediscluster
