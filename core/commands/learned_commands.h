// Commands that the table does not have, such as those of modules and of newer servers: what a server said of
// them, remembered for as long as the cluster handle lives.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/args.h"
#include "commands/command_spec.h"
#include "sync/mutex.h"
#include "sync/snapshot.h"

namespace rediscluster {

// Owns the texts that its specs point to.
class LearnedCommand {
 public:
  LearnedCommand() = default;
  LearnedCommand(const LearnedCommand&) = delete;
  LearnedCommand& operator=(const LearnedCommand&) = delete;

  // Of the subcommand that `args` calls, or of the command itself. Good for as long as this lives.
  const CommandSpec& spec_for(const Args& args) const noexcept;

  // The command itself first, then its subcommands.
  void add(const CommandSpec& spec, std::string_view name);
  const char* own_lower(std::string_view text);  // a copy in lower case that lives as long as this

 private:
  std::vector<CommandSpec> specs_;
  std::deque<std::string> texts_;  // never moved once there
};

// Thread-safe. Finding takes no lock, since it comes before each use of such a command; learning is rare.
class LearnedCommands {
 public:
  std::shared_ptr<const LearnedCommand> find(const Args& args) const;  // null: not learned yet
  // `name` as the caller wrote it: a server may answer with another one (rename-command).
  void remember(std::string_view name, std::shared_ptr<const LearnedCommand> command);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Map = std::unordered_map<std::string, std::shared_ptr<const LearnedCommand>, Hash, std::equal_to<>>;

  Mutex learning_;  // one writer at a time: each copies the map
  Snapshot<Map> map_{std::make_shared<const Map>()};
};

}  // namespace rediscluster
