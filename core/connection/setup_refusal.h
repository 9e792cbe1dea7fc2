// What it means that a node refuses a part of the handshake.
#pragma once

#include "net/address.h"

namespace rediscluster {

// Without what is kOptional a connection serves as well: old servers do not know all of it, and users may not
// be allowed to.
enum class SetupStep {
  kAuth,
  kHello,
  kDatabase,
  kReadOnly,
  kId,    // that the node has the id of one of the cluster
  kView,  // where it does not tell its id: that it knows one of them
  kOptional,
  kPing,           // with a random word, which comes back
  kUnknownCommand  // whose name is a random word, which the refusal quotes: where PING is refused
};

// The error line says that nobody is served now, or from where we are.
bool turns_away(std::string_view line) noexcept;

// The line can hardly be meant for anything but what was asked. Any other may be what a server says before it
// hangs up.
bool is_about(SetupStep what, std::string_view line) noexcept;

// The failure to connect that the refusal is.
ErrorPtr refusal(SetupStep what, std::string_view line, const Address& node);

}  // namespace rediscluster
