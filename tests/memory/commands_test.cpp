// G11: single commands when memory runs out: the n-th allocation fails, for every n.
#include <bitset>

#include "memory/cluster_trial.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

constexpr int kSlotsOfNode0 = 5000;  // at least

// Runs one command that `before` makes ready, and checks its reply by `is_right`.
void try_command(const char* name, const std::function<Words(const std::string& key)>& words,
                 const std::vector<std::function<Words(const std::string& key)>>& before,
                 const std::function<bool(const rc_reply*)>& is_right) {
  Complaints complaints;
  ClusterTrial trial;
  const auto prepare = [&](Call& call) {
    const Handle admin = trial.open();  // another, so that the call's own stays as new
    for (const auto& each : before) {
      Error error;
      if (command(admin.get(), each(call.key), error) == nullptr)
        complaints.add("prepare: " + told(error.get()));
    }
    call.line.emplace(words(call.key));
  };
  const auto check = [&](Call& call, const std::string& where, Complaints& all) {
    if (call.reply != nullptr && !is_right(call.reply.get())) all.add(where + ": a wrong reply");
  };
  trial.run(name, prepare, send_line, check, complaints);
  assert_true(complaints.none());
}

void a_read(void**) {
  try_command(
      "GET",
      [](const std::string& key) {
        return Words{"GET", key};
      },
      {[](const std::string& key) {
        return Words{"SET", key, "value"};
      }},
      [](const rc_reply* reply) { return text_of(reply) == "value"; });
}

void a_large_reply(void**) {
  try_command(
      "GET of 300 KB",
      [](const std::string& key) {
        return Words{"GET", key};
      },
      {[](const std::string& key) {
        return Words{"SETRANGE", key, "299999", "x"};
      }},
      [](const rc_reply* reply) { return text_of(reply) == std::string(299999, '\0') + "x"; });
}

void a_reply_of_many_elements(void**) {
  const auto push = [](const std::string& key) {
    Words words{"RPUSH", key};
    for (int i = 0; i < 3000; ++i) words.push_back("element " + std::to_string(i));
    return words;
  };
  try_command(
      "LRANGE of 3000",
      [](const std::string& key) {
        return Words{"LRANGE", key, "0", "-1"};
      },
      {push},
      [](const rc_reply* reply) {
        bool right = rc_reply_length(reply) == 3000;
        for (std::size_t i = 0; i < 3000; ++i) {
          right = right && text_of(rc_reply_element(reply, i)) == "element " + std::to_string(i);
        }
        return right;
      });
}

void a_blocking_command(void**) {
  try_command(
      "BLPOP",
      [](const std::string& key) {
        return Words{"BLPOP", key, "1"};
      },
      {[](const std::string& key) {
        return Words{"RPUSH", key, "value", "another"};
      }},
      [](const rc_reply* reply) { return rc_reply_length(reply) == 2; });
}

void a_write_is_done_or_not_as_it_tells(void**) {
  Complaints complaints;
  const auto check = [](Call& call, const std::string& where, Complaints& all) {
    check_counter(call, call.key, call.error.get(), where, all);
  };
  const auto prepare = [](Call& call) { call.line.emplace(Words{"INCR", call.key}); };
  ClusterTrial().run("INCR", prepare, send_line, check, complaints);
  const auto format = [](Call& call) {
    rc_error* error = nullptr;
    call.reply.reset(rc_commandf(call.handle.get(), &error, "INCRBY %s %d", call.key.c_str(), 1));
    call.error.reset(error);
  };
  ClusterTrial().run("rc_commandf", prepare, format, check, complaints);
  assert_true(complaints.none());
}

// Lengths left out, and more arguments than have room without the heap.
void a_write_with_many_arguments(void**) {
  Complaints complaints;
  const auto prepare = [](Call& call) {
    Words words{"DEL"};
    for (int i = 0; i < 100; ++i) words.push_back(call.key + std::to_string(i));
    call.line.emplace(words);
  };
  const auto send = [](Call& call) {
    rc_error* error = nullptr;
    call.reply.reset(rc_command(call.handle.get(), call.line->count(), call.line->data(), nullptr, &error));
    call.error.reset(error);
  };
  ClusterTrial().run(
      "DEL of 100", prepare, send, [](Call&, const std::string&, Complaints&) {}, complaints);
  assert_true(complaints.none());
}

