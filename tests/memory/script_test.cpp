// G11: scripts when memory runs out: the n-th allocation fails, for every n.
#include "memory/cluster_trial.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

using Script = std::unique_ptr<rc_script, FreedBy<rc_script_free>>;

// The call of a script that no node has: NOSCRIPT, then EVAL.
void a_script_that_no_node_has(void**) {
  Complaints complaints;
  Script script;
  const auto prepare = [&](Call& call) {
    const std::string body =
        "return redis.call('INCR', KEYS[1]) -- " + call.key + std::to_string(test_now_ms());
    script.reset(rc_script_new(body.data(), body.size(), nullptr));
    call.line.emplace(Words{call.key});
  };
  const auto send = [&](Call& call) {
    rc_error* error = nullptr;
    call.reply.reset(rc_script_call(call.handle.get(), nullptr, script.get(), 1, call.line->data(),
                                    call.line->lengths(), 0, nullptr, nullptr, &error));
    call.error.reset(error);
  };
  const auto check = [](Call& call, const std::string& where, Complaints& all) {
    if (call.reply != nullptr && rc_reply_integer(call.reply.get()) < 1) all.add(where + ": a wrong reply");
  };
  ClusterTrial().run("a script", prepare, send, check, complaints);
  script.reset();
  assert_true(complaints.none());
}

void a_script_in_a_list(void**) {
  Complaints complaints;
  Script script(rc_script_new("return 1", 8, nullptr));
  const auto prepare = [](Call& call) {
    call.line.emplace(Words{call.key});
    call.commands.reset(rc_commands_new());
  };
  const auto add = [&](Call& call) {
    rc_error* error = nullptr;
    call.code = rc_commands_add_script(call.commands.get(), script.get(), 1, call.line->data(),
                                       call.line->lengths(), 0, nullptr, nullptr, &error);
    call.error.reset(error);
  };
  const auto check = [](Call& call, const std::string& where, Complaints& all) {
    const std::size_t expected = call.code == RC_OK ? 1 : 0;
    if (rc_commands_count(call.commands.get()) != expected) all.add(where + ": a list with something else");
  };
  ClusterTrial().run("a script in a list", prepare, add, check, complaints);
  assert_true(complaints.none());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_script_that_no_node_has),
      cmocka_unit_test(a_script_in_a_list),
  };
  return cmocka_run_group_tests_name("memory.script", tests, start_with_password, stop);
}
