// G8: slots move live, both ways and to a node that had none, under every kind of call: no error, nothing
// lost, nothing twice.

#include "handle.hpp"
#include "suite.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

constexpr int kTags = 8;

std::string key(int tag, const std::string& name) { return tagged(tag, name); }
int slot(int tag) { return slot_of(key(tag, "x")); }

// What each kind of call has added to its counters, acknowledged.
struct Books {
  std::atomic<long> single[kTags] = {}, piped[kTags] = {}, transacted[kTags] = {}, watched[kTags] = {},
                    scripted[kTags] = {}, scripted2[kTags] = {};
};

int add_one(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  const auto& name = *static_cast<const std::string*>(user_data);
  const char* get[] = {"GET", name.c_str()};
  rc_reply* reply = rc_watch_command(watch, 2, get, nullptr, nullptr);
  if (reply == nullptr) return RC_ERR_IO;
  const std::string next =
      std::to_string(rc_reply_string(reply, nullptr) == nullptr ? 1 : std::stol(text_of(reply)) + 1);
  rc_reply_free(reply);
  const char* set[] = {"SET", name.c_str(), next.c_str()};
  const int code = rc_commands_add(to_execute, 3, set, nullptr, nullptr);
  return code == RC_OK ? RC_WATCH_EXECUTE : code;
}

void run_load(Load& load, rc_cluster* handle, Books& books, Complaints& complaints) {
  const auto complain = [&complaints](const char* what, const Error& error) {
    complaints.add(std::string(what) + ": " + rc_error_message(error.get()));
  };
  load.add([=, &books, n = 0]() mutable {
    const int tag = n++ % kTags;
    Error error;
    if (command(handle, {"INCR", key(tag, "single")}, error) == nullptr) return complain("INCR", error);
    ++books.single[tag];
  });
  load.add([=, &complaints, n = 0]() mutable {
    const int tag = n++ % kTags;
    const std::string value = std::to_string(n);
    Error error;
    if (command(handle, {"MSET", key(tag, "a"), value, key(tag, "b"), value}, error) == nullptr)
      return complain("MSET", error);
    const Reply both = command(handle, {"MGET", key(tag, "a"), key(tag, "b")}, error);
    if (both == nullptr) return complain("MGET", error);
    for (std::size_t i = 0; i < 2; ++i) {
      const std::string got = text_of(rc_reply_element(both.get(), i));
      if (got != value) complaints.add("MGET gave " + got + ", not " + value);
    }
  });
  load.add([=, &books, &complaints, n = 0]() mutable {
    std::vector<Words> list;
    const std::string unique = std::to_string(n++);
    for (int tag = 0; tag < kTags; ++tag) {
      list.push_back({"INCR", key(tag, "piped")});
      list.push_back({"SET", key(tag, "order"), unique});
      list.push_back({"GET", key(tag, "order")});
    }
    Error error;
    const Reply replies = pipeline(handle, list, error);
    if (replies == nullptr) return complain("pipeline", error);
    for (std::size_t i = 0; i < list.size(); ++i) {
      const rc_reply* reply = rc_reply_element(replies.get(), i);
      if (rc_reply_error(reply) != nullptr) {
        complaints.add(std::string("pipeline element: ") + rc_error_message(rc_reply_error(reply)));
      } else if (i % 3 == 0) {
        ++books.piped[i / 3];
      } else if (i % 3 == 2 && text_of(reply) != unique) {
        complaints.add("a pipeline's GET ran before the SET in front of it");
      }
    }
  });
  load.add([=, &books, n = 0]() mutable {
    const int tag = n++ % kTags;
    Error error;
    if (transaction(handle, {{"INCR", key(tag, "t1")}, {"INCR", key(tag, "t2")}}, error) == nullptr) {
      return complain("transaction", error);
    }
    ++books.transacted[tag];
  });
  load.add([=, &books, n = 0]() mutable {
    const int tag = n++ % kTags;
    std::string name = key(tag, "watched");
    const char* keys[] = {name.c_str()};
    rc_error* raw = nullptr;
    const Reply done(rc_watch_transaction(handle, 1, keys, nullptr, add_one, &name, &raw));
    const Error error(raw);
    if (done == nullptr) return complain("watch", error);
    ++books.watched[tag];
  });
  load.add([=, &books, n = 0]() mutable {
    const int tag = n++ % kTags;
    Error error;
    if (command(handle, {"EVAL", "return redis.call('INCR', KEYS[1])", "1", key(tag, "scripted")}, error) ==
        nullptr) {
      return complain("EVAL", error);
    }
    ++books.scripted[tag];
  });
  // With two keys, of which one never exists: a half-moved slot refuses them at both of its ends.
  load.add([=, &books, &complaints, n = 0]() mutable {
    const int tag = n++ % kTags;
    Error error;
    const Words both{"EVAL", "redis.call('EXISTS', KEYS[2]) return redis.call('INCR', KEYS[1])", "2",
                     key(tag, "scripted2"), key(tag, "nothing")};
    if (command(handle, both, error) == nullptr) return complain("EVAL of two keys", error);
    const Reply many = pipeline(handle, {both, both}, error);
    if (many == nullptr) return complain("EVAL in a pipeline", error);
    for (std::size_t i = 0; i < 2; ++i) {
      const rc_error* failure = rc_reply_error(rc_reply_element(many.get(), i));
      if (failure != nullptr) complaints.add(std::string("EVAL in a pipeline: ") + rc_error_message(failure));
    }
    books.scripted2[tag] += 3;
  });
}

long value(rc_cluster* handle, const std::string& name) {
  Error error;
  const Reply reply = command(handle, {"GET", name}, error);
  const std::string text = text_of(reply.get());
  return text.empty() ? 0 : std::stol(text);
}

