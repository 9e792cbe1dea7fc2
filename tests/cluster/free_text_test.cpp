// G2, G3: a script, a function, a module can answer with any text. None makes its command run again, and none
// is told as a refusal.

#include "handle.hpp"
#include "suite.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

constexpr char kAddAndSay[] = "redis.call('INCR', KEYS[1]) return redis.error_reply(ARGV[1])";
const std::string kCounter = "{tag}counter";

int slot() { return slot_of(kCounter); }

// What the servers say, in full and not, and redirects to every place.
std::vector<std::string> texts() {
  std::vector<std::string> all = {
      "TRYAGAIN later",
      "TRYAGAIN Multiple keys request during rehashing of slot",
      "CLUSTERDOWN The cluster is down",
      "CLUSTERDOWN Hash slot not served",
      "LOADING soon",
      "LOADING Redis is loading the dataset in memory",
      "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
      "READONLY You can't write against a read only replica.",
      "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
      "UNBLOCKED the stream key no longer exists",
      "OOM x",
      "OOM command not allowed when used memory > 'maxmemory'.",
      "MISCONF Errors writing to the AOF file: No space left on device",
      "NOREPLICAS Not enough good replicas to write.",
      "NOSCRIPT No matching script. Please use EVAL.",
      "NOAUTH Authentication required.",
      "NOPERM this user has no permissions to run the 'eval' command",
      "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
      "CROSSSLOT Keys in request don't hash to the same slot",
      "EXECABORT Transaction discarded because of previous errors.",
      "ERR unknown command 'eval', with args beginning with: ",
      "ERR wrong number of arguments for 'eval' command",
      "MOVED",
      "MOVED 1 ?:0",
      "ASK 99999 127.0.0.1:1",
  };
  for (const char* word : {"MOVED ", "ASK "}) {
    for (int node = 0; node < 3; ++node) {
      all.push_back(word + std::to_string(slot()) +
                    " 127.0.0.1:" + std::to_string(test_node_port(cluster, node)));
      all.push_back(word + std::to_string((slot() + 1) % 16384) +
                    " 127.0.0.1:" + std::to_string(test_node_port(cluster, node)));
    }
    all.push_back(word + std::to_string(slot()) + " :1");
    all.push_back(word + std::to_string(slot()) + " nowhere.invalid:7000");
  }
  return all;
}

// The text is the caller's, soon, and nobody says that it did not run.
void assert_told(const rc_error* error, const std::string& text) {
  assert_non_null(error);
  const bool fits = rc_error_code(error) != RC_ERR_TIMEOUT && rc_error_outcome(error) != RC_OUTCOME_REFUSED &&
                    rc_error_outcome(error) != RC_OUTCOME_NOT_SENT;
  if (!fits)
    fail_msg("%s: %s, %s: %s", text.c_str(), rc_error_name(rc_error_code(error)),
             rc_outcome_name(rc_error_outcome(error)), rc_error_message(error));
}

long long ran(rc_cluster* handle) {
  Error error;
  const Reply reply = command(handle, {"GETDEL", kCounter}, error);
  assert_non_null(reply.get());
  const std::string text = text_of(reply.get());
  return text.empty() ? 0 : std::stoll(text);
}

void assert_ran_once(rc_cluster* handle, const std::string& text) {
  const long long times = ran(handle);
  if (times != 1) fail_msg("%s: it ran %lld times", text.c_str(), times);
}

void what_a_script_says_is_the_callers(void**) {
  const Handle handle = open_handle(cluster, 20000);
  for (const std::string& text : texts()) {
    Error error;
    const Reply reply = command(handle.get(), {"EVAL", kAddAndSay, "1", kCounter, text}, error);
    assert_null(reply.get());
    assert_told(error.get(), text);
    assert_ran_once(handle.get(), text);
  }
}

