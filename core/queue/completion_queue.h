// Calls that nobody waits for: any thread submits, and whoever takes completions drives the connections,
// which are the queue's own. There is one descriptor for all of it, and no thread.
//
// The driver is the thread in next() or flush() that has the role. It reads, decides by RetryState what comes
// next, and runs the user's functions, all without the lock. A submitter only encodes and sends, or leaves
// the call in the inbox where more is to be done.
#pragma once

#include <array>
#include <atomic>
#include <vector>

#include "base/args.h"
#include "calls/context.h"
#include "commands/command_keys.h"
#include "queue/completions.h"
#include "queue/lane.h"
#include "queue/poller.h"
#include "queue/queued_call.h"
#include "sync/mutex.h"

namespace rediscluster {

struct QueueOptions {
  static constexpr std::size_t kMostCalls = (std::size_t{1} << 26) - 1;

  std::size_t max_calls = 65536;
  std::size_t max_bytes = std::size_t{256} * 1024 * 1024;
  bool gather = false;
};

class CompletionQueue final : private TopologyListener {
 public:
  static Result<std::unique_ptr<CompletionQueue>> create(const Context& context, const QueueOptions& options);
  ~CompletionQueue();
  CompletionQueue(const CompletionQueue&) = delete;
  CompletionQueue& operator=(const CompletionQueue&) = delete;

  bool of_this_process() const noexcept { return generation_ == fork_generation(); }

  // ---- Any thread ----

  int fd() const noexcept { return poller_.fd(); }
  // A ticket. An error: nothing will come of it.
  Result<std::uint64_t> submit(const Args& args, const CallOptions& options, std::uint64_t tag);
  void flush();
  bool cancel(std::uint64_t ticket) noexcept;  // false: it has ended
  void wake() noexcept {                       // also in a signal handler
    wake_wanted_.store(true, std::memory_order_release);
    poller_.ring();
  }
  void look() noexcept { poller_.ring(); }  // the handle was closed
  std::size_t under_way() const noexcept { return under_way_.load(std::memory_order_relaxed); }
  // Completions, at most so many; none: the time is up, or it was woken.
  Result<Completions> next(std::size_t max, int timeout_ms);

 private:
  friend struct QueuedCall;

  static constexpr unsigned kSlotBits = 26;  // of a ticket
  static constexpr std::size_t kShortCommand = 192;
  static constexpr std::size_t kMaxSpare = 1024;
  static constexpr int kEvents = 64;
  // How often it is looked whether nodes are quiet that owe replies.
  static constexpr Duration kLookForQuiet = milliseconds(100);
  // And tokens, while a call under way has one.
  static constexpr Duration kLookAtCancels = milliseconds(20);

  CompletionQueue(const Context& context, const QueueOptions& options)
      : context_(context), options_(options) {}

  void on_new_map() noexcept override;
  void on_round_end() noexcept override;

  // Calls and their memory: pool.cpp.
  QueuedCall& new_call(std::uint64_t tag, Deadline deadline, int slot, bool repeatable, ReadFrom from,
                       std::size_t size) REQUIRES(mutex_);
  void free_call(QueuedCall& call) noexcept REQUIRES(mutex_);
  Request& new_queued_request(QueuedCall& call, bool asking) REQUIRES(mutex_);
  void free_request(Request* request) noexcept REQUIRES(mutex_);
  QueuedCall* find(std::uint64_t ticket) const noexcept REQUIRES(mutex_);

  // Admission: submit.cpp.
  ErrorPtr over_limit(std::size_t size) REQUIRES(mutex_);
  bool try_send_at_once(QueuedCall& call, TimePoint now) REQUIRES(mutex_);
  void put_in_inbox(QueuedCall& call) noexcept REQUIRES(mutex_);
  void set_timer(QueuedCall& call, TimePoint at) noexcept REQUIRES(mutex_);
  Lane* lane_for(Node& node, const QueuedCall& call) REQUIRES(mutex_);
  Lane* new_lane(Node& node, bool exclusive) REQUIRES(mutex_);
  bool enqueue(QueuedCall& call, Lane& lane, TimePoint now) REQUIRES(mutex_);

