// A call that was submitted to a queue, from its submit until its completion has been taken.
#pragma once

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "calls/retry_state.h"
#include "calls/second_look.h"
#include "commands/command_spec.h"
#include "commands/learned_commands.h"
#include "connection/request.h"
#include "queue/timers.h"
#include "resp/reply.h"

namespace rediscluster {

class Lane;

// Null: a queue can send it, which sends each command to one node.
ErrorPtr why_not_submitted(const CommandSpec* spec, const KeySlot& keys, std::string_view name);

struct QueuedCall final : Completion, Timer {
  enum class Place : std::uint8_t {
    kInbox,    // in the list of what the driver is to look at
    kSent,     // its request is at a connection
    kWaiting,  // until its timer, or for a map
    kHandled,  // the driver is at it
    kEnded,    // in the list of what can be taken
  };

  QueuedCall(class CompletionQueue& of, const Context& context, std::uint64_t its_tag, Deadline deadline,
             int slot, bool repeatable, ReadFrom from) noexcept
      : queue(of), tag(its_tag), retry(context, deadline, slot, repeatable, from) {}
  ~QueuedCall() { std::free(long_bytes); }

  void complete(Request&) noexcept override;  // by the connection's leader, who drives the queue

  const char* bytes() const noexcept { return long_bytes == nullptr ? short_bytes() : long_bytes; }
  std::string_view name() const noexcept { return {bytes() + name_at, name_size}; }
  char* short_bytes() noexcept { return reinterpret_cast<char*>(this + 1); }
  const char* short_bytes() const noexcept { return reinterpret_cast<const char*>(this + 1); }

  class CompletionQueue& queue;
  const std::uint64_t tag;
  std::uint64_t ticket = 0;    // 0: it is the queue's own
  QueuedCall* next = nullptr;  // in the list that its place says
  RetryState retry;
  Target target{};
  Request* request = nullptr;
  Lane* lane = nullptr;        // that the request is at
  Lane* asked_lane = nullptr;  // that it was at, while the driver looks at what has come
  Place place = Place::kInbox;
  bool usual_time = true;  // its deadline comes after those of earlier calls
  bool may_block = false;
  bool measured = false;       // how long it took says which node is the quickest
  bool is_cancelled = false;   // while the driver was at it
  bool waits_for_map = false;  // for the ticket of a refresh
  bool wary = false;           // see CommandCall
  std::uint32_t name_at = 0;
  std::uint32_t name_size = 0;
  std::size_t size = 0;  // of the encoded command
  std::size_t held = 0;  // bytes that count against the queue's limit
  char* long_bytes = nullptr;
  Topology::Ticket map_ticket{};

  // What few have.
  struct Rare {
    // What its request asks for.
    enum class Phase : std::uint8_t {
      kCommand,     // the command itself
      kInfo,        // COMMAND INFO: what it is
      kKeys,        // COMMAND GETKEYS: where its keys are
      kSecondLook,  // whether an error that it was answered with is the server's own
      kGone,        // whether the keys that it waited for have left the node
      kLookAhead,   // whether the server still refuses its keys, before it is sent again
    };
    Phase phase = Phase::kCommand;
    bool idempotent = false;  // as its caller says
    bool question_asks = false;
    ReadFrom read_from = ReadFrom::kPrimary;
    std::shared_ptr<const LearnedCommand> keep;
    std::shared_ptr<Cancel> cancel;
    const CommandSpec* any_text = nullptr;
    std::string question;              // encoded; empty in kCommand
    std::optional<RetryState> lookup;  // of kInfo and kKeys, which go to any primary
    std::optional<SecondLook> look;
    std::optional<RefusalQuestions> refusal;
    ArenaPtr answer;  // that is looked at
  };
  std::unique_ptr<Rare> rare;

  Rare::Phase phase() const noexcept { return rare == nullptr ? Rare::Phase::kCommand : rare->phase; }
  bool is_looked_up() const noexcept { return rare != nullptr && rare->lookup.has_value(); }
  // That decides about its request.
  RetryState& state() noexcept { return is_looked_up() ? *rare->lookup : retry; }
  // What is sent, and whether ASKING goes before it.
  std::string_view wire() const noexcept {
    if (rare != nullptr && !rare->question.empty()) [[unlikely]]
      return rare->question;
    return {bytes(), size};
  }
  bool wire_asks() const noexcept {
    return rare != nullptr && !rare->question.empty() ? rare->question_asks : target.asking;
  }

  // Once it has ended.
  ReplyPtr reply;
  ErrorPtr error;
};

// First in, first out, by `next`.
class CallList {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  QueuedCall* front() const noexcept { return first_; }
  void push(QueuedCall& call) noexcept {
    call.next = nullptr;
    (first_ == nullptr ? first_ : last_->next) = &call;
    last_ = &call;
  }
  QueuedCall* pop() noexcept {
    QueuedCall* const call = first_;
    if (call != nullptr) first_ = call->next;
    return call;
  }
  CallList take() noexcept {
    CallList all = *this;
    first_ = nullptr;
    return all;
  }
  void remove(const QueuedCall& call) noexcept {
    QueuedCall** at = &first_;
    QueuedCall* before = nullptr;
    while (*at != &call) {
      before = *at;
      at = &(*at)->next;
    }
    *at = call.next;
    if (last_ == &call) last_ = before;
  }

 private:
  QueuedCall* first_ = nullptr;
  QueuedCall* last_ = nullptr;
};

}  // namespace rediscluster
