// G16 and G8: commands with keys in several slots are sent in parts, one a slot, and succeed whole or say
// which keys failed.
#include <algorithm>
#include <thread>

#include "whole.hpp"  // last

namespace {

Handle opened(int timeout_ms = 10000) {
  Handle handle = open_handle(cluster, timeout_ms);
  assert_non_null(handle.get());
  return handle;
}

Words with(const char* name, const std::vector<std::string>& keys) {
  Words words = {name};
  words.insert(words.end(), keys.begin(), keys.end());
  return words;
}

void values_come_in_the_order_of_the_keys(void**) {
  const Handle handle = opened();
  const auto keys = fill(handle.get(), 200);
  auto asked = keys;
  asked.insert(asked.begin() + 50, "missing");
  asked.push_back(keys[3]);
  auto expected = asked;
  expected[50] = "(nil)";
  assert_true(texts(done(handle.get(), with("MGET", asked)).get()) == expected);
}

void counts_are_added_up(void**) {
  const Handle handle = opened();
  const auto keys = fill(handle.get(), 100);
  auto twice = keys;
  twice.push_back(keys[0]);
  twice.push_back("missing");
  assert_int_equal(number(handle.get(), with("EXISTS", twice)), 101);
  assert_int_equal(number(handle.get(), with("TOUCH", twice)), 101);
  assert_int_equal(number(handle.get(), with("DEL", {keys[0], keys[1], keys[0]})), 2);
  assert_int_equal(number(handle.get(), with("UNLINK", keys)), 98);
  assert_int_equal(number(handle.get(), {"DBSIZE"}), 0);
}

void what_is_set_twice_has_the_last_value(void**) {
  const Handle handle = opened();
  Words set = {"MSET"};
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 40; ++i)
      set.insert(set.end(), {"key:" + std::to_string(i), std::to_string(round) + ":" + std::to_string(i)});
  }
  assert_string_equal(text_of(done(handle.get(), set).get()).c_str(), "OK");
  for (int i = 0; i < 40; ++i) {
    assert_string_equal(text_of(done(handle.get(), {"GET", "key:" + std::to_string(i)}).get()).c_str(),
                        ("2:" + std::to_string(i)).c_str());
  }
  const Error odd = failure(handle.get(), {"MSET", "a", "1", "b"});
  assert_true(is(odd, {RC_ERR_INVALID_ARGUMENT, RC_OUTCOME_NOT_SENT, {"MSET"}}));
}

void others_stay_cross_slot(void**) {
  const Handle handle = opened();
  CallOptions whole(rc_call_options_new());
  rc_call_options_set_split(whole.get(), 0, nullptr);
  const std::vector<Words> lists = {{"MGET", "a", "b"}, {"MSET", "a", "1", "b", "2"}, {"DEL", "a", "b"}};
  for (const Words& words : lists) {
    assert_true(is(failure(handle.get(), words, whole.get()),
                   {RC_ERR_CROSS_SLOT, RC_OUTCOME_NOT_SENT, {words[0].c_str()}}));
  }
  for (const Words& words :
       std::vector<Words>{{"MSETNX", "a", "1", "b", "2"}, {"SUNION", "a", "b"}, {"RENAME", "a", "b"}})
    assert_true(
        is(failure(handle.get(), words), {RC_ERR_CROSS_SLOT, RC_OUTCOME_NOT_SENT, {words[0].c_str()}}));
  Error error;
  assert_null(transaction(handle.get(), {{"MGET", "a", "b"}}, error).get());
  assert_true(is(error, {RC_ERR_CROSS_SLOT, RC_OUTCOME_NOT_SENT, {"MGET"}}));
}

void a_split_of_very_many_keys(void**) {
  const Handle handle = opened(60000);
  constexpr int kMany = 100000;
  Words set = {"MSET"};
  std::vector<std::string> keys;
  for (int i = 0; i < kMany; ++i) {
    keys.push_back("k" + std::to_string(i));
    set.push_back(keys.back());
    set.push_back(keys.back());
  }
  done(handle.get(), set);
  assert_int_equal(number(handle.get(), {"DBSIZE"}), kMany);
  assert_true(texts(done(handle.get(), with("MGET", keys)).get()) == keys);
  assert_int_equal(number(handle.get(), with("DEL", keys)), kMany);
}

