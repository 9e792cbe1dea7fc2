#include "operations/pipeline.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "connection/large.h"
#include "execution/execute.h"
#include "execution/readers.h"
#include "execution/report.h"
#include "execution/subject.h"
#include "operations/lookup.h"
#include "operations/pipeline_batch.h"

namespace rediscluster {
namespace {

// A longer pipeline is sent in windows: neither side's memory nor its sockets fill up.
constexpr std::size_t kWindowCommands = 10000;
constexpr std::size_t kWindowBytes = std::size_t{16} * 1024 * 1024;

// Well above a healthy node's answer: a shorter wait makes the kernel set timers for nothing.
constexpr Duration kFirstSlice = milliseconds(32);
constexpr std::size_t kUsualNodes = 8;  // that get room at once
constexpr Duration kLongestSlice = milliseconds(64);

class Pipeline {
 public:
  Pipeline(const Context& context, const CommandList& commands, const CallOptions& options, TimePoint now)
      : context_(context),
        commands_(commands),
        idempotent_(options.idempotent),
        from_(options.reads_from(context.read_from)),
        deadline_(options.deadline(context.timeout, now)),
        result_(Arena::create(commands.size() * sizeof(Reply))) {
    if (result_ == nullptr || !result_->make_array(result_->root(), commands.size())) throw std::bad_alloc();
  }

  Result<ReplyPtr> run(TimePoint now) {
    if (auto error = look_up_all(now)) return error;
    for (std::size_t begin = 0; begin < commands_.size();) {
      const std::size_t end = window_end(begin);
      run_window(begin, end, now);
      begin = end;
      now = Clock::now();
    }
    if (tried_ || commands_.empty()) return into_reply(std::move(result_));
    const Error& first = *result_->root().elements[0].error;
    return make_error(first.code, first.outcome, text("pipeline: ", first.message));
  }

 private:
  // A command that did not get its reply in the first round, and goes on by itself.
  struct Straggler {
    Course course;
    Target target;
    bool wary = false;  // the server refused it and it can answer with any text: to be asked before it goes
  };
  using Stragglers = std::map<std::size_t, Straggler>;  // by index, so in input order

  struct Routed {
    int slot = -1;
    bool read_only = false;
    bool may_ask_replica = false;
    bool may_block = false;
    const CommandSpec* any_text = nullptr;  // not null: it can answer with any text
  };

  // What the commands' own lookup left open. Nothing is sent if one of them cannot be.
  ErrorPtr look_up_all(TimePoint now) {
    if (commands_.settled()) return nullptr;
    for (std::size_t i = 0; i < commands_.size(); ++i) {
      if (commands_[i].settled()) continue;
      const auto arguments = commands_.arguments(i);
      auto found = look_up(context_, arguments.view(), now, deadline_);
      if (!found.ok()) return found.take_error();
      const RoutedCommand& command = found.value();
      if (auto error = refusal(command.spec, command.keys, arguments.view()[0])) {
        return make_error(error->code, error->outcome, text("pipeline, command ", i, ": ", error->message));
      }
      special_.push_back({i,
                          {command.keys.slot, command.read_only(), command.may_ask_replica(),
                           command.spec != nullptr && may_block(*command.spec, arguments.view()),
                           any_text_of(command.spec)}});
      if (command.keep != nullptr) kept_.push_back(command.keep);
    }
    return nullptr;
  }

  Routed routed(std::size_t i) const noexcept {
    const CommandList::Entry& entry = commands_[i];
    if (!entry.settled()) return special(i);
    return {entry.keys.slot, entry.spec->has(kReadOnly), entry.spec->may_ask_replica(), false,
            any_text_of(entry.spec)};
  }

  const Routed& special(std::size_t i) const noexcept {
    return std::lower_bound(special_.begin(), special_.end(), i,
                            [](const auto& entry, std::size_t index) { return entry.first < index; })
        ->second;
  }

  std::size_t window_end(std::size_t begin) const noexcept {
    if (commands_.size() <= kWindowCommands && commands_.encoded_size() <= kWindowBytes)
      return commands_.size();
    std::size_t bytes = 0;
    std::size_t end = begin;
    while (end < commands_.size() && end - begin < kWindowCommands &&
           (bytes < kWindowBytes || end == begin)) {
      bytes += commands_[end++].size;
    }
    return end;
  }

