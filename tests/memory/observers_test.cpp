// G11: what tells of calls, and what is asked before connections, when memory runs out: the n-th allocation
// fails, for every n.
#include <utility>

#include "memory/cluster_trial.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

// What the handle of a trial has beside the usual.
using Prepare = std::function<void(rc_options*)>;

void send_pipeline(Call& call) {
  rc_error* error = nullptr;
  call.reply.reset(rc_pipeline(call.handle.get(), call.commands.get(), &error));
  call.error.reset(error);
}

// Each command of a pipeline ends well, or without memory.
void check_elements(Call& call, const std::string& where, Complaints& all) {
  for (std::size_t i = 0; i < rc_reply_length(call.reply.get()); ++i) {
    const rc_error* error = rc_reply_error(rc_reply_element(call.reply.get(), i));
    if (error != nullptr && !is_no_memory(error)) all.add(where + ": " + told(error));
  }
}

using Step = ClusterTrial::Step;
using Check = ClusterTrial::Check;
const Check kNothingMore = [](Call&, const std::string&, Complaints&) {};

// A call on a handle that was opened so.
void run(const char* name, const Prepare& options, const std::function<void(Call&)>& make_ready,
         const Step& call, const Check& check = kNothingMore) {
  Complaints complaints;
  const auto prepare = [&](Call& to) {
    to.handle = ClusterTrial::open(options);
    make_ready(to);
  };
  ClusterTrial().run(name, prepare, call, check, complaints);
  assert_true(complaints.none());
}

// ---- explain ----

void an_explanation(void**) {
  const Words lines[] = {{"GET", "a-key-that-does-not-fit-into-a-short-string"},
                         {"EVAL", "return 1", "2", "{t}-a-key-of-a-longer-name", "{t}-another-one-as-long"},
                         {"SET", "{t}", std::string(3000, 'x')},
                         {"MSET", "a", "1", "b", "2"},
                         {"NO.SUCH", "a"},
                         {"TIME"},
                         {"DBSIZE"}};
  for (const Words& words : lines) {
    rc_explanation* explanation = nullptr;
    const auto ask = [&](Call& call) {
      rc_error* error = nullptr;
      explanation =
          rc_explain(call.handle.get(), call.line->count(), call.line->data(), call.line->lengths(), &error);
      call.error.reset(error);
    };
    const auto check = [&](Call& call, const std::string& where, Complaints& all) {
      if ((explanation == nullptr) != (call.error != nullptr))
        all.add(where + ": neither an explanation nor an error");
      if (explanation != nullptr && std::string(rc_explanation_text(explanation)).empty())
        all.add(where + ": no text");
      rc_explanation_free(std::exchange(explanation, nullptr));
    };
    run(("explain " + words[0]).c_str(), [](rc_options*) {}, [&](Call& call) { call.line.emplace(words); },
        ask, check);
  }
}

// ---- the hook ----

std::atomic<long> attempts{0};
void count_attempt(const rc_attempt* attempt, void*) {
  if (rc_attempt_command(attempt) != nullptr && rc_attempt_host(attempt) != nullptr) ++attempts;
}
void with_hook(rc_options* options) { rc_options_set_attempt_hook(options, count_attempt, nullptr, nullptr); }

// A write that was executed is not told to be not sent for want of memory to tell of it.
void a_hook(void**) {
  run(
      "a hook, INCR", with_hook,
      [](Call& call) {
        call.line.emplace(Words{"INCR", call.key});
      },
      send_line,
      [](Call& call, const std::string& where, Complaints& all) {
        check_counter(call, call.key, call.error.get(), where, all);
      });
  run(
      "a hook, a pipeline", with_hook,
      [](Call& call) {
        call.commands = commands_of({{"INCR", call.key}, {"GET", "a"}, {"SET", "b", "v"}});
      },
      send_pipeline, check_elements);
  run(
      "a hook, a transaction", with_hook,
      [](Call& call) {
        call.commands = commands_of({{"INCR", call.key}});
      },
      [](Call& call) {
        rc_error* error = nullptr;
        call.reply.reset(rc_transaction(call.handle.get(), call.commands.get(), &error));
        call.error.reset(error);
      },
      [](Call& call, const std::string& where, Complaints& all) {
        check_counter(call, call.key, call.error.get(), where, all);
      });
  assert_true(attempts > 0);
}

// A name that needs memory to be told.
void a_hook_that_is_told_a_long_name(void**) {
  run(
      "a hook, ZREVRANGEBYSCORE", with_hook,
      [](Call& call) {
        call.line.emplace(Words{"ZREVRANGEBYSCORE", call.key, "1", "2"});
      },
      send_line);
}

// ---- the log ----

