// G11: operations over several nodes when memory runs out: the n-th allocation fails, for every n.
#include "memory/cluster_trial.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

void try_line(const Words& words, const std::function<bool(const rc_reply*)>& is_right) {
  Complaints complaints;
  const auto prepare = [&](Call& call) {
    Error error;
    command(call.handle.get(), {"MSET", "a", "1", "b", "2", "c", "3"}, error);
    call.line.emplace(words);
  };
  const auto check = [&](Call& call, const std::string& where, Complaints& all) {
    if (call.reply != nullptr && !is_right(call.reply.get())) all.add(where + ": a wrong reply");
  };
  ClusterTrial trial;
  trial.may_fail_with(RC_ERR_PARTIAL);  // of some parts
  trial.run(words[0].c_str(), prepare, send_line, check, complaints);
  assert_true(complaints.none());
}

void a_split_read(void**) {
  try_line({"MGET", "a", "b", "c", "a"}, [](const rc_reply* reply) {
    const auto text = [&](std::size_t i) { return text_of(rc_reply_element(reply, i)); };
    return rc_reply_length(reply) == 4 && !text(0).empty() && !text(1).empty() && text(0) == text(3);
  });
}

void a_split_write(void**) {
  try_line({"MSET", "a", "4", "b", "5"}, [](const rc_reply* reply) { return text_of(reply) == "OK"; });
}

void a_sum(void**) {
  try_line({"EXISTS", "a", "b", "c", "d"},
           [](const rc_reply* reply) { return rc_reply_integer(reply) == 3; });
  try_line({"DBSIZE"}, [](const rc_reply* reply) { return rc_reply_integer(reply) >= 3; });
}

void parts_that_fail(void**) {
  Complaints complaints;
  const auto prepare = [](Call& call) {
    Error error;
    command(call.handle.get(), {"FUNCTION", "FLUSH"}, error);
    test_node_ok(cluster, 0, "FUNCTION LOAD %s",
                 "#!lua name=l\nredis.register_function('f', function() end)");
    call.line.emplace(Words{"FUNCTION", "DELETE", "l"});
  };
  const auto check = [](Call& call, const std::string& where, Complaints& all) {
    if (call.reply != nullptr) all.add(where + ": it succeeded");
    const bool partial = rc_error_code(call.error.get()) == RC_ERR_PARTIAL;
    if (partial && rc_error_part_count(call.error.get()) != 3) all.add(where + ": not every part is told");
  };
  ClusterTrial trial;
  trial.may_fail_with(RC_ERR_PARTIAL);
  trial.run("FUNCTION DELETE in part", prepare, send_line, check, complaints);
  assert_true(complaints.none());
}

void elements_of_a_pipeline(void**) {
  Complaints complaints;
  const auto prepare = [](Call& call) {
    call.commands = commands_of(
        {{"MSET", "a", "1", "b", "2"}, {"WAIT", "0", "0"}, {"DBSIZE"}, {"MGET", "b", "a"}, {"RANDOMKEY"}});
  };
  const auto send = [](Call& call) {
    rc_error* error = nullptr;
    call.reply.reset(rc_pipeline(call.handle.get(), call.commands.get(), &error));
    call.error.reset(error);
  };
  const auto check = [](Call& call, const std::string& where, Complaints& all) {
    if (call.reply != nullptr && rc_reply_length(call.reply.get()) != 5) all.add(where + ": a wrong length");
  };
  ClusterTrial().run("a pipeline of parts", prepare, send, check, complaints);
  assert_true(complaints.none());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_split_read),    cmocka_unit_test(a_split_write),          cmocka_unit_test(a_sum),
      cmocka_unit_test(parts_that_fail), cmocka_unit_test(elements_of_a_pipeline),
  };
  return cmocka_run_group_tests_name("memory.spread", tests, start_with_password, stop);
}