  void run_window(std::size_t begin, std::size_t end, TimePoint now) {
    Stragglers stragglers;
    std::vector<PipelineBatch> batches;
    plan(begin, end, !deadline_.passed(now) || deadline_.was_spared(), batches, stragglers);
    send(batches, now);
    if (context_.hook != nullptr) report_all(batches, now, nullptr);
    for (auto& batch : batches) {
      for (std::size_t i = 0; i < batch.size(); ++i) {
        const Reply* reply = batch.reply(i);
        if (reply != nullptr && keep(batch, *reply, batch.index(i))) continue;
        judge(batch, i, stragglers, add_straggler(stragglers, batch.index(i)));
      }
      result_->adopt(batch.take_arena().release());
    }
    while (!stragglers.empty()) run_round(stragglers);
  }

  // By the map as it is now. A slot whose owner is not known makes a straggler, which waits for it. When the
  // time is up all are stragglers, and none of them is sent.
  void plan(std::size_t begin, std::size_t end, bool in_time, std::vector<PipelineBatch>& batches,
            Stragglers& stragglers) {
    const auto kept =
        context_.topology.keep_map();  // while zones are asked for, functions of the user's may run
    const SlotMap& map = *kept;
    Node* const any = map.random_primary();
    const bool settled = commands_.settled() && from_ == ReadFrom::kPrimary;
    std::vector<std::pair<Node*, Node*>> readers;  // by primary
    batches.reserve(kUsualNodes);
    for (std::size_t i = begin; i < end; ++i) {
      if (settled) [[likely]] {
        const int slot = commands_[i].keys.slot;
        Node* node = slot < 0 ? any : map.owner(slot);
        if (node != nullptr && in_time) [[likely]] {
          batch_for(batches, {node}, end - begin).add(i, commands_[i], false);
        } else {
          add_straggler(stragglers, i);
        }
        continue;
      }
      const Routed command = routed(i);
      Node* node = command.slot < 0 ? any : map.owner(command.slot);
      const bool reading = node != nullptr && from_for(command) != ReadFrom::kPrimary;
      if (reading) node = reader_beside(readers, map, *node, command.slot);
      if (node == nullptr || !in_time) {
        add_straggler(stragglers, i);
        continue;
      }
      batch_for(batches, {node, false, reading}, end - begin).add(i, commands_[i], command.may_block);
    }
  }

  ReadFrom from_for(const Routed& command) const noexcept {
    return command.may_ask_replica && command.slot >= 0 ? from_ : ReadFrom::kPrimary;
  }

  // One for each shard: what a pipeline reads of a shard comes from one node.
  Node* reader_beside(std::vector<std::pair<Node*, Node*>>& readers, const SlotMap& map, Node& primary,
                      int slot) const {
    for (const auto& [owner, reader] : readers) {
      if (owner == &primary) return reader;
    }
    if (from_ == ReadFrom::kSameZone) learn_zones(context_, slot, deadline_);
    Node* reader = choose_reader(map, slot, from_, {}, Clock::now()).node;
    readers.emplace_back(&primary, reader);
    return reader;
  }

  static PipelineBatch& batch_for(std::vector<PipelineBatch>& batches, const Target& target,
                                  std::size_t most) {
    for (PipelineBatch& batch : batches) {
      if (batch.is_for(target)) return batch;
    }
    return batches.emplace_back(target, most);
  }

  void send(std::vector<PipelineBatch>& batches, TimePoint now) {
    for (auto& batch : batches) batch.submit(commands_, now, deadline_);
    join_all(batches);
    bool large = false;
    for (auto& batch : batches) {
      batch.await(deadline_);
      if (from_ == ReadFrom::kLowestLatency && !batch.apart() && batch.reply(0) != nullptr)
        batch.node().standing().note_latency(Clock::now() - now);
      large = large || batch.large();
    }
    LargeReplies::note(large);
  }