void elements_of_a_pipeline_are_split_alike(void**) {
  const Handle handle = opened();
  Error error;
  const Reply reply = pipeline(handle.get(),
                               {{"SET", "a", "0"},
                                {"MSET", "a", "1", "b", "2", "c", "3"},
                                {"GET", "a"},
                                {"MGET", "c", "none", "a", "b"},
                                {"INCR", "a"},
                                {"DEL", "a", "b", "x"},
                                {"EXISTS", "a", "c"}},
                               error);
  if (reply == nullptr) fail_msg("%s", rc_error_message(error.get()));
  assert_int_equal(rc_reply_length(reply.get()), 7);
  const auto at = [&](std::size_t i) { return rc_reply_element(reply.get(), i); };
  assert_string_equal(text_of(at(1)).c_str(), "OK");
  assert_string_equal(text_of(at(2)).c_str(), "1");
  assert_true(texts(at(3)) == (std::vector<std::string>{"3", "(nil)", "1", "2"}));
  assert_int_equal(rc_reply_integer(at(4)), 2);
  assert_int_equal(rc_reply_integer(at(5)), 2);
  assert_int_equal(rc_reply_integer(at(6)), 1);
}

// A slot half of which has gone, for good.
class HalfMoved {
 public:
  explicit HalfMoved(const std::vector<std::string>& gone) : slot_(slot_of("s")) {
    to_ = (test_cluster_primary_of(cluster, slot_) + 1) % 3;
    assert_true(test_cluster_begin_move(cluster, slot_, to_));
    for (const auto& key : gone) assert_true(test_cluster_move_key(cluster, slot_, to_, key.c_str()));
  }

 private:
  int slot_;
  int to_;
};

void keys_of_a_half_moved_slot_do_not_wait_for_the_rest(void**) {
  const Handle handle = opened(5000);
  std::vector<std::string> keys;
  for (int i = 0; i < 6; ++i) keys.push_back("{s}" + std::to_string(i));
  for (const auto& key : keys) done(handle.get(), {"SET", key, key});
  done(handle.get(), {"SET", "elsewhere", "elsewhere"});
  const HalfMoved move({keys[1], keys[4]});

  auto asked = keys;
  asked.insert(asked.begin() + 2, "{s}missing");
  auto expected = asked;
  expected[2] = "(nil)";
  assert_true(texts(done(handle.get(), with("MGET", asked)).get()) == expected);  // one slot
  asked.insert(asked.begin(), "elsewhere");                                       // and two
  expected.insert(expected.begin(), "elsewhere");
  assert_true(texts(done(handle.get(), with("MGET", asked)).get()) == expected);
  Error error;
  const Reply list =
      pipeline(handle.get(), {with("MGET", asked), with("EXISTS", keys), {"GET", keys[4]}}, error);
  if (list == nullptr) fail_msg("%s", rc_error_message(error.get()));
  assert_true(texts(rc_reply_element(list.get(), 0)) == expected);
  assert_int_equal(rc_reply_integer(rc_reply_element(list.get(), 1)), 6);
  assert_string_equal(text_of(rc_reply_element(list.get(), 2)).c_str(), keys[4].c_str());

  // A part of several: the last value of a key holds there too.
  done(handle.get(), {"MSET", "elsewhere", "1", keys[0], "x", keys[1], "y", keys[0], "z"});
  assert_string_equal(text_of(done(handle.get(), {"GET", keys[0]}).get()).c_str(), "z");
  assert_string_equal(text_of(done(handle.get(), {"GET", keys[1]}).get()).c_str(), "y");
  // In one slot MSET is a unit, and waits.
  const Error unit = failure(handle.get(), {"MSET", keys[0], "1", keys[1], "2"}, within(300).get());
  assert_int_equal(rc_error_outcome(unit.get()), RC_OUTCOME_REFUSED);
  assert_string_equal(text_of(done(handle.get(), {"GET", keys[0]}).get()).c_str(), "z");

  assert_int_equal(number(handle.get(), {"DEL", keys[0], keys[1], keys[0], "{s}missing"}), 2);
  assert_int_equal(number(handle.get(), with("DEL", keys)), 4);
}

