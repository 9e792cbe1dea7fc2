#include "calls/error_context.h"

#include <algorithm>

#include "base/letter_case.h"
#include "base/text.h"

namespace rediscluster {

std::string command_name(std::string_view argument) {
  constexpr std::size_t kMax = 32;
  const auto plain = [](char c) {
    const char lower = to_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  if (argument.size() > kMax || !std::all_of(argument.begin(), argument.end(), plain)) return "command";
  std::string name(argument);
  for (char& c : name) c = to_upper(c);
  return name;
}

std::string in_context(std::string_view subject, int slot, std::string_view message) {
  return slot < 0 ? text(subject, ": ", message) : text(subject, " (slot ", slot, "): ", message);
}

ErrorPtr with_context(std::string_view subject, int slot, ErrorPtr error) {
  if (error->code == Code::kNoMemory) return error;
  return make_error(error->code, error->outcome, in_context(subject, slot, error->message),
                    error->server_word());
}

}  // namespace rediscluster