  // Each command is told as an attempt of its own, which took as long as its batch.
  void report_all(const std::vector<PipelineBatch>& batches, TimePoint began, const Stragglers* stragglers) {
    for (const auto& batch : batches) {
      for (std::size_t i = 0; i < batch.size(); ++i) {
        const std::size_t index = batch.index(i);
        const int number = stragglers == nullptr ? 1 : stragglers->at(index).course.attempts() + 1;
        const std::string name = commands_.name(index);
        const Attempted attempt{batch.node(), name, began, number};
        const Reply* reply = batch.reply(i);
        if (reply != nullptr) {
          report(context_, attempt, error_of(*reply));
        } else {
          report(context_, attempt, batch.failure(commands_, i).get());
        }
      }
    }
  }

  // One lane at a time, since a caller must not hold several leaders' roles; but none for long while others
  // may be ready: a frozen node must not use up the time of the rest.
  void join_all(std::vector<PipelineBatch>& batches) const {
    Duration slice = kFirstSlice;
    TimePoint now = Clock::now();
    while (std::count_if(batches.begin(), batches.end(), is_unfinished) > 1 &&
           (!deadline_.passed(now) || deadline_.was_spared())) {
      for (auto& batch : batches) {
        if (batch.done()) continue;
        batch.wait(deadline_.sooner(now + slice));
        now = Clock::now();
      }
      slice = std::min(slice * 2, kLongestSlice);
    }
  }
  static bool is_unfinished(const PipelineBatch& batch) noexcept { return !batch.done(); }

  Stragglers::iterator add_straggler(Stragglers& stragglers, std::size_t i) const {
    const Routed command = routed(i);
    Course course(context_, deadline_, command.slot, idempotent_ || command.read_only, from_for(command));
    return stragglers.try_emplace(i, Straggler{std::move(course), {}, false}).first;
  }

  // A reply for the caller; false if it is an answer that the caller should never see.
  bool keep(const PipelineBatch& batch, const Reply& reply, std::size_t index) {
    if (reply.is_error()) [[unlikely]]
      return keep_error(batch, *reply.error, index);
    result_->root().elements[index] = reply;
    tried_ = true;
    return true;
  }

  [[gnu::noinline]] bool keep_error(const PipelineBatch& batch, const Error& error, std::size_t index) {
    if (asks_to_go_on(batch, error, index)) return false;
    put_error(index, server_error(commands_.name(index), routed(index).slot, batch.node(), error));
    tried_ = true;
    return true;
  }

  // Whether it is an answer of the server's that makes a straggler; told_ is what it says.
  bool asks_to_go_on(const PipelineBatch& batch, const Error& error, std::size_t index) {
    const Routed command = routed(index);
    if (command.any_text == nullptr) {
      told_.assign(error.message);
      if (classify(told_) != Answer::kOther || !command.may_block) return classify(told_) != Answer::kOther;
    }
    const auto arguments = commands_.arguments(index);
    if (command.any_text == nullptr) {
      auto gone = gone_elsewhere(batch.node().lane(), {batch.target().asking}, arguments.view(), command.slot,
                                 told_, look_deadline());
      if (gone) told_ = std::move(*gone);
      return gone.has_value();
    }
    auto told = second_look(context_, batch.node(), batch.node().lane(), {batch.target().asking},
                            {*command.any_text, arguments.view(), command.slot}, error, look_deadline());
    if (told) told_ = std::move(*told);
    return told.has_value();
  }

  bool is_still_refused(const Straggler& straggler, std::size_t index) {
    const auto arguments = commands_.arguments(index);
    const FreeText command{*routed(index).any_text, arguments.view(), straggler.course.slot()};
    auto told =
        refusal_now(straggler.target.node->lane(), {straggler.target.asking}, command, look_deadline());
    if (!told || classify(*told) == Answer::kOther) return false;
    told_ = std::move(*told);
    return true;
  }

  // Others' replies are there, or can be had meanwhile.
  Deadline look_deadline() const {
    constexpr Duration kPatience = milliseconds(1000);
    return deadline_.sooner(Clock::now() + kPatience);
  }

