// G11: pipelines, transactions and watch transactions when memory runs out: the n-th allocation fails, for
// every n.
#include "memory/cluster_trial.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

using ListCall = rc_reply* (*)(rc_cluster*, const rc_commands*, rc_error**);

ClusterTrial::Step send_by(ListCall function) {
  return [function](Call& call) {
    rc_error* error = nullptr;
    call.reply.reset(function(call.handle.get(), call.commands.get(), &error));
    call.error.reset(error);
  };
}

// Keys of slots all over the cluster.
std::string counter(const Call& call, int i) {
  return call.key.substr(1, call.key.size() - 2) + ":" + std::to_string(i);
}

constexpr int kCounters = 12;

// An element's own error; that of the whole call where it failed; null where the element was executed.
const rc_error* error_of(const Call& call, std::size_t i) {
  return call.error != nullptr ? call.error.get() : rc_reply_error(rc_reply_element(call.reply.get(), i));
}

void a_pipeline_over_all_nodes(void**) {
  Complaints complaints;
  const auto prepare = [](Call& call) {
    std::vector<Words> list;
    for (int i = 0; i < kCounters; ++i) list.push_back({"INCR", counter(call, i)});
    list.push_back({"LPUSH", counter(call, 0), "x"});  // a wrong type
    list.push_back({"ECHO", std::string(5000, 'x')});
    list.push_back({"NO.SUCH", "x"});
    call.commands = commands_of(list);
  };
  const auto check = [](Call& call, const std::string& where, Complaints& all) {
    if (call.reply != nullptr && rc_reply_length(call.reply.get()) != kCounters + 3)
      all.add(where + ": its length");
    for (int i = 0; i < kCounters; ++i) {
      const rc_error* error = error_of(call, static_cast<std::size_t>(i));
      if (error != nullptr && !is_no_memory(error)) all.add(where + ": element: " + told(error));
      check_counter(call, counter(call, i), error, where, all);
    }
  };
  ClusterTrial().run("a pipeline", prepare, send_by(rc_pipeline), check, complaints);
  assert_true(complaints.none());
}

void a_pipeline_with_a_blocking_command(void**) {
  Complaints complaints;
  const auto prepare = [](Call& call) {
    std::vector<Words> list;
    for (int i = 0; i < kCounters; ++i) list.push_back({"INCR", counter(call, i)});
    list.push_back({"BLPOP", counter(call, 99), "0.01"});
    call.commands = commands_of(list);
  };
  const auto check = [](Call& call, const std::string& where, Complaints& all) {
    for (int i = 0; i < kCounters; ++i) {
      check_counter(call, counter(call, i), error_of(call, static_cast<std::size_t>(i)), where, all);
    }
  };
  ClusterTrial().run("a pipeline with BLPOP", prepare, send_by(rc_pipeline), check, complaints);
  assert_true(complaints.none());
}

// Nothing comes in time: the call ends by that, or for want of memory.
void a_call_that_times_out(void**) {
  constexpr int kShort = 20;
  rc_call_options* options = rc_call_options_new();
  assert_int_equal(rc_call_options_set_timeout_ms(options, kShort, nullptr), RC_OK);
  const auto prepare = [](Call& call) {
    call.line.emplace(Words{"BLPOP", call.key, "0"});
    call.commands =
        commands_of({{"INCR", call.key + "n"}, {"BLPOP", call.key, "0"}, {"INCR", call.key + "n"}});
  };
  const auto no_check = [](Call&, const std::string&, Complaints&) {};
  Complaints complaints;
  ClusterTrial trial;
  trial.may_fail_with(RC_ERR_TIMEOUT);
  const auto command = [&](Call& call) {
    rc_error* error = nullptr;
    call.reply.reset(rc_command_with(call.handle.get(), options, call.line->count(), call.line->data(),
                                     call.line->lengths(), &error));
    call.error.reset(error);
  };
  trial.run("a command that times out", prepare, command, no_check, complaints);
  const auto pipeline = [&](Call& call) {
    rc_error* error = nullptr;
    call.reply.reset(rc_pipeline_with(call.handle.get(), options, call.commands.get(), &error));
    call.error.reset(error);
  };
  trial.run("a pipeline that times out", prepare, pipeline, no_check, complaints);
  rc_call_options_free(options);
  assert_true(complaints.none());
}

void check_both(Call& call, const std::string& where, Complaints& all) {
  check_counter(call, call.key + "a", call.error.get(), where, all);
  check_counter(call, call.key + "b", call.error.get(), where, all);
  Error error;
  const Reply both = command(call.handle.get(), {"MGET", call.key + "a", call.key + "b"}, error);
  if (text_of(rc_reply_element(both.get(), 0)) != text_of(rc_reply_element(both.get(), 1)))
    all.add(where + ": half of a transaction");
}

