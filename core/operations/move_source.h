// The node that a slot is moving away from, asked which keys it has sent away already.
//
// An ASK is true for the keys of one command. The node that imports the slot serves any key as missing that
// it does not have, so what goes there with several commands has to know of each of them that its keys have
// left the source. The source tells: in a transaction it answers a command by ASK if all of its keys are
// gone, and queues it if they are there. It is never executed.
//
// What it says stays true: keys move from the source to the target only, and while they do the source lets no
// key be made that it does not have. When the move has ended or was turned round, the target itself answers
// MOVED or ASK to what comes next, EXEC included.
#pragma once

#include "batch/command_list.h"
#include "nodes/node.h"

namespace rediscluster {

class MoveSource {
 public:
  MoveSource(Node& source, const Node& target, Deadline deadline)
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
  // `size` bytes of `count` commands. has_keys(i): whether the i-th may have some.
  template <class HasKeys>
  Told ask(const char* encoded, std::size_t size, std::uint32_t count, HasKeys&& has_keys) {
    RequestPtr request = queue(encoded, size, count);
    if (request->failure != nullptr) return {Told::kFailed, {}, 0, std::move(request->failure)};
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!has_keys(i)) continue;
      Told told = understand(request->arena->root().elements[i]);
      told.number = i;
      if (told.kind != Told::kSentAway) return told;
    }
    return {};
  }

  Node& node() const noexcept { return own_.node(); }

 private:
  RequestPtr queue(const char* encoded, std::size_t size, std::uint32_t count);
  RequestPtr send(std::string_view bytes, std::uint32_t count, bool pinned);
  Told understand(const Reply& reply) const;
  void discard() noexcept;

  ConnectionLease own_;
  const Node& target_;
  const Deadline deadline_;
  bool in_transaction_ = false;
};

}  // namespace rediscluster