  // What becomes of a call: progress.cpp. By the driver.
  void settle_arrivals(TimePoint now) REQUIRES(driver_);
  void judge(QueuedCall& call, TimePoint now) REQUIRES(driver_);
  void go_on(QueuedCall& call, Decision decision, TimePoint now) REQUIRES(driver_);
  void on_reply(QueuedCall& call, TimePoint now) REQUIRES(driver_);
  void tell_hook_of(const QueuedCall& call, const Error* failure);
  void drop_request(QueuedCall& call) noexcept REQUIRES(driver_);
  void submit_request(QueuedCall& call, TimePoint now) REQUIRES(driver_);
  void resume(QueuedCall& call, TimePoint now) REQUIRES(driver_);
  void send(QueuedCall& call, const Target& target, TimePoint now) REQUIRES(driver_);
  void end(QueuedCall& call, ReplyPtr reply, ErrorPtr error) noexcept REQUIRES(driver_);
  void fail(QueuedCall& call, ErrorPtr error) noexcept REQUIRES(driver_);
  void time_is_up(QueuedCall& call, TimePoint now) REQUIRES(driver_);
  void arrive(QueuedCall& call) noexcept {
    driver_.assume();
    arrived_.push(call);
  }
  void leave_lane(QueuedCall& call) noexcept REQUIRES(mutex_);
  void finish(QueuedCall& call, ReplyPtr reply, ErrorPtr error) noexcept REQUIRES(mutex_);
  ErrorPtr cancelled(const QueuedCall& call, Outcome outcome) const noexcept;

  // What a server is asked beside the command: questions.cpp. By the driver.
  void begin_lookup(QueuedCall& call) REQUIRES(driver_);
  void on_looked_up(QueuedCall& call, TimePoint now) REQUIRES(driver_);
  void on_lookup_failed(QueuedCall& call, ErrorPtr why, TimePoint now) REQUIRES(driver_);
  void settle(QueuedCall& call, const CommandSpec* spec, const KeySlot& keys, TimePoint now)
      REQUIRES(driver_);
  void on_error(QueuedCall& call, const Error& answer, TimePoint now) REQUIRES(driver_);
  void ask(QueuedCall& call, QueuedCall::Rare::Phase phase, TimePoint now) REQUIRES(driver_);
  void hear_answer(QueuedCall& call, TimePoint now) REQUIRES(driver_);
  void conclude(QueuedCall& call, const Error& answer, std::optional<std::string> told, TimePoint now)
      REQUIRES(driver_);
  void look_ahead(QueuedCall& call, TimePoint now) REQUIRES(driver_);

  // The driver: drive.cpp.
  enum class Turn { kMine, kOfAnother, kNested };
  Turn try_drive() noexcept;
  void stop_driving() noexcept RELEASE(driver_);
  void pass(TimePoint until) REQUIRES(driver_);
  bool drive_until_something(TimePoint until) REQUIRES(driver_);
  void set_alarm(TimePoint now) REQUIRES(driver_);
  bool has_room() const noexcept REQUIRES(mutex_);
  bool has_something() const noexcept REQUIRES(mutex_);
  Completions collect(std::size_t max) REQUIRES(mutex_);

  // Connections: lanes.cpp.
  void send_gathered() noexcept;
  bool read_ready(TimePoint until, TimePoint& now) REQUIRES(driver_);
  bool read_few(TimePoint now) REQUIRES(driver_);
  void refresh_round() REQUIRES(driver_);
  void tend_lanes(TimePoint now) REQUIRES(driver_);
  void remove_lanes(TimePoint now) REQUIRES(driver_);

