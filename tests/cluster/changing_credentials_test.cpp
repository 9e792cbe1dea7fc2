// Passwords and users of real servers that change under an open handle, and credentials that are asked for.
#include <set>

#include "acl_servers.hpp"  // last

namespace {

// Who keeps the password of the moment, and notes who asked.
class Vault {
 public:
  explicit Vault(std::string password) : password_(std::move(password)) {}

  static int ask(const char* host, int port, rc_credentials* credentials, void* vault) {
    return static_cast<Vault*>(vault)->answer(host, port, credentials);
  }

  void change(std::string password) {
    const std::lock_guard lock(mutex_);
    password_ = std::move(password);
  }
  void close(bool closed) { closed_ = closed; }
  int asked() const { return asked_; }
  int asked_at(int port) const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(ports_.count(port));
  }

 private:
  int answer(const char* host, int port, rc_credentials* credentials) {
    const std::lock_guard lock(mutex_);
    ++asked_;
    if (std::strcmp(host, "127.0.0.1") == 0) ports_.insert(port);
    if (closed_) return RC_ERR_CALLBACK;
    return rc_credentials_set(credentials, kUser, password_.c_str(), nullptr);
  }

  mutable std::mutex mutex_;
  std::string password_;
  std::atomic<bool> closed_{false};
  std::atomic<int> asked_{0};
  std::multiset<int> ports_;
};

Options by(Vault& vault) {
  Options options = seed();
  assert_int_equal(rc_options_set_credentials(options.get(), Vault::ask, &vault, nullptr), RC_OK);
  return options;
}

void a_password_that_changes_is_asked_for_at_the_next_connect(void**) {
  const Handle handle = open_as_app();
  assert_true(all_nodes_serve(handle.get()));
  assert_true(user("resetpass"));
  assert_true(password(">", "second sesame"));
  assert_true(all_nodes_serve(handle.get()));  // connections that are there go on
  assert_true(end_all_connections(cluster));
  Error error;
  for (const char* key : kKeys) {
    const long long start = test_now_ms();
    assert_null(command(handle.get(), {"SET", key, "v"}, error).get());
    assert_true(test_now_ms() - start < 6000);
    assert_true(is(error, auth_failure({"WRONGPASS"})));
    assert_null(std::strstr(rc_error_message(error.get()), "sesame"));
  }
  assert_true(password(">", kPassword));
  assert_true(all_nodes_serve(handle.get()));
}

void a_user_that_is_deleted_is_told_so_until_it_is_there_again(void**) {
  const Handle handle = open_as_app();
  assert_true(all_nodes_serve(handle.get()));
  assert_true(test_cluster_ok(cluster, "ACL DELUSER app"));
  Error error;
  const auto is_told = [&] {
    return command(handle.get(), {"GET", "k"}, error) == nullptr && rc_error_code(error.get()) == RC_ERR_AUTH;
  };
  assert_true(TEST_WAIT(is_told(), 10000));
  assert_null(command(handle.get(), {"INCR", "k"}, error).get());
  assert_true(is(error, auth_failure({"WRONGPASS"})));
  assert_true(user("on ~* +@all"));
  assert_true(password(">", kPassword));
  // The servers have ended the user's connections, but on a busy machine the end of one may be seen only
  // after something was sent over it, whose outcome is unknown by right.
  assert_true(TEST_WAIT(all_nodes_serve(handle.get()), 10000));
}

void credentials_are_asked_for_at_each_connect(void**) {
  Vault vault(kPassword);
  const Handle handle = open_with(by(vault));
  assert_non_null(handle.get());
  assert_true(all_nodes_serve(handle.get()));
  for (int node = 0; node < 3; ++node) assert_true(vault.asked_at(test_node_port(cluster, node)) > 0);
  const int before = vault.asked();
  for (int i = 0; i < 100; ++i) assert_true(all_nodes_serve(handle.get()));
  assert_int_equal(vault.asked(), before);  // not at each command
  assert_true(end_all_connections(cluster));
  assert_true(all_nodes_serve(handle.get()));
  assert_true(vault.asked() >= before + 3);
}

void the_new_password_is_used_at_the_next_connect(void**) {
  Vault vault(kPassword);
  const Handle handle = open_with(by(vault));
  assert_true(all_nodes_serve(handle.get()));
  assert_true(user("resetpass"));
  assert_true(password(">", "second sesame"));
  assert_true(end_all_connections(cluster));
  Error error;
  assert_null(command(handle.get(), {"INCR", "n"}, error).get());
  assert_true(is(error, auth_failure({"WRONGPASS"})));
  vault.change("second sesame");
  assert_true(all_nodes_serve(handle.get()));
}

void credentials_that_are_refused_are_an_error_of_their_own(void**) {
  Vault vault(kPassword);
  const Options options = by(vault);
  vault.close(true);
  assert_true(open_fails(options, auth_failure({"credentials"})));
  vault.close(false);
  const Handle handle = open_with(options);
  assert_true(all_nodes_serve(handle.get()));
  vault.close(true);
  assert_true(all_nodes_serve(handle.get()));
  assert_true(end_all_connections(cluster));
  Error error;
  assert_null(command(handle.get(), {"INCR", "n"}, error).get());
  assert_true(is(error, auth_failure({"credentials"})));
  vault.close(false);
  assert_true(all_nodes_serve(handle.get()));
}

// Both passwords hold for a while, as everywhere where they rotate. The servers end connections at each turn.
void a_password_rotates_under_load_without_an_error(void**) {
  constexpr int kTurns = 5;
  Vault vault(kPassword);
  const Options options = by(vault);
  rc_options_set_timeout_ms(options.get(), 30000, nullptr);
  const Handle handle = open_with(options);
  assert_non_null(handle.get());
  Complaints complaints;
  CallOptions again = within(30000);
  rc_call_options_set_idempotent(again.get(), 1, nullptr);
  Load load;
  for (int thread = 0; thread < 6; ++thread) {
    load.add([&, n = thread]() mutable {
      const std::string key = "key" + std::to_string(n % 50);
      const Words words = n % 2 == 0 ? Words{"GET", key} : Words{"SET", key, std::to_string(n)};
      Error error;
      if (command(handle.get(), words, error, again.get()) == nullptr && error != nullptr)
        complaints.add(words[0] + ": " + rc_error_message(error.get()));
      ++n;
    });
  }
  assert_true(load.advance(500));
  std::string now = kPassword;
  for (int turn = 0; turn < kTurns; ++turn) {
    const std::string next = "turn " + std::to_string(turn);
    assert_true(password(">", next.c_str()));
    vault.change(next);
    const int asked = vault.asked();
    assert_true(end_all_connections(cluster));
    assert_true(TEST_WAIT(vault.asked() >= asked + 3, 20000));
    assert_true(load.advance(500));
    assert_true(password("<", now.c_str()));
    now = next;
  }
  load.stop();
  assert_true(complaints.none());
}

}  // namespace

int main() {
  unsetenv("RC_TEST_TLS");  // these tests say themselves how they are let in
  const CMUnitTest tests[] = {
      ACL_TEST(a_password_that_changes_is_asked_for_at_the_next_connect),
      ACL_TEST(a_user_that_is_deleted_is_told_so_until_it_is_there_again),
      ACL_TEST(credentials_are_asked_for_at_each_connect),
      ACL_TEST(the_new_password_is_used_at_the_next_connect),
      ACL_TEST(credentials_that_are_refused_are_an_error_of_their_own),
      ACL_TEST(a_password_rotates_under_load_without_an_error),
  };
  return cmocka_run_group_tests(tests, start_with_a_user, stop);
}
