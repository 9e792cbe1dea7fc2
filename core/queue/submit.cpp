// What submitters do: admit a call, and send it if that needs nothing but to encode it.
#include <cstring>
#include <new>

#include "base/copy.h"
#include "base/errors.h"
#include "base/text.h"
#include "batch/spread.h"
#include "calls/error_context.h"
#include "calls/resolve_command.h"
#include "calls/second_look.h"
#include "queue/completion_queue.h"
#include "resp/encode.h"

namespace rediscluster {
namespace {

struct CommandPlan {
  RoutedCommand command;
  bool settled = false;  // it is known what it is, and where its keys are
};

// As far as that is known without asking a server.
CommandPlan look_up_here(const Context& context, const Args& args) {
  CommandPlan plan;
  RoutedCommand& found = plan.command;
  found.spec = find_command(args);
  if (found.spec == nullptr) [[unlikely]] {
    found.keep = context.learned.find(args);
    if (found.keep == nullptr) return plan;
    found.spec = &found.keep->spec_for(args);
    found.keys = slot_of(*found.spec, args);
  } else {
    find_slot(*found.spec, args, found.keys);
  }
  // One publisher's messages keep their order where they go by their channel's slot.
  if (found.spec->request_policy == RequestPolicy::kChannel && args.size() > 1)
    found.keys.slot = key_slot(args[1]);
  plan.settled = !found.keys.ask_server;
  return plan;
}

ErrorPtr no_routes() {
  return make_error(Code::kUnsupported, Outcome::kNotSent,
                    "a queue sends each command to one node, by its keys: routes and combining are for "
                    "rc_command_with and rc_pipeline_with");
}

}  // namespace

ErrorPtr why_not_submitted(const CommandSpec* spec, const KeySlot& keys, std::string_view name) {
  if (auto error = refusal(spec, keys, name)) return error;
  if (keys.slot >= 0 || spec == nullptr || !means_several_nodes(*spec)) return nullptr;
  return make_error(Code::kUnsupported, Outcome::kNotSent,
                    text(command_name(name),
                         " means the whole cluster, and a queue would send it to one node: send it by "
                         "rc_command"));
}

Result<std::uint64_t> CompletionQueue::submit(const Args& args, const CallOptions& options,
                                              std::uint64_t tag) {
  if (context_.stop.stopped()) [[unlikely]]
    return closed_error();
  const CommandPlan plan = look_up_here(context_, args);
  const RoutedCommand& command = plan.command;
  if (options.route.kind != Route::kAuto || options.route.by_node) [[unlikely]]
    return no_routes();
  if (plan.settled) {
    if (auto error = why_not_submitted(command.spec, command.keys, args[0])) return error;
  }
  const std::size_t size = encoded_size(args);
  auto from = ReadFrom::kPrimary;
  if (options.read_from != ReadFrom::kUsual || context_.read_from != ReadFrom::kPrimary) [[unlikely]] {
    if (command.keys.slot >= 0 && command.may_ask_replica()) from = options.reads_from(context_.read_from);
  }
  const Duration timeout = options.timeout.value_or(context_.timeout);
  const bool repeatable = options.idempotent || command.read_only();
  std::shared_ptr<Connection> to_send;
  std::uint64_t ticket = 0;
  {
    const MutexLock lock(mutex_);
    const bool full = count_ >= options_.max_calls || (bytes_ != 0 && bytes_ + size > options_.max_bytes);
    if (full) [[unlikely]]
      return over_limit(size);
    const TimePoint now = Clock::now();  // within the lock: deadlines come in order
    QueuedCall& call = new_call(tag, Deadline(now + timeout), command.keys.slot, repeatable, from, size);
    ticket = call.ticket;
    char* const bytes = call.long_bytes == nullptr ? call.short_bytes() : call.long_bytes;
    encode(args, bytes);
    call.name_at =
        static_cast<std::uint32_t>(decimal_digits(args.size()) + decimal_digits(args[0].size()) + 6);
    call.name_size = static_cast<std::uint32_t>(args[0].size());
    call.usual_time = !options.timeout;
    const bool plain = command.spec != nullptr && !command.spec->has(kAnyText) && plan.settled &&
                       options.cancel == nullptr && command.keep == nullptr;
    if (!plain) [[unlikely]] {
      try {
        call.rare = std::make_unique<QueuedCall::Rare>();
      } catch (const std::bad_alloc&) {
        free_call(call);
        throw;
      }
      call.rare->keep = command.keep;
      call.rare->cancel = options.cancel;
      call.rare->idempotent = options.idempotent;
      call.rare->read_from = options.reads_from(context_.read_from);
      if (!plan.settled) {
        call.rare->phase =
            command.spec == nullptr ? QueuedCall::Rare::Phase::kInfo : QueuedCall::Rare::Phase::kKeys;
      }
      if (options.cancel != nullptr) ++with_cancel_;
      if (command.spec == nullptr || command.spec->has(kAnyText))
        call.rare->any_text = any_text_of(command.spec);
    }
    call.may_block = command.spec != nullptr && may_block(*command.spec, args);
    call.measured = from == ReadFrom::kLowestLatency;
    call.held = size;
    ++count_;
    bytes_ += size;
    under_way_.store(under_way_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (!plan.settled || !try_send_at_once(call, now)) [[unlikely]] {
      put_in_inbox(call);
    } else if (options_.gather) {
      call.lane->has_gathered = has_gathered_ = true;
    } else {
      to_send = call.lane->keep_connection();
    }
    poller_.wake_at(std::min(timers_.earliest(), now + kLookForQuiet));
  }
  if (to_send != nullptr) to_send->send_queued();
  return ticket;
}

// Wants to hear when there is room for it.
ErrorPtr CompletionQueue::over_limit(std::size_t size) {
  refused_size_ = room_wanted_ ? std::min(refused_size_, size) : size;
  room_wanted_ = true;
  const bool calls = count_ >= options_.max_calls;
  return make_error(Code::kBusy, Outcome::kNotSent,
                    calls ? text("the queue has ", count_,
                                 " calls under way or not taken: take completions "
                                 "(rc_queue_next), or raise rc_queue_options_set_max_calls")
                          : text("the queue holds ", bytes_,
                                 " bytes of commands and replies: take completions "
                                 "(rc_queue_next), or raise rc_queue_options_set_max_bytes"));
}

// False: more is to be done than to encode it, which the driver will do.
bool CompletionQueue::try_send_at_once(QueuedCall& call, TimePoint now) {
  if (!inbox_.empty() || inbox_is_open_) return false;
  try {
    const Step step = call.retry.next(now);
    if (step.kind != Step::kSend) {
      if (step.kind == Step::kDone) call.error = call.retry.take_error();
      return false;
    }
    call.target = step.target;
    Lane* const lane = lane_for(*step.target.node, call);
    if (lane == nullptr || lane->connection().asks_first()) return false;
    if (!enqueue(call, *lane, now)) return false;
    set_timer(call, call.retry.deadline_at(call.target, now).at());
    if (lane->connection().state() != ConnectionState::kOpen) {
      lane->want_look();
      poller_.ring();
    }
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void CompletionQueue::put_in_inbox(QueuedCall& call) noexcept {
  call.place = QueuedCall::Place::kInbox;
  inbox_.push(call);
  poller_.ring();
}

void CompletionQueue::set_timer(QueuedCall& call, TimePoint at) noexcept {
  if (call.Timer::place != Timer::kOff && call.Timer::at == at) return;
  timers_.clear(call);
  const bool is_first = call.retry.attempts() <= 1;
  if (call.usual_time && is_first && at == call.retry.deadline().at()) [[likely]] {
    timers_.set_in_line(call, at);
  } else {
    timers_.set(call, at);
  }
}

// Null: there is no descriptor left for one.
Lane* CompletionQueue::lane_for(Node& node, const QueuedCall& call) {
  if (call.may_block) [[unlikely]] {
    for (const auto& lane : lanes_) {
      if (&lane->node() == &node && lane->exclusive() && !lane->retired &&
          lane->connection().under_way() == 0)
        return lane.get();
    }
    return new_lane(node, true);
  }
  Known& known = known_[reinterpret_cast<std::uintptr_t>(&node) / alignof(Node) % known_.size()];
  if (known.node == &node) [[likely]]
    return known.lane;
  for (const auto& lane : lanes_) {
    if (&lane->node() != &node || lane->exclusive() || lane->retired) continue;
    known = {&node, lane.get()};
    return lane.get();
  }
  Lane* const fresh = new_lane(node, false);
  if (fresh != nullptr) known = {&node, fresh};
  return fresh;
}

Lane* CompletionQueue::new_lane(Node& node, bool exclusive) {
  auto lane = std::make_unique<Lane>(node, exclusive);
  if (!lane->prepare()) return nullptr;
  lanes_.push_back(std::move(lane));
  lane_count_.store(lanes_.size(), std::memory_order_relaxed);
  return lanes_.back().get();
}

// False: the connection has refused it, and says why in the request, which is the call's yet.
bool CompletionQueue::enqueue(QueuedCall& call, Lane& lane, TimePoint now) {
  const bool asking = call.wire_asks();
  Request& request = call.request == nullptr ? new_queued_request(call, asking) : *call.request;
  const std::size_t prefix = asking ? kAskingBytes.size() : 0;
  const std::string_view wire = call.wire();
  const bool queued = lane.connection().enqueue(request, prefix + wire.size(), now, [&](char* to) {
    if (prefix != 0) [[unlikely]]
      std::memcpy(to, kAskingBytes.data(), prefix);
    copy_bytes(wire, to + prefix);
  });
  if (!queued) [[unlikely]]
    return false;
  call.place = QueuedCall::Place::kSent;
  call.lane = &lane;
  lane.add_awaited(now);
  return true;
}

bool CompletionQueue::cancel(std::uint64_t ticket) noexcept {
  const MutexLock lock(mutex_);
  QueuedCall* const call = find(ticket);
  if (call == nullptr) return false;
  Outcome outcome = Outcome::kNotSent;
  switch (call->place) {
    case QueuedCall::Place::kEnded:
      return false;
    case QueuedCall::Place::kHandled:
      if (call->is_cancelled) return false;
      call->is_cancelled = true;
      return true;
    case QueuedCall::Place::kInbox:
      inbox_.remove(*call);
      break;
    case QueuedCall::Place::kWaiting:
      break;
    case QueuedCall::Place::kSent: {
      Request* const request = call->request;
      if (call->lane->connection().withdraw(*request)) {
        free_request(request);
      } else if (request->become_tombstone()) {  // the connection frees it when its reply has come
        outcome = Outcome::kUnknown;
        count(context_.counters.unknown);
      } else {
        return false;  // its reply has just come
      }
      call->request = nullptr;
      leave_lane(*call);
    }
  }
  if (call->retry.may_be_executed()) outcome = Outcome::kUnknown;
  finish(*call, nullptr, cancelled(*call, outcome));
  poller_.ring();
  return true;
}

}  // namespace rediscluster
