// Sends the commands of a pipeline and gathers what is answered, every node by itself: each has its queue,
// which goes in windows, and what has to be sent again goes as soon as it is due. One caller drives it all,
// and leads at most one connection at a time.
#pragma once

#include <list>

#include "batch/answers.h"
#include "batch/assembly.h"
#include "batch/plan.h"
#include "batch/slot_queues.h"

namespace rediscluster {

class BatchRun {
 public:
  BatchRun(const Context& context, BatchPlan& plan, BatchAssembly& reply)
      : context_(context), plan_(plan), reply_(reply), answers_(context, plan), deadline_(plan.deadline()) {}

  // Every command has its reply or its error when it returns.
  void run(TimePoint now);

 private:
  static constexpr std::size_t kUnsent = 1;     // numbers of failures: of what no node was sent,
  static constexpr std::size_t kBehind = 2;     // and of what stood in line behind another of its slot
  static constexpr std::size_t kOwnerless = 3;  // and of what has no node by the map
  static constexpr std::size_t kOwnFailures = 4;
  using Index = BatchExchange::Index;

  // What goes to a node for the first time.
  struct NodeQueue {
    Target target;
    bool only_reads = true;  // that may go elsewhere
    std::vector<Index> indices;
    std::size_t next = 0;  // the first that has not been sent
    std::size_t bytes = 0;
    std::optional<BatchExchange> window;
  };
  // The fronts of lines that go to one target together.
  struct Retry {
    Target target;
    std::vector<Index> indices;
    std::size_t bytes = 0;
    bool may_block = false;
    std::vector<SlotQueues::Entry*> lines;
    std::optional<BatchExchange> exchange;
  };
  struct UnderWay {
    BatchExchange* exchange;
    NodeQueue* queue;  // null: it is a retry
    std::list<Retry>::iterator retry;
    bool quiet = false;        // it has been waited for in vain lately
    std::size_t received = 0;  // when it was last seen
    TimePoint last_received_at{};
  };

  // Parts are appended to the list while the batch runs, so it is asked for each time.
  const CommandList& commands() const noexcept { return plan_.commands(); }

  // First attempts.
  bool fill_queues(TimePoint now);
  void enqueue(const SlotMap& map, std::size_t i);
  void enqueue_behind(std::size_t before, std::size_t i);
  // The second of two neighbours goes over the connection of the first.
  bool follows(std::size_t i, std::size_t neighbour) const noexcept {
    const std::uint32_t before = plan_.parts().before(i);
    return before != kNoCommand && (neighbour == before || plan_.parts().before(neighbour) == before);
  }
  NodeQueue& queue_for(const Target& target);
  NodeQueue& another_queue(const Target& target);
  void send_window(NodeQueue& queue, TimePoint now);
  bool stands_in_line(const NodeQueue& queue, Index i, bool map_changed);

  // What waits in lines.
  void send_due(TimePoint now);
  bool send_from(SlotQueues::Entry& entry, TimePoint now);
  Result<Target> aim(SlotQueue::Item& item, TimePoint now);
  Retry* retry_for(const Target& target);
  void launch_retries(TimePoint now);

  // Waiting and gathering.
  bool wait_for_answers();
  void wait_for(UnderWay& each, TimePoint until);
  void gather(const UnderWay& done);
  void gather_window(const BatchExchange& exchange);
  void gather_retry(Retry& retry);
  bool goes_by_key(const BatchExchange& exchange, std::size_t i, std::size_t index);
  const Expansion& begin_by_key(std::size_t index);
  void end_behind(const BatchExchange& exchange, std::size_t i, std::size_t index,
                  BatchExchange::Outcomes& outcomes);
  bool keep(const BatchExchange& exchange, std::size_t i, std::size_t index);
  Decision judge(PendingRetry& pending, const Target& asked, const BatchExchange& exchange, std::size_t i,
                 BatchExchange::Outcomes& outcomes) const;
  void fail_for_want_of_time(const BatchExchange& exchange, std::size_t i, Outcome outcome);
  void tell_hook_of(const BatchExchange& exchange, Retry* retry) const;

  // The time is up, or the handle was closed.
  void end();
  void end_unsent(std::size_t unsent);
  std::size_t end_lines(std::vector<ErrorPtr>& behind);

  const Context& context_;
  BatchPlan& plan_;
  BatchAssembly& reply_;
  BatchAnswers answers_;
  const Deadline deadline_;

  std::shared_ptr<const SlotMap> map_;  // that the queues were filled by
  std::size_t planned_ = 0;             // commands that are in a queue or in a line, or were
  NodeNumbers numbers_;
  std::vector<NodeQueue> queues_;
  std::size_t few_queues_ = 0;  // the first ones, which are found by looking
  SlotQueues lines_;
  std::list<Retry> retries_;
  std::vector<std::list<Retry>::iterator> being_made_;
  std::vector<UnderWay> under_way_;
  std::size_t turn_ = 0;                 // of those that are quiet
  Duration slice_{};                     // to wait for it
  bool large_ = false;                   // some reply was
  std::size_t failures_ = kOwnFailures;  // numbers for those that many commands share
  bool over_ = false;
};

}  // namespace rediscluster