void assert_nothing_lost_or_twice(rc_cluster* handle, const Books& books) {
  for (int tag = 0; tag < kTags; ++tag) {
    assert_int_equal(value(handle, key(tag, "single")), books.single[tag]);
    assert_int_equal(value(handle, key(tag, "piped")), books.piped[tag]);
    assert_int_equal(value(handle, key(tag, "t1")), books.transacted[tag]);
    assert_int_equal(value(handle, key(tag, "t2")), books.transacted[tag]);
    assert_int_equal(value(handle, key(tag, "watched")), books.watched[tag]);
    assert_int_equal(value(handle, key(tag, "scripted")), books.scripted[tag]);
    assert_int_equal(value(handle, key(tag, "scripted2")), books.scripted2[tag]);
  }
}

// Whether a client waits for a key there.
bool test_node_blocks(int node) {
  const std::string info = text_at(node, "INFO clients");
  return !info.empty() && info.find("blocked_clients:0") == std::string::npos;
}

void slots_move_both_ways_under_load_without_an_error(void**) {
  const Handle handle = open_handle(cluster, 20000);
  assert_non_null(handle.get());
  Books books;
  Complaints complaints;
  Load load;
  run_load(load, handle.get(), books, complaints);
  for (int round = 0; round < 2; ++round) {
    for (int tag = 0; tag < kTags; ++tag) {
      const int from = test_cluster_primary_of(cluster, slot(tag));
      assert_true(test_cluster_move_slot(cluster, slot(tag), (from + 1) % 3));
      assert_true(load.advance(20));
    }
  }
  load.stop();
  assert_true(complaints.none());
  assert_true(counter(handle.get(), "moved") > 0);
  assert_nothing_lost_or_twice(handle.get(), books);
}

void a_slot_that_stays_half_moved_is_served_from_both_sides(void**) {
  const Handle handle = open_handle(cluster, 20000);
  Books books;
  Complaints complaints;
  Load load;
  run_load(load, handle.get(), books, complaints);
  for (int tag = 0; tag < 4; ++tag) {
    const int to = (test_cluster_primary_of(cluster, slot(tag)) + 1) % 3;
    assert_true(load.advance(100));  // the keys exist: one that is missing would be created at the target
    assert_true(test_cluster_begin_move(cluster, slot(tag), to));
    assert_true(load.advance(30));
    assert_true(test_cluster_move_keys(cluster, slot(tag), to, 3) >= 0);
    assert_true(load.advance(5));  // multi-key calls of this tag wait meanwhile
    assert_true(test_cluster_move_keys(cluster, slot(tag), to, 1000) >= 0);
    assert_true(load.advance(30));
    assert_true(test_cluster_finish_move(cluster, slot(tag), to));
  }
  load.stop();
  assert_true(complaints.none());
  assert_true(counter(handle.get(), "ask") > 0);
  assert_nothing_lost_or_twice(handle.get(), books);
}

void slots_move_to_a_node_that_had_none_and_is_not_known_yet(void**) {
  const Handle handle = open_handle(cluster, 20000);
  Books books;
  Complaints complaints;
  Load load;
  run_load(load, handle.get(), books, complaints);
  const int added = test_cluster_add_node(cluster);
  assert_true(added >= 0);
  for (int tag = 0; tag < kTags; ++tag) assert_true(test_cluster_move_slot(cluster, slot(tag), added));
  assert_true(load.advance(200));
  for (int tag = 0; tag < kTags; ++tag) assert_true(test_cluster_move_slot(cluster, slot(tag), tag % 3));
  assert_true(load.advance(200));
  load.stop();
  assert_true(complaints.none());
  assert_nothing_lost_or_twice(handle.get(), books);
}

// MIGRATE deletes the stream at its source, which ends the reader's wait there.
void a_reader_that_waits_in_a_group_follows_its_stream(void**) {
  const Handle handle = open_handle(cluster, 60000);
  const std::string stream = key(0, "stream");
  Error error;
  assert_non_null(command(handle.get(), {"XGROUP", "CREATE", stream, "group", "$", "MKSTREAM"}, error).get());
  const Words read{"XREADGROUP", "GROUP", "group", "me", "BLOCK", "50000", "STREAMS", stream, ">"};
  for (const bool piped : {false, true}) {
    const int from = test_cluster_primary_of(cluster, slot(0));
    Complaints complaints;
    std::thread reader([&] {
      Error failure;
      Reply reply = piped ? pipeline(handle.get(), {read}, failure) : command(handle.get(), read, failure);
      const rc_error* inside =
          reply == nullptr || !piped ? failure.get() : rc_reply_error(rc_reply_element(reply.get(), 0));
      if (inside != nullptr) complaints.add(rc_error_message(inside));
    });
    assert_true(TEST_WAIT(test_node_blocks(from), 20000));
    assert_true(test_cluster_move_slot(cluster, slot(0), (from + 1) % 3));
    assert_true(TEST_WAIT(test_node_blocks((from + 1) % 3) || !complaints.none(), 20000));
    assert_non_null(command(handle.get(), {"XADD", stream, "*", "f", "v"}, error).get());
    reader.join();
    assert_true(complaints.none());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup(slots_move_both_ways_under_load_without_an_error, reset),
      cmocka_unit_test_setup(a_slot_that_stays_half_moved_is_served_from_both_sides, reset),
      cmocka_unit_test_setup(slots_move_to_a_node_that_had_none_and_is_not_known_yet, reset),
      cmocka_unit_test_setup(a_reader_that_waits_in_a_group_follows_its_stream, reset),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