void a_transaction(void**) {
  Complaints complaints;
  const auto prepare = [](Call& call) {
    call.commands = commands_of({{"INCR", call.key + "a"}, {"ECHO", "x"}, {"INCR", call.key + "b"}});
  };
  ClusterTrial().run("a transaction", prepare, send_by(rc_transaction), check_both, complaints);
  assert_true(complaints.none());
}

// Fails by its own error, or for want of memory.
void a_transaction_that_is_refused(void**) {
  Complaints complaints;
  const auto prepare = [](Call& call) { call.commands = commands_of({{"INCR", call.key}, {"GET"}}); };
  const auto check = [](Call& call, const std::string& where, Complaints& all) {
    if (call.reply != nullptr) all.add(where + ": it succeeded");
    Error error;
    if (text_of(command(call.handle.get(), {"EXISTS", call.key}, error).get()) == "1")
      all.add(where + ": executed");
  };
  ClusterTrial trial;
  trial.may_fail_with(RC_ERR_SERVER);
  trial.run("a refused transaction", prepare, send_by(rc_transaction), check, complaints);
  assert_true(complaints.none());
}

// What the callback reads and queues.
struct Watching {
  explicit Watching(Call& its_call)
      : call(its_call),
        read({"GET", call.key + "a"}),
        first({"INCR", call.key + "a"}),
        second({"INCR", call.key + "b"}) {}

  Call& call;
  int runs = 0;
  Line read;
  Line first;
  Line second;
};

int read_and_add(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  auto& watching = *static_cast<Watching*>(user_data);
  ++watching.runs;
  rc_error* error = nullptr;
  const Reply reply(
      rc_watch_command(watch, watching.read.count(), watching.read.data(), watching.read.lengths(), &error));
  for (const Line* line : {&watching.first, &watching.second}) {
    if (error == nullptr) rc_commands_add(to_execute, line->count(), line->data(), line->lengths(), &error);
  }
  const int code = rc_error_code(error);
  if (code == RC_ERR_NO_MEMORY) watching.call.aborted = true;
  rc_error_free(error);
  return code == RC_OK ? RC_WATCH_EXECUTE : code;
}

int add_nothing(rc_watch* /*watch*/, rc_commands* /*to_execute*/, void* user_data) {
  ++static_cast<Watching*>(user_data)->runs;
  return RC_WATCH_EXECUTE;
}

// The connection that a session leaves behind must watch nothing any more: what changes then is no conflict
// of the next one.
void try_watch(const char* name, rc_watch_fn function, const ClusterTrial::Check& check_result) {
  Complaints complaints;
  std::optional<Watching> watching;
  const auto prepare = [&](Call& call) {
    watching.emplace(call);
    call.line.emplace(Words{call.key + "a"});
  };
  const auto watch_by = [&](Call& call, rc_watch_fn fn) {
    rc_error* error = nullptr;
    call.reply.reset(rc_watch_transaction(call.handle.get(), call.line->count(), call.line->data(),
                                          call.line->lengths(), fn, &*watching, &error));
    call.error.reset(error);
  };
  const auto check = [&](Call& call, const std::string& where, Complaints& all) {
    check_result(call, where, all);
    Error error;
    if (command(call.handle.get(), {"SET", call.key + "a", "1"}, error) == nullptr)
      all.add(where + ": SET: " + told(error.get()));
    watching.emplace(call);
    watch_by(call, read_and_add);
    if (call.reply == nullptr) all.add(where + ": a second run: " + told(call.error.get()));
    if (watching->runs != 1) all.add(where + ": a second run: a conflict with nobody");
    watching.reset();
  };
  ClusterTrial().run(
      name, prepare, [&](Call& call) { watch_by(call, function); }, check, complaints);
  assert_true(complaints.none());
}

void a_watch_transaction(void**) { try_watch("a watch transaction", read_and_add, check_both); }

void a_watch_that_executes_nothing(void**) {
  try_watch("an empty watch transaction", add_nothing, [](Call&, const std::string&, Complaints&) {});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_pipeline_over_all_nodes),
      cmocka_unit_test(a_pipeline_with_a_blocking_command),
      cmocka_unit_test(a_transaction),
      cmocka_unit_test(a_transaction_that_is_refused),
      cmocka_unit_test(a_watch_transaction),
      cmocka_unit_test(a_watch_that_executes_nothing),
      cmocka_unit_test(a_call_that_times_out),
  };
  return cmocka_run_group_tests_name("memory.lists", tests, start_with_password, stop);
}