  // Whether a straggler goes on, or is given up with its error in its place.
  void judge(const PipelineBatch& batch, std::size_t i, Stragglers& stragglers,
             Stragglers::iterator straggler) {
    Course& course = straggler->second.course;
    const Reply* reply = batch.reply(i);
    // Writes and reads may share a batch: each has its own way on.
    Target asked = batch.target();
    const Target& own = straggler->second.target;
    asked.reading =
        own.node != nullptr ? own.reading : from_for(routed(batch.index(i))) != ReadFrom::kPrimary;
    if (reply != nullptr && classify(told_) == Answer::kDemoted) batch.leave_connection();
    straggler->second.wary =
        reply != nullptr && routed(batch.index(i)).any_text != nullptr && classify(told_) != Answer::kMoved;
    const Verdict verdict = reply != nullptr ? course.on_answer(asked, told_)
                                             : course.on_failure(asked, batch.failure(commands_, i));
    if (verdict == Verdict::kFailed) give_up(stragglers, straggler, course.take_error());
  }

  Stragglers::iterator give_up(Stragglers& stragglers, Stragglers::iterator straggler, ErrorPtr error) {
    const auto& [index, state] = *straggler;
    put_error(index, explain(commands_.name(index), state.course.slot(), std::move(error)));
    return stragglers.erase(straggler);
  }

  void put_error(std::size_t index, ErrorPtr error) {
    if (error->outcome != Outcome::kNotSent) tried_ = true;
    const std::string_view word = error->server_code == nullptr ? "" : error->server_code;
    if (!result_->make_error(result_->root().elements[index], error->code, error->outcome, error->message,
                             word)) {
      throw std::bad_alloc();
    }
  }

  // All of them, in input order, when the last of them is due: a command never goes before an earlier one for
  // the same slot.
  void run_round(Stragglers& stragglers) {
    TimePoint due = TimePoint::min();
    for (const auto& [index, straggler] : stragglers) due = std::max(due, straggler.course.due());
    context_.stop.pause(deadline_.sooner(due));
    const TimePoint now = Clock::now();
    std::vector<PipelineBatch> batches;
    std::set<int> held;  // slots of which one may not go yet
    for (auto at = stragglers.begin(); at != stragglers.end();) {
      auto& [index, straggler] = *at;
      if (held.contains(straggler.course.slot())) {
        ++at;
        continue;
      }
      auto target = straggler.course.target(now);
      if (!target.ok()) {
        at = give_up(stragglers, at, target.take_error());
        continue;
      }
      straggler.target = target.value();
      if (straggler.wary && is_still_refused(straggler, index)) {
        held.insert(straggler.course.slot());
        if (straggler.course.on_answer(straggler.target, told_) == Verdict::kFailed) {
          at = give_up(stragglers, at, straggler.course.take_error());
        } else {
          ++at;
        }
        continue;
      }
      batch_for(batches, straggler.target, stragglers.size())
          .add(index, commands_[index], routed(index).may_block);
      ++at;
    }
    send(batches, now);
    if (context_.hook != nullptr) report_all(batches, now, &stragglers);
    for (auto& batch : batches) {
      for (std::size_t i = 0; i < batch.size(); ++i) {
        const auto straggler = stragglers.find(batch.index(i));
        const Reply* reply = batch.reply(i);
        if (reply != nullptr && keep(batch, *reply, batch.index(i))) {
          straggler->second.course.on_success(straggler->second.target);
          stragglers.erase(straggler);
        } else {
          judge(batch, i, stragglers, straggler);
        }
      }
      result_->adopt(batch.take_arena().release());
    }
  }

  const Context& context_;
  const CommandList& commands_;
  const bool idempotent_;
  const ReadFrom from_;
  const Deadline deadline_;
  ArenaPtr result_;
  std::vector<std::pair<std::size_t, Routed>> special_;      // by index: those the table did not settle
  std::vector<std::shared_ptr<const LearnedCommand>> kept_;  // own the specs of these
  std::string told_;                                         // by the server, of the command that is judged
  bool tried_ = false;                                       // some command was sent
};

}  // namespace

Result<ReplyPtr> run_pipeline(const Context& context, const CommandList& commands,
                              const CallOptions& options) {
  const TimePoint now = Clock::now();
  context.topology.tend(now);
  return Pipeline(context, commands, options, now).run(now);
}

}  // namespace rediscluster
