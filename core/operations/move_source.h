// The node that a slot is moving away from, asked which keys it has sent away already.
//
// An ASK is true for the keys of one command. The node that imports the slot serves any key as missing that
// it does not have, so what goes there with several commands has to know of each of them that its keys have
// left the source. The source tells: in a transaction it answers a command by ASK if all of its keys are
// gone, and queues it if they are there. It is never executed. Valkey 9 queues it in either case, and looks
// for the keys at EXEC: so of what was queued the source is asked once more, by WATCH of each key.
//
// What it says stays true: keys move from the source to the target only, and while they do the source lets no
// key be made that it does not have. When the move has ended or was turned round, the target itself answers
// MOVED or ASK to what comes next, EXEC included.
#pragma once

#include "batch/command_list.h"
#include "nodes/connection_lease.h"

namespace rediscluster {

// visit(key) for each of the i-th command, until it says false. False: it did, or only the server can find
// them.
template <class Visit>
bool visit_keys(const CommandList& commands, std::size_t i, Visit&& visit) {
  const CommandSpec* const spec = commands[i].spec;
  if (spec == nullptr) return false;
  const auto arguments = commands.arguments(i);
  bool all = true;
  const auto visit_argument = [&](std::size_t at) { all = all && visit(arguments.view()[at]); };
  return scan_keys(*spec, arguments.view(), visit_argument) == KeyScan::kDone && all;
}

class MoveSource {
 public:
  // target: where the keys are known to go; null: wherever the source says.
  MoveSource(Node& source, const Node* target, Deadline deadline)
      : own_(source), target_(target), deadline_(deadline) {}
  ~MoveSource();
  MoveSource(const MoveSource&) = delete;
  MoveSource& operator=(const MoveSource&) = delete;

  struct Told {
    enum Kind {
      kSentAway,    // every key, to the target
      kStillThere,  // some key, or it went to another target
      kLine,        // an error that says neither
      kFailed,
    } kind = kSentAway;
    std::string line;        // of kLine
    std::size_t number = 0;  // the command it was for
    ErrorPtr failure;        // of kFailed; nothing was executed
  };
  // has_keys(i): whether the i-th command may have some.
  template <class HasKeys>
  Told ask(const CommandList& commands, HasKeys&& has_keys) {
    RequestPtr request =
        queue({commands.encoded(0), commands.encoded_size()}, static_cast<std::uint32_t>(commands.size()));
    if (request->failure != nullptr) return {Told::kFailed, {}, 0, std::move(request->failure)};
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (!has_keys(i)) continue;
      const Reply& reply = request->arena->root().elements[i];
      Told told = reply.is_error() ? understand(reply) : ask_again(commands, i);
      told.number = i;
      if (told.kind != Told::kSentAway) return told;
    }
    return {};
  }

  Node& node() const noexcept { return own_.node(); }

 private:
  Told ask_again(const CommandList& commands, std::size_t i);
  RequestPtr queue(std::string_view commands, std::uint32_t count);
  RequestPtr send(std::string_view bytes, std::uint32_t count, bool pinned);
  Told understand(const Reply& reply) const;
  void discard() noexcept;  // the transaction

  ConnectionLease own_;
  const Node* const target_;
  const Deadline deadline_;
  bool in_transaction_ = false;
};

}  // namespace rediscluster