void what_a_script_known_by_its_digest_says_too(void**) {
  const Handle handle = open_handle(cluster, 20000);
  const std::string sha = text_at(test_cluster_primary_of(cluster, slot()), "SCRIPT LOAD %s", kAddAndSay);
  assert_false(sha.empty());
  for (const std::string& text : texts()) {
    Error error;
    const Reply reply = command(handle.get(), {"EVALSHA", sha, "1", kCounter, text}, error);
    assert_told(error.get(), text);
    assert_ran_once(handle.get(), text);
  }
}

void what_a_function_says_too(void**) {
  const char* const library =
      "#!lua name=saying\n"
      "redis.register_function('add_and_say', function(keys, args)"
      " redis.call('INCR', keys[1]) return redis.error_reply(args[1]) end)";
  if (!test_node_ok(cluster, test_cluster_primary_of(cluster, slot()), "FUNCTION LOAD REPLACE %s", library))
    skip();  // before 7.0
  const Handle handle = open_handle(cluster, 20000);
  for (const std::string& text : texts()) {
    Error error;
    const Reply reply = command(handle.get(), {"FCALL", "add_and_say", "1", kCounter, text}, error);
    assert_told(error.get(), text);
    assert_ran_once(handle.get(), text);
  }
}

void in_a_pipeline_too(void**) {
  const Handle handle = open_handle(cluster, 20000);
  for (const std::string& text : texts()) {
    Error error;
    const Reply reply = pipeline(
        handle.get(),
        {{"SET", "{tag}before", "1"}, {"EVAL", kAddAndSay, "1", kCounter, text}, {"GET", "{tag}before"}},
        error);
    assert_non_null(reply.get());
    assert_told(rc_reply_error(rc_reply_element(reply.get(), 1)), text);
    assert_string_equal(text_of(rc_reply_element(reply.get(), 2)).c_str(), "1");
    assert_ran_once(handle.get(), text);
  }
}

void in_a_transaction_the_rest_of_it_stands(void**) {
  const Handle handle = open_handle(cluster, 20000);
  for (const std::string& text : texts()) {
    Error error;
    const Reply reply = transaction(
        handle.get(), {{"EVAL", kAddAndSay, "1", kCounter, text}, {"SET", "{tag}after", "1"}}, error);
    assert_non_null(reply.get());
    assert_told(rc_reply_error(rc_reply_element(reply.get(), 0)), text);
    assert_ran_once(handle.get(), text);
  }
}

int say(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  const std::string& text = *static_cast<const std::string*>(user_data);
  const Argv argv({"EVAL", kAddAndSay, "1", kCounter, text});
  rc_error* error = nullptr;
  assert_null(rc_watch_command(watch, argv.data.size(), argv.data.data(), argv.lengths.data(), &error));
  assert_told(error, text);
  rc_error_free(error);
  (void)to_execute;
  return RC_ERR_CALLBACK;
}

void in_a_watch_session_it_ends_nothing(void**) {
  const Handle handle = open_handle(cluster, 20000);
  for (std::string text : texts()) {
    const char* keys[] = {"{tag}watched"};
    rc_error* error = nullptr;
    rc_reply_free(rc_watch_transaction(handle.get(), 1, keys, nullptr, say, &text, &error));
    rc_error_free(error);
    assert_ran_once(handle.get(), text);
  }
}

void an_error_inside_of_an_answer_refuses_nothing(void**) {
  const Handle handle = open_handle(cluster, 20000);
  for (const std::string& text : texts()) {
    if (text.starts_with("NOPERM") || text.starts_with("NOSCRIPT")) continue;  // see below
    Error error;
    const Reply reply =
        command(handle.get(), {"EVAL", "return {1, redis.error_reply(ARGV[1])}", "1", kCounter, text}, error);
    assert_non_null(reply.get());
    const rc_error* inside = rc_reply_error(rc_reply_element(reply.get(), 1));
    assert_non_null(inside);
    assert_int_equal(rc_error_outcome(inside), RC_OUTCOME_EXECUTED);
  }
}