std::atomic<long> lines{0};
void count_line(int level, const char* message, void*) {
  if (level >= RC_LOG_ERROR && message[0] != '\0') ++lines;
}
void with_log(rc_options* options) {
  rc_options_set_log(options, RC_LOG_DEBUG, count_line, nullptr, nullptr);
}

void a_log(void**) {
  run(
      "a log, INCR", with_log,
      [](Call& call) {
        call.line.emplace(Words{"INCR", call.key});
      },
      send_line,
      [](Call& call, const std::string& where, Complaints& all) {
        check_counter(call, call.key, call.error.get(), where, all);
      });
  run(
      "a log, a refresh", with_log, [](Call&) {},
      [](Call& call) {
        rc_error* error = nullptr;
        call.code = rc_cluster_refresh(call.handle.get(), &error);
        call.error.reset(error);
      });
  run(
      "a log, a pipeline", with_log,
      [](Call& call) {
        call.commands = commands_of({{"INCR", call.key}, {"GET", "a"}, {"SET", "b", "v"}});
      },
      send_pipeline, check_elements);
  assert_true(lines > 0);
}

// ---- reading ----

// A call on a handle with these options, which ends well or without memory, or with this code. The value that
// was written last may not be at a replica yet: only that a later call gets a reply is looked at.
void try_call(const std::string& name, const Prepare& options, const Step& make_ready, const Step& make,
              Complaints& complaints, int allowed = RC_ERR_NO_MEMORY) {
  std::optional<Call> call;
  Probe trial;
  trial.prepare = [&] {
    call.emplace();
    call->handle = ClusterTrial::open(options);
    make_ready(*call);
  };
  trial.call = [&] { make(*call); };
  trial.finish = [&](const std::string& where, Complaints& all) {
    const rc_error* error = call->error.get();
    if (call->reply == nullptr && rc_error_code(error) != allowed && !is_no_memory(error))
      all.add(where + ": " + told(error));
    check_elements(*call, where, all);
    for (const char* key : {"a", "b", "c"}) {  // of three shards
      for (const Words& words : {Words{"SET", key, "v"}, Words{"GET", key}}) {
        Error later;
        if (command(call->handle.get(), words, later) == nullptr)
          all.add(where + ": later: " + told(later.get()));
      }
    }
    call.reset();
  };
  for_every_allocation(name.c_str(), trial, complaints);
}

void a_read_from_a_replica(void**) {
  Complaints complaints;
  for (const int from : {RC_READ_PREFER_REPLICA, RC_READ_REPLICA, RC_READ_ROUND_ROBIN, RC_READ_LOWEST_LATENCY,
                         RC_READ_SAME_ZONE}) {
    const auto reading = [from](rc_options* options) {
      rc_options_set_read_from(options, from, nullptr);
      rc_options_set_zone(options, "a-zone-that-does-not-fit-into-a-short-string", nullptr);
    };
    const std::string name = "reading by way " + std::to_string(from);
    try_call(
        name, reading,
        [](Call& call) {
          call.line.emplace(Words{"GET", "b"});
        },
        send_line, complaints);
    try_call(
        name + ", a pipeline", reading,
        [](Call& call) {
          call.commands = commands_of({{"GET", "a"}, {"GET", "b"}, {"SET", "c", "v"}});
        },
        send_pipeline, complaints);
  }
  assert_true(complaints.none());
}

// ---- before a connection ----

int give(const char*, int, rc_credentials* credentials, void*) {
  rc_error* error = nullptr;
  const int code = rc_credentials_set(credentials, "", kPassword, &error);
  const bool agrees = code == rc_error_code(error);
  rc_error_free(error);
  return agrees ? code : RC_ERR_INTERNAL;
}

int stay(const char* host, int port, rc_address* address, void*) {
  return rc_address_set(address, host, port, nullptr);
}

// The functions refuse when they are told of no memory.
void connections_with_credentials_and_addresses_that_are_asked_for(void**) {
  Complaints complaints;
  const auto asking = [](rc_options* options) {
    rc_options_set_credentials(options, give, nullptr, nullptr);
    rc_options_set_address_map(options, stay, nullptr, nullptr);
    rc_options_add_mapped_address(options, "a-host-that-does-not-fit-into-a-short-string", 1, "h", 1,
                                  nullptr);
  };
  try_call(
      "asked before a connection", asking,
      [](Call& call) {
        call.line.emplace(Words{"SET", "b", "v"});
      },
      send_line, complaints, RC_ERR_AUTH);
  assert_true(complaints.none());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_explanation),
      cmocka_unit_test(a_hook),
      cmocka_unit_test(a_hook_that_is_told_a_long_name),
      cmocka_unit_test(a_log),
      cmocka_unit_test(a_read_from_a_replica),
      cmocka_unit_test(connections_with_credentials_and_addresses_that_are_asked_for),
  };
  return cmocka_run_group_tests_name("memory.observers", tests, start_with_password_and_replicas, stop);
}
