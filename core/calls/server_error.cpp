#include "calls/server_error.h"

#include "base/errors.h"
#include "base/text.h"
#include "calls/error_context.h"

namespace rediscluster {

ErrorPtr server_error(std::string_view subject, int slot, const Node& node, const Error& answer) {
  const std::string_view word = answer.server_word();
  Code code = answer.code;
  std::string advice;
  if (word == "NOAUTH" || word == "WRONGPASS") {
    code = Code::kAuth;
    advice = ": set the password with rc_options_set_password";
  } else if (word == "CROSSSLOT") {
    code = Code::kCrossSlot;
    advice = text(": give the keys ", kCommonHashTag);
  }
  return with_context(
      subject, slot,
      make_error(code, answer.outcome, text(node.name(), " answered ", answer.message, advice), word));
}

}  // namespace rediscluster
