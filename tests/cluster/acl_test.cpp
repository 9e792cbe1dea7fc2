// Users of real servers: who is let in, and what is refused.
#include "acl_servers.hpp"  // last

namespace {

// What the servers have, asked as another user.
bool exists_anywhere(const char* key) {
  for (int node = 0; node < 3; ++node) {
    if (text_at(node, "EXISTS %s", key) == "1") return true;
  }
  return false;
}

void who_is_not_let_in_is_told_so_when_opening(void**) {
  static const struct {
    const char* username;
    const char* password;
  } cases[] = {
      {"app", "second sesame"},
      {"nobody", "first sesame"},
      {"", "first sesame"},  // the default user has another
  };
  for (const auto& it : cases) {
    const Options options = as(it.username, it.password);
    Error error;
    const long long start = test_now_ms();
    assert_null(open_with(options, error).get());
    assert_true(test_now_ms() - start < 4000);
    assert_true(is(error, auth_failure({"WRONGPASS", "password"})));
    assert_null(std::strstr(rc_error_message(error.get()), "sesame"));
  }
  assert_true(open_fails(seed(), slots_failure({"NOAUTH", "password"})));
}

// PING is the question that ends a handshake, ECHO another that could.
void a_user_may_lack_the_right_to_ping(void**) {
  assert_true(user("-ping -echo -client"));
  const Handle handle = open_as_app();
  assert_non_null(handle.get());
  assert_true(all_nodes_serve(handle.get()));
  Error error;
  assert_non_null(command(handle.get(), {"BLPOP", "nothing", "0.05"}, error).get());
  assert_int_equal(rc_reply_length(transaction(handle.get(), {{"SET", "k", "1"}}, error).get()), 1);
}

void a_user_that_is_off_is_not_let_in(void**) {
  assert_true(user("off"));
  assert_true(open_fails(as(kUser, kPassword), auth_failure({"WRONGPASS"})));
}

void a_command_that_a_user_may_not_use_is_refused_and_nothing_else_suffers(void**) {
  assert_true(user("-set"));
  const Handle handle = open_as_app();
  assert_non_null(handle.get());
  Error error;
  assert_null(command(handle.get(), {"SET", "k", "secret value"}, error).get());
  assert_true(refused(error));
  assert_null(std::strstr(rc_error_message(error.get()), "secret value"));
  assert_non_null(command(handle.get(), {"APPEND", "k", "v"}, error).get());
  const Reply replies = pipeline(handle.get(), {{"GET", "k"}, {"SET", "k", "v"}, {"GET", "foo"}}, error);
  assert_int_equal(rc_reply_length(replies.get()), 3);
  assert_string_equal(text_of(rc_reply_element(replies.get(), 0)).c_str(), "v");
  const rc_error* second = rc_reply_error(rc_reply_element(replies.get(), 1));
  assert_int_equal(rc_error_code(second), RC_ERR_SERVER);
  assert_int_equal(rc_error_outcome(second), RC_OUTCOME_REFUSED);
  assert_int_equal(rc_reply_type(rc_reply_element(replies.get(), 2)), RC_REPLY_NIL);
}

void a_key_that_a_user_may_not_touch_is_refused(void**) {
  assert_true(user("resetkeys ~app:*"));
  const Handle handle = open_as_app();
  assert_non_null(handle.get());
  Error error;
  assert_non_null(command(handle.get(), {"SET", "app:1", "v"}, error).get());
  assert_null(command(handle.get(), {"SET", "other:1", "v"}, error).get());
  assert_true(refused(error));
  assert_false(exists_anywhere("other:1"));
}

void without_permission_for_cluster_slots_opening_fails_with_advice(void**) {
  assert_true(user("-cluster"));
  Error error;
  assert_null(open_with(as(kUser, kPassword), error).get());
  assert_true(is(error, slots_failure({"NOPERM", "CLUSTER SLOTS", "ACL SETUSER", "+cluster|slots"})));
  assert_true(server_code_is(error, "NOPERM"));
}

void a_handle_that_may_no_longer_ask_for_slots_goes_on_with_those_it_knows(void**) {
  const Handle handle = open_as_app();
  assert_true(all_nodes_serve(handle.get()));
  assert_true(user("-cluster"));
  rc_error* raw = nullptr;
  assert_int_equal(rc_cluster_refresh(handle.get(), &raw), RC_ERR_AUTH);
  const Error error(raw);
  assert_true(is(error, slots_failure({"CLUSTER SLOTS", "+cluster|slots"})));
  assert_true(all_nodes_serve(handle.get()));
  assert_true(user("+cluster"));
  assert_int_equal(rc_cluster_refresh(handle.get(), nullptr), RC_OK);
}

// None of these may make a transaction's commands run one by one.
void a_transaction_that_a_user_may_not_make_fails_whole(void**) {
  static const struct {
    const char* rule;
    const char* code;
  } cases[] = {{"-multi", "NOPERM"}, {"-exec", nullptr}, {"-set", nullptr}};
  for (const auto& it : cases) {
    assert_true(user(it.rule));
    const Handle handle = open_as_app();
    assert_non_null(handle.get());
    Error error;
    assert_null(
        transaction(handle.get(), {{"INCR", "{t}a"}, {"SET", "{t}b", "v"}, {"INCR", "{t}c"}}, error).get());
    assert_true(is(error, {RC_ERR_SERVER, RC_OUTCOME_REFUSED, {"NOPERM"}}));
    if (it.code != nullptr) assert_true(server_code_is(error, it.code));
    assert_false(exists_anywhere("{t}a"));
    assert_false(exists_anywhere("{t}b"));
    assert_false(exists_anywhere("{t}c"));
    // Nothing of it is left on the connection.
    assert_non_null(command(handle.get(), {"INCR", "{t}d"}, error).get());
    assert_string_equal(text_of(command(handle.get(), {"GET", "{t}d"}, error).get()).c_str(), "1");
    assert_true(user("+@all"));
    assert_non_null(command(handle.get(), {"DEL", "{t}d"}, error).get());
  }
}

// Reads a key of the watched slot, and gives up or sets it.
struct Session {
  bool gives_up;
  static int run(rc_watch* watch, rc_commands* to_execute, void* data) {
    const Argv get({"GET", "{t}watched"});
    const Reply read(rc_watch_command(watch, 2, get.data.data(), get.lengths.data(), nullptr));
    if (read == nullptr || static_cast<Session*>(data)->gives_up) return RC_ERR_CALLBACK;
    const Argv set({"INCR", "{t}watched"});
    rc_commands_add(to_execute, 2, set.data.data(), set.lengths.data(), nullptr);
    return RC_WATCH_EXECUTE;
  }
  static Reply watch(rc_cluster* handle, bool gives_up, Error& error) {
    Session session{gives_up};
    const char* const keys[] = {"{t}watched"};
    rc_error* raw = nullptr;
    Reply reply(rc_watch_transaction(handle, 1, keys, nullptr, run, &session, &raw));
    error.reset(raw);
    return reply;
  }
};

// A connection that was left in the middle of a transaction would queue what others send over it, and one
// that was left watching would refuse their transactions.
void what_a_user_may_not_clean_up_goes_to_nobody(void**) {
  static constexpr int kThreads = 4;
  static constexpr int kRounds = 40;
  for (const char* rule : {"-discard", "-unwatch", "-discard -unwatch", "-exec", "-multi", "-watch"}) {
    assert_true(user((std::string("+@all ") + rule).c_str()));
    const Handle handle = open_as_app();
    assert_non_null(handle.get());
    const std::string count = std::string("{t}count ") + rule;
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < kRounds; ++round) {
          Error error;
          const Reply added = command(handle.get(), {"INCR", count}, error);
          if (added == nullptr || rc_reply_type(added.get()) != RC_REPLY_INTEGER) ++wrong;
          const Reply pair = transaction(handle.get(), {{"GET", count}, {"INCR", "{t}pairs"}}, error);
          if (pair != nullptr && rc_reply_length(pair.get()) != 2) ++wrong;
          if (pair == nullptr && rc_error_outcome(error.get()) != RC_OUTCOME_REFUSED) ++wrong;
          const Reply watched = Session::watch(handle.get(), round % 2 == 0, error);
          if (watched != nullptr && rc_reply_length(watched.get()) != 1) ++wrong;
          if (watched == nullptr && rc_error_outcome(error.get()) == RC_OUTCOME_UNKNOWN) ++wrong;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    assert_int_equal(wrong, 0);
    Error error;
    assert_int_equal(std::stoi(text_of(command(handle.get(), {"GET", count}, error).get())),
                     kThreads * kRounds);
  }
}

// Of each kind of connection that is for one caller.
void a_connection_that_was_left_in_a_transaction_serves_nobody(void**) {
  assert_true(user("-discard"));
  const Handle handle = open_as_app();
  assert_non_null(handle.get());
  for (int i = 0; i < 3; ++i) {
    Error error;
    assert_int_equal(rc_reply_length(transaction(handle.get(), {{"SET", "{t}k", "1"}}, error).get()), 1);
    const Reply waited = command(handle.get(), {"BLPOP", "{t}nothing", "0.05"}, error);
    assert_non_null(waited.get());
    assert_int_equal(rc_reply_type(waited.get()), RC_REPLY_NIL);
    const Reply large = command(handle.get(), {"SET", "{t}large", std::string(200000, 'v')}, error);
    assert_string_equal(text_of(large.get()).c_str(), "OK");
  }
}

// What one session leaves behind is no conflict of the next.
void a_session_that_may_not_unwatch_leaves_nothing_watched(void**) {
  assert_true(user("-unwatch"));
  const Options options = as(kUser, kPassword);
  rc_options_set_watch_retries(options.get(), 0, nullptr);
  const Handle handle = open_with(options);
  for (int i = 0; i < 5; ++i) {
    Error error;
    assert_null(Session::watch(handle.get(), true, error).get());
    assert_int_equal(rc_error_code(error.get()), RC_ERR_ABORTED);
    assert_non_null(command(handle.get(), {"INCR", "{t}watched"}, error).get());
    assert_non_null(Session::watch(handle.get(), false, error).get());
    assert_null(error.get());
  }
}

void a_watch_that_a_user_may_not_make_is_refused_before_its_callback(void**) {
  assert_true(user("-watch"));
  const Handle handle = open_as_app();
  assert_non_null(handle.get());
  bool called = false;
  const auto note = [](rc_watch*, rc_commands*, void* flag) {
    *static_cast<bool*>(flag) = true;
    return static_cast<int>(RC_WATCH_EXECUTE);
  };
  const char* const keys[] = {"k"};
  rc_error* raw = nullptr;
  assert_null(rc_watch_transaction(handle.get(), 1, keys, nullptr, note, &called, &raw));
  const Error error(raw);
  assert_true(refused(error));
  assert_false(called);
}

void what_a_handshake_only_wants_is_not_needed(void**) {
  assert_true(user("-client -hello -ping -readonly -command -info"));
  const Options options = as(kUser, kPassword);
  rc_options_set_name(options.get(), "billing", nullptr);
  const Handle handle = open_with(options);
  assert_non_null(handle.get());
  assert_true(all_nodes_serve(handle.get()));
  assert_true(end_all_connections(cluster));
  assert_true(all_nodes_serve(handle.get()));
}

}  // namespace

