#include "connection/setup_refusal.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "resp/server_answer.h"

namespace rediscluster {
namespace {

bool holds(std::string_view line, std::string_view words) noexcept {
  return line.find(words) != std::string_view::npos;
}

bool is_about_password(std::string_view line) noexcept {
  const auto word = error_word(line);
  return word == "WRONGPASS" || word == "NOAUTH" || holds(line, "AUTH") || holds(line, "password") ||
         holds(line, "username");
}

}  // namespace

bool turns_away(std::string_view line) noexcept {
  return asks_to_wait(classify(line)) || error_word(line) == "DENIED" || holds(line, "max number of clients");
}

bool is_about(SetupStep what, std::string_view line) noexcept {
  const auto word = error_word(line);
  if (turns_away(line) || word == "NOPERM" || word == "NOAUTH") return true;
  switch (what) {
    case SetupStep::kAuth:
      return is_about_password(line);
    case SetupStep::kHello:
      return is_about_password(line) || word == "NOPROTO" || holds(line, "HELLO") ||
             holds(line, "unknown command") || holds(line, "rotocol version");
    case SetupStep::kDatabase:
      return holds(line, "SELECT") || holds(line, "DB index") || holds(line, "unknown command");
    case SetupStep::kReadOnly:
      return holds(line, "cluster support disabled") || holds(line, "unknown command");
    default:
      return true;
  }
}

ErrorPtr refusal(SetupStep what, std::string_view line, const Address& node) {
  const auto word = error_word(line);
  const auto error = [&](Code code, const auto&... parts) {
    return make_error(code, Outcome::kNotSent, text(to_string(node), parts...), word);
  };
  if (turns_away(line)) return error(Code::kConnect, ": ", line);
  if (word == "NOAUTH")
    return error(Code::kAuth, " asks for a password: ", line,
                 ": check the user name and the password in the options");
  switch (what) {
    case SetupStep::kHello:
      if (is_about_password(line) && word != "NOPERM") break;
      return error(Code::kUnsupported, " does not speak RESP3: ", line,
                   ": rc_options_set_protocol 2 suits it");
    case SetupStep::kDatabase:
      if (word == "NOPERM")
        return error(Code::kAuth, " does not let the user choose a database: ", line,
                     ": allow it (ACL SETUSER ... +select)");
      return error(Code::kUnsupported,
                   " has no database of the number that rc_options_set_database gave: ", line,
                   ": most clusters have database 0 only; Valkey 9 has more with cluster-databases");
    case SetupStep::kReadOnly:
      return error(Code::kAuth, " refused READONLY, which reading from replicas needs: ", line,
                   ": allow it to the user (ACL SETUSER ... +readonly)");
    case SetupStep::kPing:
    case SetupStep::kUnknownCommand:
      return error(word == "NOPERM" ? Code::kAuth : Code::kProtocol,
                   " does not answer PING, which shows that replies belong to their commands: ", line,
                   ": allow it to the user (ACL SETUSER ... +ping)");
    default:
      break;
  }
  return error(Code::kAuth, " refused the password: ", line,
               ": check the user name and the password in the options");
}

}  // namespace rediscluster
