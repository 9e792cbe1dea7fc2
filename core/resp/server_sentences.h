// The sentences with which Redis 6.0 to 8.10 and Valkey 7.2 to 9.1 say that they did not run a command.
//
// Scripts, functions and modules can answer with any text, "TRYAGAIN later" for one. Where that is possible a
// word decides nothing, and even a whole sentence is only a reason to look again.
#pragma once

#include <string_view>

namespace rediscluster {

// One of them in full, or a redirect in full.
bool is_servers_sentence(std::string_view error_line) noexcept;

// "ERR unknown command 'x', ...", and the like of an unknown subcommand or a wrong number of arguments.
bool says_unknown_command(std::string_view error_line) noexcept;

}  // namespace rediscluster
