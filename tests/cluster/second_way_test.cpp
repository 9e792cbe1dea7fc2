// G5, G7: a call that waits for a node that says nothing goes on as soon as the map knows better.

#include "handle.hpp"
#include "suite.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

constexpr int kPatience = 60000;  // of calls: only the old way to wait would use it up
const std::string kKey = "{tag}key";

int slot() { return slot_of(kKey); }

// Runs it while the primary of the key is frozen, until another has been elected: it takes no more than the
// election and what a busy machine adds.
void while_frozen(const std::function<void(Complaints&)>& calls) {
  const int frozen = test_cluster_primary_of(cluster, slot());
  assert_true(test_node_stop(cluster, frozen));
  const long long began = test_now_ms();
  Complaints complaints;
  calls(complaints);
  const long long took = test_now_ms() - began;
  assert_true(test_node_continue(cluster, frozen));
  assert_true(complaints.none());
  assert_in_range(took, 0, kPatience / 2);
}

void a_read_under_way_is_asked_of_the_new_owner_too(void**) {
  const Handle handle = open_handle(cluster, kPatience);
  Error error;
  assert_non_null(command(handle.get(), {"SET", kKey, "v"}, error).get());
  while_frozen([&](Complaints& complaints) {
    // Over the connection that is open, and at once: they are sent before anything is known.
    std::vector<std::thread> threads;
    for (const Words& words :
         {Words{"GET", kKey}, Words{"EXISTS", kKey}, Words{"EVAL_RO", "return 1", "1", kKey}}) {
      threads.emplace_back([&handle, &complaints, words] {
        Error failure;
        if (command(handle.get(), words, failure) == nullptr) complaints.add(rc_error_message(failure.get()));
      });
    }
    for (auto& thread : threads) thread.join();
  });
}

void what_waits_for_a_connection_goes_to_the_new_owner(void**) {
  const Handle handle = open_handle(cluster, kPatience, (test_cluster_primary_of(cluster, slot()) + 1) % 3);
  while_frozen([&](Complaints& complaints) {
    // Nobody has used the connection yet: its handshake is never answered.
    Error failure;
    const Reply reply = command(handle.get(), {"INCR", kKey}, failure);
    if (reply == nullptr) return complaints.add(rc_error_message(failure.get()));
    if (rc_reply_integer(reply.get()) != 1) complaints.add("it ran more than once");
  });
}

void what_blocks_and_was_not_sent_goes_there_too(void**) {
  const Handle handle = open_handle(cluster, kPatience, (test_cluster_primary_of(cluster, slot()) + 1) % 3);
  while_frozen([&](Complaints& complaints) {
    Error failure;
    const Reply reply = command(handle.get(), {"BLPOP", kKey, "0.1"}, failure);
    if (failure != nullptr) complaints.add(rc_error_message(failure.get()));
  });
}

void a_transaction_that_was_not_sent_goes_there_too(void**) {
  const Handle handle = open_handle(cluster, kPatience, (test_cluster_primary_of(cluster, slot()) + 1) % 3);
  while_frozen([&](Complaints& complaints) {
    Error failure;
    const Reply reply = transaction(handle.get(), {{"INCR", kKey}, {"INCR", kKey}}, failure);
    if (reply == nullptr) return complaints.add(rc_error_message(failure.get()));
    if (rc_reply_integer(rc_reply_element(reply.get(), 1)) != 2) complaints.add("it ran more than once");
  });
}

int add_one(rc_watch*, rc_commands* to_execute, void* runs) {
  ++*static_cast<int*>(runs);
  const Argv argv({"INCR", kKey});
  return rc_commands_add(to_execute, argv.words.size(), argv.data.data(), argv.lengths.data(), nullptr) ==
                 RC_OK
             ? RC_WATCH_EXECUTE
             : RC_ERR_NO_MEMORY;
}

// Once with a connection that nobody has used yet, once with one over which WATCH is sent: it runs nothing,
// so that it is left alone.
void a_watch_session_that_has_not_begun_goes_there_too(void**) {
  for (const bool connected : {false, true}) {
    reset(nullptr);
    const Handle handle = open_handle(cluster, kPatience, (test_cluster_primary_of(cluster, slot()) + 1) % 3);
    const char* const keys[] = {kKey.c_str()};
    int runs = 0;
    const auto watch = [&](rc_error** error) {
      return Reply(rc_watch_transaction(handle.get(), 1, keys, nullptr, add_one, &runs, error));
    };
    if (connected) assert_non_null(watch(nullptr).get());
    runs = 0;
    while_frozen([&](Complaints& complaints) {
      rc_error* error = nullptr;
      const Reply reply = watch(&error);
      const Error failure(error);
      if (reply == nullptr) return complaints.add(rc_error_message(failure.get()));
      if (runs != 1) complaints.add("its callback ran " + std::to_string(runs) + " times");
    });
  }
}

void what_has_no_keys_is_asked_of_another_primary(void**) {
  const Handle handle = open_handle(cluster, kPatience);
  const CallOptions again = idempotent();
  Error error;
  const auto ping = [&] { return command(handle.get(), {"PING"}, error, again.get()) != nullptr; };
  for (int i = 0; i < 20; ++i) assert_true(ping());
  const int frozen = test_cluster_primary_of(cluster, slot());
  assert_true(test_node_stop(cluster, frozen));
  const long long began = test_now_ms();
  bool well = true;
  for (int i = 0; i < 20 && well; ++i) well = ping();
  for (int i = 0; i < 20 && well; ++i) {
    // By now it is known that it does not answer. What the table does not know is asked of a server first.
    well = command(handle.get(), {"NO.SUCH" + std::to_string(i), "x"}, error) == nullptr &&
           rc_error_outcome(error.get()) == RC_OUTCOME_REFUSED;
  }
  const long long took = test_now_ms() - began;
  assert_true(test_node_continue(cluster, frozen));
  if (!well) fail_msg("%s", rc_error_message(error.get()));
  assert_in_range(took, 0, kPatience / 2);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup(a_read_under_way_is_asked_of_the_new_owner_too, reset),
      cmocka_unit_test_setup(what_waits_for_a_connection_goes_to_the_new_owner, reset),
      cmocka_unit_test_setup(what_blocks_and_was_not_sent_goes_there_too, reset),
      cmocka_unit_test_setup(a_transaction_that_was_not_sent_goes_there_too, reset),
      cmocka_unit_test_setup(a_watch_session_that_has_not_begun_goes_there_too, reset),
      cmocka_unit_test_setup(what_has_no_keys_is_asked_of_another_primary, reset),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