// EXEC can say so of a command that it did not run.
void what_may_be_either_is_told_as_unknown(void**) {
  const Handle handle = open_handle(cluster, 20000);
  for (const char* text : {"NOPERM x", "NOSCRIPT No matching script. Please use EVAL."}) {
    Error error;
    const Reply reply =
        command(handle.get(), {"EVAL", "return {1, redis.error_reply(ARGV[1])}", "1", kCounter, text}, error);
    assert_non_null(reply.get());
    assert_int_equal(rc_error_outcome(rc_reply_error(rc_reply_element(reply.get(), 1))), RC_OUTCOME_UNKNOWN);
  }
}

void what_the_server_says_of_a_script_is_a_refusal(void**) {
  const Handle handle = open_handle(cluster, 20000);
  const struct {
    Words words;
    int outcome;
  } table[] = {
      {{"EVALSHA", "ffffffffffffffffffffffffffffffffffffffff", "1", kCounter}, RC_OUTCOME_REFUSED},
      {{"NO.SUCH", "x"}, RC_OUTCOME_REFUSED},
      {{"GET", "a", "b"}, RC_OUTCOME_REFUSED},
      {{"EVAL", "return redis.error_reply('MINE own')", "1", kCounter}, RC_OUTCOME_EXECUTED},
      {{"EVAL", "return redis.error_reply('ERR mine')", "1", kCounter}, RC_OUTCOME_EXECUTED},
  };
  for (const auto& row : table) {
    Error error;
    assert_null(command(handle.get(), row.words, error).get());
    if (rc_error_outcome(error.get()) != row.outcome)
      fail_msg("%s: %s: %s", row.words[0].c_str(), rc_outcome_name(rc_error_outcome(error.get())),
               rc_error_message(error.get()));
  }
}

// What the server does say is followed: to the keys that have moved, and back.
void a_real_redirect_of_a_script_is_followed(void**) {
  const Handle handle = open_handle(cluster, 20000);
  const char* const add_both = "redis.call('INCR', KEYS[1]) return redis.call('INCR', KEYS[2])";
  const auto add = [&](const char* expected) {
    Error error;
    const Reply one = command(handle.get(), {"EVAL", add_both, "2", kCounter, "{tag}other"}, error);
    if (one == nullptr) fail_msg("%s", rc_error_message(error.get()));
    assert_int_equal(rc_reply_integer(one.get()), std::atol(expected));
    const Reply many = pipeline(handle.get(), {{"EVAL", add_both, "2", kCounter, "{tag}other"}}, error);
    assert_int_equal(rc_reply_integer(rc_reply_element(many.get(), 0)), std::atol(expected) + 1);
  };
  add("1");
  const int to = (test_cluster_primary_of(cluster, slot()) + 1) % 3;
  assert_true(test_cluster_begin_move(cluster, slot(), to));
  add("3");
  assert_true(test_cluster_move_keys(cluster, slot(), to, 1000) >= 0);
  add("5");  // ASK
  assert_true(test_cluster_finish_move(cluster, slot(), to));
  add("7");  // MOVED
  assert_true(counter(handle.get(), "ask") > 0);
  assert_true(counter(handle.get(), "moved") > 0);
  assert_int_equal(counter(handle.get(), "unknown"), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup(what_a_script_says_is_the_callers, reset),
      cmocka_unit_test_setup(what_a_script_known_by_its_digest_says_too, reset),
      cmocka_unit_test_setup(what_a_function_says_too, reset),
      cmocka_unit_test_setup(in_a_pipeline_too, reset),
      cmocka_unit_test_setup(in_a_transaction_the_rest_of_it_stands, reset),
      cmocka_unit_test_setup(in_a_watch_session_it_ends_nothing, reset),
      cmocka_unit_test_setup(an_error_inside_of_an_answer_refuses_nothing, reset),
      cmocka_unit_test_setup(what_may_be_either_is_told_as_unknown, reset),
      cmocka_unit_test_setup(what_the_server_says_of_a_script_is_a_refusal, reset),
      cmocka_unit_test_setup(a_real_redirect_of_a_script_is_followed, reset),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
