#include "resp/server_sentences.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

// As Redis 6.0, 6.2, 7.0 to 8.10 and Valkey 7.2 to 9.1 write them.
static void what_the_servers_say_is_known(void**) {
  for (const char* line : {
           "MOVED 3999 127.0.0.1:6381",
           "ASK 0 :6381",
           "TRYAGAIN Multiple keys request during rehashing of slot",
           "TRYAGAIN Slot is being trimmed",
           "CLUSTERDOWN The cluster is down",
           "CLUSTERDOWN The cluster is down and only accepts read commands",
           "CLUSTERDOWN Hash slot not served",
           "LOADING Redis is loading the dataset in memory",
           "LOADING Valkey is loading the dataset in memory",
           "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
           "READONLY You can't write against a read only replica.",
           "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
           "UNBLOCKED the stream key no longer exists",
           "MISCONF Errors writing to the AOF file: No space left on device",
           "MISCONF Valkey is configured to save RDB snapshots, but it's currently unable to persist to "
           "disk.",
           "NOSCRIPT No matching script.",
           "NOSCRIPT No matching script. Please use EVAL.",
           "BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
           "NOPERM this user has no permissions to run the 'set' command or its subcommand",
           "NOPERM User app has no permissions to run the 'config|get' command",
           "NOPERM No permissions to access a key",
           "WRONGPASS invalid username-password pair",
           "EXECABORT Transaction discarded because of: x",
           "CROSSSLOT Keys in request don't hash to the same slot",
       }) {
    if (!is_servers_sentence(line)) fail_msg("\"%s\" is not known", line);
  }
}

static void what_only_begins_like_it_is_not(void**) {
  for (const char* line : {
           "",
           "MOVED",
           "MOVED 1",
           "MOVED 1 h",
           "MOVED 16384 h:1",
           "MOVED 1 h:0",
           "MOVED 1 h:1 x",
           "ASK later",
           "TRYAGAIN",
           "TRYAGAIN later",
           "TRYAGAIN Multiple keys request during rehashing of slot 5",
           " TRYAGAIN Multiple keys request during rehashing of slot",
           "CLUSTERDOWN",
           "CLUSTERDOWN The cluster is down!",
           "LOADING  is loading the dataset in memory later",
           "OOM x",
           "OOM command not allowed when used memory > 'maxmemory'. script: f00, on @user_script:1.",
           "ERR unknown command 'x'",
       }) {
    if (is_servers_sentence(line)) fail_msg("\"%s\" is taken for a server's", line);
  }
}

static void unknown_commands_are_told_in_many_ways(void**) {
  for (const char* line : {
           "ERR unknown command `foo`, with args beginning with: `a`, ",
           "ERR unknown command 'foo', with args beginning with: 'a' ",
           "ERR unknown command 'foo'",
           "ERR unknown subcommand 'x'. Try OBJECT HELP.",
           "ERR Unknown subcommand or wrong number of arguments for 'x'. Try CLIENT HELP",
           "ERR unknown subcommand or wrong number of arguments for 'x'. Try CLIENT HELP.",
           "ERR wrong number of arguments for 'get' command",
       }) {
    if (!says_unknown_command(line)) fail_msg("\"%s\" is not known", line);
  }
  for (const char* line : {"", "ERR", "ERR x unknown command 'y'", "unknown command 'x'",
                           "ERR value 'unknown command' is no integer"}) {
    if (says_unknown_command(line)) fail_msg("\"%s\" is taken for it", line);
  }
  assert_false(says_unknown_command(std::string("ERR unknown command '") + std::string(100000, '\'')));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_the_servers_say_is_known),
      cmocka_unit_test(what_only_begins_like_it_is_not),
      cmocka_unit_test(unknown_commands_are_told_in_many_ways),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