  // Calls that no answer has moved: attend.cpp.
  void take_inbox(TimePoint now) REQUIRES(driver_);
  void end_overdue(TimePoint now) REQUIRES(driver_);
  void stop_waiting_for_map(QueuedCall& call) noexcept REQUIRES(driver_);
  template <class Wanted, class What>
  void for_each_call(const Wanted& wanted, const What& what) REQUIRES(driver_);
  void hear_of_map(TimePoint now) REQUIRES(driver_);
  void look_for_silence(TimePoint now) REQUIRES(driver_);
  void send_elsewhere(TimePoint now) REQUIRES(driver_);
  void look_at_cancels(TimePoint now) REQUIRES(driver_);
  void end_all_closed(TimePoint now) REQUIRES(driver_);

  const Context context_;
  const QueueOptions options_;
  const std::uint32_t generation_ = fork_generation();
  Poller poller_;

  // Above those of connections and nodes.
  Mutex mutex_;

  // Of the calls. A slot is the place of a call in this; its ticket is that and a number that no other has.
  std::vector<QueuedCall*> calls_ GUARDED_BY(mutex_);
  std::vector<std::uint32_t> free_slots_ GUARDED_BY(mutex_);
  QueuedCall* spare_calls_ GUARDED_BY(mutex_) = nullptr;
  std::size_t spare_count_ GUARDED_BY(mutex_) = 0;
  Request* spare_requests_ GUARDED_BY(mutex_) = nullptr;
  std::size_t spare_request_count_ GUARDED_BY(mutex_) = 0;
  std::uint64_t next_number_ GUARDED_BY(mutex_) = 0;
  std::uint64_t numbers_end_ GUARDED_BY(mutex_) = 0;

  std::size_t count_ GUARDED_BY(mutex_) = 0;  // of calls of the user's whose completion has not been taken
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;  // of commands, and of replies that have not been taken
  std::size_t refused_size_ GUARDED_BY(mutex_) = 0;
  bool room_wanted_ GUARDED_BY(mutex_) = false;
  std::atomic<std::size_t> under_way_{0};  // written under mutex_

  Timers timers_ GUARDED_BY(mutex_);
  CallList inbox_ GUARDED_BY(mutex_);
  // The driver is at what was in the inbox: what comes now stands behind it.
  bool inbox_is_open_ GUARDED_BY(mutex_) = false;
  CallList ready_ GUARDED_BY(mutex_);
  std::size_t with_cancel_ GUARDED_BY(mutex_) = 0;  // calls that a token may end

  std::vector<std::unique_ptr<Lane>> lanes_ GUARDED_BY(mutex_);
  std::atomic<std::size_t> lane_count_{0};  // written under mutex_
  struct Known {
    Node* node = nullptr;
    Lane* lane = nullptr;
  };
  std::array<Known, 64> known_ GUARDED_BY(mutex_){};  // by node: where its shared lane is
  bool has_gathered_ GUARDED_BY(mutex_) = false;

  std::atomic<bool> map_changed_{false};
  std::atomic<bool> round_ended_{false};
  std::atomic<bool> wake_wanted_{false};

  // The thread that drives.
  const Role driver_{};
  std::atomic<bool> driven_{false};
  std::atomic<std::uintptr_t> driver_thread_{0};
  FutexWord turns_{0};  // changes when the role is given back, or completions are there
  std::atomic<int> waiting_{0};

  CallList arrived_ GUARDED_BY(driver_);  // their requests have ended
  std::vector<Lane*> round_ GUARDED_BY(driver_);
  int few_reads_ GUARDED_BY(driver_) = 0;  // in a row
  TimePoint silence_at_ GUARDED_BY(driver_) = TimePoint::min();
  TimePoint ask_again_at_ GUARDED_BY(driver_){};
  Duration ask_interval_ GUARDED_BY(driver_){};
  TimePoint cancels_at_ GUARDED_BY(driver_) = TimePoint::min();
  TimePoint next_look_ GUARDED_BY(driver_) = TimePoint::max();
  std::size_t waiting_for_map_ GUARDED_BY(driver_) = 0;
  bool quiet_to_ask_ GUARDED_BY(driver_) = false;
  bool listens_ = false;
};

}  // namespace rediscluster
