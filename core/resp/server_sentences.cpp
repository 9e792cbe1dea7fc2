#include "resp/server_sentences.h"

#include "resp/server_answer.h"

namespace rediscluster {
namespace {

// A star stands for one or more characters: the product's name, which Valkey gives as its own or as Redis, or
// what the sentence is about. Some end with a reason of the operating system's.
constexpr std::string_view kSentences[] = {
    "TRYAGAIN Multiple keys request during rehashing of slot",
    "TRYAGAIN Slot is being trimmed",
    "CLUSTERDOWN The cluster is down",
    "CLUSTERDOWN The cluster is down and only accepts read commands",
    "CLUSTERDOWN Hash slot not served",
    "LOADING * is loading the dataset in memory",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "MASTERDOWN Link with MASTER is down, replica-serve-stale-data is set to 'no' and 'allow-stale' flag is "
    "not set on the script.",
    "READONLY You can't write against a read only replica.",
    "READONLY Can not run script with write flag on readonly replica",
    "UNBLOCKED force unblock from blocking operation, instance state changed (*",
    "UNBLOCKED client unblocked via CLIENT UNBLOCK",
    "UNBLOCKED the stream key no longer exists",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'",
    "MISCONF * is configured to save RDB snapshots, but *",
    "MISCONF * is configured to persist data to AOF, but *",
    "MISCONF Errors writing to the AOF file: *",
    "NOREPLICAS Not enough good replicas to write.",
    "NOSCRIPT No matching script. Please use EVAL.",
    "NOSCRIPT No matching script.",
    "BUSY * is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
    "BUSY * is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.",
    "BUSY * is busy running a module command.",
    "NOAUTH Authentication required.",
    "NOAUTH HELLO must be called with the client already authenticated*",
    "NOPERM this user has no permissions to run the '*' command",
    "NOPERM this user has no permissions to run the '*' command or its subcommand",
    "NOPERM this user has no permissions to access one of the keys used as arguments",
    "NOPERM this user has no permissions to access one of the channels used as arguments",
    "NOPERM User * has no permissions to run the '*' command",
    "NOPERM User * has no permissions to access the '*' key",
    "NOPERM User * has no permissions to access the '*' channel",
    "NOPERM No permissions to access a key",
    "NOPERM No permissions to access a channel",
    "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. *",
    "WRONGPASS invalid username-password pair",
    "WRONGPASS invalid username-password pair or user is disabled.",
    "EXECABORT Transaction discarded because of previous errors.",
    "EXECABORT Transaction discarded because of: *",
    "NOPROTO unsupported protocol version",
    "CROSSSLOT Keys in request don't hash to the same slot",
};

// Servers before 7.0 begin some of them with a capital letter, and quote with ` instead of '. What they quote
// of the arguments is cut off already.
constexpr std::string_view kUnknown[] = {
    "ERR unknown command ''",  // its name begins with a NUL
    "ERR unknown command ``",
    "ERR unknown command '*'",
    "ERR unknown command `*`",
    "ERR unknown command '*', with args beginning with: *",
    "ERR unknown command `*`, with args beginning with: *",
    "ERR unknown subcommand '*'. Try * HELP.",
    "ERR unknown subcommand '*'",
    "ERR Unknown subcommand or wrong number of arguments for '*'. Try * HELP",
    "ERR Unknown subcommand or wrong number of arguments for '*'. Try * HELP.",
    "ERR Unknown subcommand or wrong number of arguments for '*'",
    "ERR unknown subcommand or wrong number of arguments for '*'. Try * HELP.",
    "ERR wrong number of arguments for '*' command",
    "ERR wrong number of arguments for '*'",
    "ERR Wrong number of arguments for '*'",
    "ERR Wrong number of arguments for the '*' subcommand",
};

bool fits(std::string_view text, std::string_view pattern) noexcept {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return text == pattern;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  const auto after = pattern.substr(star + 1);
  for (std::size_t at = star + 1; at <= text.size(); ++at) {
    if (fits(text.substr(at), after)) return true;
  }
  return false;
}

template <class Patterns>
bool fits_any(std::string_view text, const Patterns& patterns) noexcept {
  constexpr std::size_t kMax = 2048;  // far above what they say
  if (text.size() > kMax) return false;
  for (const std::string_view pattern : patterns) {
    if (fits(text, pattern)) return true;
  }
  return false;
}

}  // namespace

bool is_servers_sentence(std::string_view line) noexcept {
  const auto word = error_word(line);
  if (word == "MOVED" || word == "ASK") return parse_redirect(line).valid;
  return fits_any(line, kSentences);
}

bool says_unknown_command(std::string_view line) noexcept { return fits_any(line, kUnknown); }

}  // namespace rediscluster