int main() {
  unsetenv("RC_TEST_TLS");  // these tests say themselves how they are let in
  const CMUnitTest tests[] = {
      ACL_TEST(who_is_not_let_in_is_told_so_when_opening),
      ACL_TEST(a_user_may_lack_the_right_to_ping),
      ACL_TEST(a_user_that_is_off_is_not_let_in),
      ACL_TEST(a_command_that_a_user_may_not_use_is_refused_and_nothing_else_suffers),
      ACL_TEST(a_key_that_a_user_may_not_touch_is_refused),
      ACL_TEST(without_permission_for_cluster_slots_opening_fails_with_advice),
      ACL_TEST(a_handle_that_may_no_longer_ask_for_slots_goes_on_with_those_it_knows),
      ACL_TEST(a_transaction_that_a_user_may_not_make_fails_whole),
      ACL_TEST(a_watch_that_a_user_may_not_make_is_refused_before_its_callback),
      ACL_TEST(what_a_user_may_not_clean_up_goes_to_nobody),
      ACL_TEST(a_connection_that_was_left_in_a_transaction_serves_nobody),
      ACL_TEST(a_session_that_may_not_unwatch_leaves_nothing_watched),
      ACL_TEST(what_a_handshake_only_wants_is_not_needed),
  };
  return cmocka_run_group_tests(tests, start_with_a_user, stop);
}