// Commands that fail all the same: then by their own error, or for want of memory.
void a_command_that_fails(void**) {
  static const struct {
    const char* name;
    Words words;
    int code;
  } cases[] = {
      {"a wrong type", {"LPUSH", "a", "x"}, RC_ERR_SERVER},
      {"an unknown command", {"NO.SUCH", "a"}, RC_ERR_SERVER},
      {"keys in several slots", {"MSETNX", "a", "1", "b", "2"}, RC_ERR_CROSS_SLOT},
      {"a command for a connection", {"SUBSCRIBE", "a"}, RC_ERR_UNSUPPORTED},
  };
  Complaints complaints;
  for (const auto& it : cases) {
    const auto prepare = [&](Call& call) {
      Error error;
      command(call.handle.get(), {"SET", "a", "v"}, error);
      call.line.emplace(it.words);
    };
    const auto check = [](Call& call, const std::string& where, Complaints& all) {
      if (call.reply != nullptr) all.add(where + ": it succeeded");
    };
    ClusterTrial trial;
    trial.may_fail_with(it.code);
    trial.run(it.name, prepare, send_line, check, complaints);
  }
  assert_true(complaints.none());
}

// A key of a slot that node 0 has had from the start, and no other key of the test has.
std::string key_to_move(Call& call) {
  static int tried = 0;
  static std::bitset<kSlotsOfNode0> used;
  for (;;) {
    const std::string tag = "{t" + std::to_string(++tried) + "}";
    const int slot = slot_of(tag);
    if (slot >= kSlotsOfNode0 || used[static_cast<std::size_t>(slot)]) continue;
    used.set(static_cast<std::size_t>(slot));
    return tag + call.key;
  }
}

// The slot has moved since the handle was opened: the command is redirected, and the map learns. Each slot
// moves once: the nodes need time to agree about one that goes to and fro.
void a_redirected_write(void**) {
  Complaints complaints;
  const auto prepare = [&](Call& call) {
    call.key = key_to_move(call);
    if (!test_cluster_move_slot(cluster, slot_of(call.key), 1)) complaints.add("the slot did not move");
    call.line.emplace(Words{"INCR", call.key});
  };
  const auto check = [](Call& call, const std::string& where, Complaints& all) {
    check_counter(call, call.key, call.error.get(), where, all);
  };
  ClusterTrial().run("a redirected INCR", prepare, send_line, check, complaints);
  assert_true(complaints.none());
}

// A node that is frozen: not connected, the command is never sent; connected, its reply never comes.
void a_call_that_times_out(void**) {
  rc_call_options* options = rc_call_options_new();
  assert_int_equal(rc_call_options_set_timeout_ms(options, 20, nullptr), RC_OK);
  Complaints complaints;
  const auto prepare = [](Call& call) { call.line.emplace(Words{"INCR", call.key}); };
  const auto send = [&](Call& call) {
    rc_error* error = nullptr;
    call.reply.reset(rc_command_with(call.handle.get(), options, call.line->count(), call.line->data(),
                                     call.line->lengths(), &error));
    call.error.reset(error);
  };
  const auto check = [&](Call& call, const std::string& where, Complaints& all) {
    check_counter(call, call.key, call.error.get(), where, all);
  };
  ClusterTrial trial;
  trial.may_fail_with(RC_ERR_TIMEOUT);
  trial.freeze_during_calls(1);
  trial.run("a call that times out", prepare, send, check, complaints);
  rc_call_options_free(options);
  assert_true(complaints.none());
}

// Without a place for the error.
void an_error_that_nobody_asks_for(void**) {
  Complaints complaints;
  const auto prepare = [](Call& call) { call.line.emplace(Words{"GET", call.key}); };
  const auto send = [](Call& call) {
    call.reply.reset(
        rc_command(call.handle.get(), call.line->count(), call.line->data(), call.line->lengths(), nullptr));
  };
  ClusterTrial().run(
      "GET without an error", prepare, send, [](Call&, const std::string&, Complaints&) {}, complaints);
  assert_true(complaints.none());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_read),
      cmocka_unit_test(a_large_reply),
      cmocka_unit_test(a_reply_of_many_elements),
      cmocka_unit_test(a_blocking_command),
      cmocka_unit_test(a_write_is_done_or_not_as_it_tells),
      cmocka_unit_test(a_write_with_many_arguments),
      cmocka_unit_test(a_command_that_fails),
      cmocka_unit_test(a_redirected_write),
      cmocka_unit_test(a_call_that_times_out),
      cmocka_unit_test(an_error_that_nobody_asks_for),
  };
  return cmocka_run_group_tests_name("memory.commands", tests, start_with_password, stop);
}