void keys_of_a_frozen_node_are_named(void**) {
  const Handle handle = opened();
  const auto keys = fill(handle.get(), 30);
  assert_true(test_node_stop(cluster, 1));
  const Error reading = failure(handle.get(), with("MGET", keys), within(500).get());
  Words set = {"MSET"};
  for (const auto& key : keys) set.insert(set.end(), {key, "new"});
  const Error writing = failure(handle.get(), set, within(500).get());
  assert_true(test_node_continue(cluster, 1));
  assert_true(TEST_WAIT(test_node_int(cluster, 1, "DBSIZE") >= 0, 5000));
  for (const Error* error : {&reading, &writing}) {
    assert_int_equal(rc_error_code(error->get()), RC_ERR_PARTIAL);
    assert_int_equal(rc_error_outcome(error->get()), RC_OUTCOME_UNKNOWN);
    std::set<std::size_t> told;
    const std::size_t step = error == &writing ? 2 : 1;
    for (std::size_t i = 0; i < rc_error_part_count(error->get()); ++i) {
      const bool frozen = std::string(rc_error_part_node(error->get(), i)) == test_node_address(cluster, 1);
      assert_true((rc_error_part_error(error->get(), i) != nullptr) == frozen);
      assert_true((rc_error_part_reply(error->get(), i) == nullptr) == frozen);
      assert_true(rc_error_part_key_count(error->get(), i) > 0);
      for (std::size_t k = 0; k < rc_error_part_key_count(error->get(), i); ++k) {
        const std::size_t at = rc_error_part_key(error->get(), i, k);
        assert_true((at - 1) % step == 0);
        assert_true(told.insert(at).second);
        const std::string& key = keys.at((at - 1) / step);
        assert_true((test_cluster_primary_of(cluster, slot_of(key)) == 1) == frozen);
      }
    }
    assert_int_equal(told.size(), keys.size());
  }
}

void a_dead_shard_is_served_by_its_replica(void**) {
  const Handle handle = opened(20000);
  const auto keys = fill(handle.get(), 60);
  const int replica = test_cluster_replica_of(cluster, 1);
  assert_true(
      TEST_WAIT(test_node_int(cluster, replica, "DBSIZE") == test_node_int(cluster, 1, "DBSIZE"), 5000));
  assert_true(test_node_kill(cluster, 1));
  assert_true(texts(done(handle.get(), with("MGET", keys)).get()) == keys);
  assert_int_equal(number(handle.get(), with("EXISTS", keys)), 60);
}

void parts_that_all_failed_alike_are_one_error(void**) {
  const Handle handle = opened();
  done(handle.get(), {"SET", "a", "1"});
  done(handle.get(), {"SET", "b", "1"});
  // All parts fail alike: that error itself.
  assert_true(test_cluster_ok(cluster, "CONFIG SET maxmemory 1"));
  const Error error = failure(handle.get(), {"MSET", "a", "1", "b", "2"});
  assert_true(test_cluster_ok(cluster, "CONFIG SET maxmemory 0"));
  assert_true(is(error, {RC_ERR_SERVER, RC_OUTCOME_REFUSED, {"OOM"}}) ||
              rc_error_code(error.get()) == RC_ERR_SERVER);
  assert_int_equal(rc_error_part_count(error.get()), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      TEST(values_come_in_the_order_of_the_keys),
      TEST(counts_are_added_up),
      TEST(what_is_set_twice_has_the_last_value),
      TEST(others_stay_cross_slot),
      TEST(a_split_of_very_many_keys),
      TEST(elements_of_a_pipeline_are_split_alike),
      TEST(keys_of_a_half_moved_slot_do_not_wait_for_the_rest),
      TEST(keys_of_a_frozen_node_are_named),
      TEST(a_dead_shard_is_served_by_its_replica),
      TEST(parts_that_all_failed_alike_are_one_error),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
