// What becomes of a command by its policy and its caller's route: where it goes, in how many parts, and how
// their replies make one. It knows nothing of the nodes that there are.
#pragma once

#include "calls/resolve_command.h"
#include "calls/route.h"

namespace rediscluster {

// How the replies of the parts become one.
enum class Fold : std::uint8_t {
  kFirst,         // there is one part, or all say the same
  kByKey,         // arrays with an element a key: one array in the order of the keys
  kJoin,          // arrays one after the other, texts one after the other
  kUnion,         // the same, but nothing twice
  kSum,           // integers, or arrays of them element by element; so the four that follow
  kMin,           //
  kMax,           //
  kAnd,           //
  kOr,            //
  kSumByName,     // arrays of names, each with an integer behind it
  kOneSucceeded,  // of the first that succeeded
  kByNode,        // a map of what each node answered
  kWeighed,       // of one, chosen by the integer that the part before it has answered
};

struct Spread {
  enum Kind : std::uint8_t {
    kOne,        // to any primary
    kSlot,       // to the owner of `slot`
    kNode,       // to the node of the route
    kByKeys,     // a part a slot
    kPrimaries,  // a part for every primary that owns slots
    kNodes,      // a part for every node
    kFollow,     // behind the write before it, over the same connections
  };
  Kind kind = kOne;
  Fold fold = Fold::kFirst;
  int slot = -1;
  bool apart = false;  // over connections of its own: the shared ones may be stuck behind what it is to end
};

// Refused: RC_ERR_UNSUPPORTED, RC_ERR_CROSS_SLOT or RC_ERR_INVALID_ARGUMENT, each with advice.
Result<Spread> spread_of(const RoutedCommand& command, const Args& args, const Route& route);

// It writes, or may do so: one that the servers do not describe, or that runs what others wrote.
bool may_write(const CommandSpec* spec) noexcept;
bool waits_for_replicas(const CommandSpec& spec) noexcept;  // WAIT and WAITAOF, which follow a write
// WAIT and WAITAOF, where there is no write before them.
ErrorPtr refused_without_write(std::string_view name);
// Without a key it goes to several nodes, and one of them cannot answer for all.
bool means_several_nodes(const CommandSpec& spec) noexcept;
// For a transaction or a watch session, which one node runs: null where that is as good as any.
ErrorPtr why_not_at_one_node(const CommandSpec& spec, std::string_view name);

// The keys of a command that may be sent in parts, each with the arguments behind it that are its own. What
// stands before and behind all of them goes with every part.
struct KeyedArguments {
  std::size_t first = 0;  // argument
  std::size_t step = 1;
  std::size_t count = 0;  // of keys; 0: it cannot be split

  std::size_t end() const noexcept { return first + step * count; }
};
KeyedArguments keyed_arguments(const CommandSpec& spec, const Args& args) noexcept;
Fold fold_of_keyed(const CommandSpec& spec) noexcept;
// It may be sent key by key, which others cannot tell from the whole by what it does, but for its atomicity.
bool may_be_split(const CommandSpec* spec) noexcept;

}  // namespace rediscluster
