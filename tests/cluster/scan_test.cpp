// G16: a scan returns every key that is there from its beginning to its end, or names the slots of which it
// is not sure, whatever happens meanwhile. RC_TEST_SCAN_KEYS=100000 for a longer one.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "handle.hpp"
#include "suite.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

using Scan = std::unique_ptr<rc_scan, FreedBy<rc_scan_free>>;
using Keys = std::multiset<std::string>;

constexpr int kTimeout = 20000;  // an election is shorter

int key_count() {
  const char* wanted = std::getenv("RC_TEST_SCAN_KEYS");
  return wanted == nullptr ? 10000 : std::atoi(wanted);
}

std::string key(int i) { return "key:" + std::to_string(i); }

void write_keys(rc_cluster* handle, int count) {
  for (int at = 0; at < count; at += 5000) {
    std::vector<Words> list;
    for (int i = at; i < std::min(at + 5000, count); ++i) list.push_back({"SET", key(i), "v"});
    Error error;
    assert_non_null(pipeline(handle, list, error).get());
  }
  for (int node = 0; node < 3; ++node) {  // so that a replica which takes over has them
    if (test_node_is_primary(cluster, node)) (void)test_node_int(cluster, node, "WAIT 1 10000");
  }
}

Scan new_scan(rc_cluster* handle, const std::string& cursor = "") {
  Scan scan(rc_scan_new(handle, nullptr));
  assert_non_null(scan.get());
  if (!cursor.empty()) {
    rc_error* error = nullptr;
    if (rc_scan_set_cursor(scan.get(), cursor.c_str(), &error) != RC_OK)
      print_error("%s\n", rc_error_message(error));
    assert_null(error);
  }
  return scan;
}

// False: the end.
bool add_page(rc_scan* scan, Keys& keys) {
  rc_error* error = nullptr;
  const Reply page(rc_scan_next(scan, &error));
  if (error != nullptr) print_error("scan: %s\n", rc_error_message(error));
  assert_null(error);
  if (page == nullptr) return false;
  assert_int_equal(rc_reply_type(page.get()), RC_REPLY_ARRAY);
  assert_true(rc_reply_length(page.get()) > 0);
  for (std::size_t i = 0; i < rc_reply_length(page.get()); ++i)
    keys.insert(text_of(rc_reply_element(page.get(), i)));
  return true;
}

Keys all_pages(rc_scan* scan) {
  Keys keys;
  while (add_page(scan, keys)) {
  }
  return keys;
}

std::set<int> doubtful(rc_scan* scan) {
  std::set<int> slots;
  for (std::size_t i = 0; i < rc_scan_doubtful_count(scan); ++i) slots.insert(rc_scan_doubtful_slot(scan, i));
  return slots;
}

// Every key that lived throughout is there, or its slot is named.
void assert_complete(const Keys& keys, int count, const std::set<int>& doubtful_slots) {
  int missing = 0;
  for (int i = 0; i < count; ++i) {
    if (keys.contains(key(i)) || doubtful_slots.contains(slot_of(key(i)))) continue;
    if (++missing < 10) print_error("%s of slot %d is missing\n", key(i).c_str(), slot_of(key(i)));
  }
  assert_int_equal(missing, 0);
  if (!doubtful_slots.empty()) print_message("%zu slots are doubtful\n", doubtful_slots.size());
}

}  // namespace

static void a_quiet_cluster_gives_every_key_once(void**) {
  const Handle handle = open_handle(cluster, kTimeout);
  const int count = key_count();
  write_keys(handle.get(), count);
  for (const int hint : {0, 7, 100000}) {
    const Scan scan = new_scan(handle.get());
    if (hint > 0) assert_int_equal(rc_scan_set_count(scan.get(), hint, nullptr), RC_OK);
    const Keys keys = all_pages(scan.get());
    assert_int_equal(keys.size(), count);
    assert_complete(keys, count, {});
    assert_int_equal(rc_scan_doubtful_count(scan.get()), 0);
    assert_null(rc_scan_next(scan.get(), nullptr));  // the end stays the end

    const Scan behind = new_scan(handle.get(), rc_scan_cursor(scan.get()));
    assert_null(rc_scan_next(behind.get(), nullptr));
  }
}

// CLUSTERSCAN is used where the server has it.
static void the_servers_own_scan_of_a_cluster_is_used(void**) {
  const Handle handle = open_handle(cluster, kTimeout);
  write_keys(handle.get(), 100);
  test_cluster_ok(cluster, "CONFIG RESETSTAT");
  const Scan scan = new_scan(handle.get());
  assert_int_equal(all_pages(scan.get()).size(), 100);
  const bool has_it = text_at(0, "COMMAND DOCS clusterscan").find("clusterscan") != std::string::npos;
  for (int node = 0; node < 3; ++node) {
    assert_int_equal(executed(node, "scan") > 0, !has_it);
    assert_int_equal(executed(node, "clusterscan") > 0, has_it);
  }
}

static void an_empty_cluster_has_an_end(void**) {
  const Handle handle = open_handle(cluster, kTimeout);
  const Scan scan = new_scan(handle.get());
  rc_error* error = nullptr;
  assert_null(rc_scan_next(scan.get(), &error));
  assert_null(error);
}

static void each_cursor_goes_on_behind_its_page(void**) {
  const Handle handle = open_handle(cluster, kTimeout);
  write_keys(handle.get(), 1000);
  Keys keys;
  std::string cursor;
  for (bool more = true; more;) {
    const Scan scan = new_scan(handle.get(), cursor);
    rc_scan_set_count(scan.get(), 50, nullptr);
    more = add_page(scan.get(), keys);
    cursor = rc_scan_cursor(scan.get());
  }
  assert_int_equal(keys.size(), 1000);  // none twice either
  assert_complete(keys, 1000, {});
}

static void match_and_type_filter(void**) {
  const Handle handle = open_handle(cluster, kTimeout);
  Error error;
  for (int i = 0; i < 300; ++i) {
    const std::string name = std::to_string(i);
    command(handle.get(), {"SET", "a" + name, "v"}, error);
    command(handle.get(), {"LPUSH", "b" + name, "v"}, error);
    command(handle.get(), {"SET", "{tag}a" + name, "v"}, error);
    command(handle.get(), {"LPUSH", "{tag}b" + name, "v"}, error);
  }
  const struct {
    const char* pattern;
    const char* type;
    std::size_t expected;
  } filters[] = {
      {"a*", nullptr, 300},      {"?1?", nullptr, 20},         {nullptr, "list", 600},
      {nullptr, "LIST", 600},    {"*b*", "string", 0},         {"{tag}*", nullptr, 600},
      {"{tag}*", "list", 300},   {"{tag}[ab]1?", nullptr, 20}, {"a17", nullptr, 1},
      {"a17", "list", 0},        {"{tag}a17", nullptr, 1},     {"", nullptr, 0},
      {"*{tag}*", nullptr, 600}, {"nothing*", nullptr, 0},
  };
  for (const auto& filter : filters) {
    const Scan scan = new_scan(handle.get());
    if (filter.pattern != nullptr)
      assert_int_equal(rc_scan_set_match(scan.get(), filter.pattern, strlen(filter.pattern), nullptr), RC_OK);
    if (filter.type != nullptr) assert_int_equal(rc_scan_set_type(scan.get(), filter.type, nullptr), RC_OK);
    assert_int_equal(all_pages(scan.get()).size(), filter.expected);
  }
}

static void a_literal_hash_tag_asks_one_node(void**) {
  const Handle handle = open_handle(cluster, kTimeout);
  Error error;
  command(handle.get(), {"SET", "{tag}a", "v"}, error);
  test_cluster_ok(cluster, "CONFIG RESETSTAT");
  const Scan scan = new_scan(handle.get());
  rc_scan_set_match(scan.get(), "{tag}*", 6, nullptr);
  assert_int_equal(all_pages(scan.get()).size(), 1);
  const int owner = test_cluster_primary_of(cluster, slot_of("{tag}"));
  for (int node = 0; node < 6; ++node) {
    assert_int_equal(executed(node, "scan"), 0);
    assert_int_equal(executed(node, "cluster|getkeysinslot"), node == owner ? 1 : 0);
  }
}

// Where one slot is asked, the library itself compares.
static void patterns_mean_what_they_mean_to_the_server(void**) {
  const Handle handle = open_handle(cluster, kTimeout);
  std::mt19937 random(1);
  const auto some_text = [&] {
    std::string text;
    for (auto i = random() % 7; i > 0; --i) text += "ab-]^[\\*?"[random() % 9];
    return text;
  };
  Error error;
  for (int i = 0; i < 400; ++i) command(handle.get(), {"SET", "{t}" + some_text(), "v"}, error);
  const int owner = test_cluster_primary_of(cluster, slot_of("{t}"));
  for (int i = 0; i < 400; ++i) {
    const std::string pattern = "{t}" + some_text();
    const std::string expected = text_at(owner, "KEYS %s", pattern.c_str());
    const Scan scan = new_scan(handle.get());
    rc_scan_set_match(scan.get(), pattern.data(), pattern.size(), nullptr);
    const std::size_t found = all_pages(scan.get()).size();
    const auto lines = static_cast<std::size_t>(std::count(expected.begin(), expected.end(), '\n'));
    if (found != lines) print_error("%s: %zu, not %zu\n", pattern.c_str(), found, lines);
    assert_int_equal(found, lines);
  }
}

// A slot with more keys than are asked for by slot at first.
static void a_slot_with_many_keys_is_asked_whole(void**) {
  const Handle handle = open_handle(cluster, kTimeout);
  std::vector<Words> list;
  for (int i = 0; i < 3000; ++i) list.push_back({"SET", tagged(1, std::to_string(i)), "v"});
  Error error;
  assert_non_null(pipeline(handle.get(), list, error).get());
  const Scan scan = new_scan(handle.get());
  rc_scan_set_match(scan.get(), "{tag1}*", 7, nullptr);
  assert_int_equal(all_pages(scan.get()).size(), 3000);
}

// The keys leave before the page that would have had them, and are back before the next page but one.
static void a_slot_that_goes_and_comes_back_is_seen(void**) {
  const Handle handle = open_handle(cluster, kTimeout);
  const int count = 3000;
  write_keys(handle.get(), count);
  const Scan scan = new_scan(handle.get());
  rc_scan_set_count(scan.get(), 100, nullptr);
  Keys keys;
  assert_true(add_page(scan.get(), keys));
  std::vector<int> away;  // of the first node, which is the one that is asked
  const int owner = test_cluster_primary_of(cluster, slot_of(*keys.begin()));
  const int other = (owner + 1) % 3;
  for (int i = 0; i < count && away.size() < 20; ++i) {
    const int slot = slot_of(key(i));
    if (!keys.contains(key(i)) && test_cluster_primary_of(cluster, slot) == owner &&
        std::find(away.begin(), away.end(), slot) == away.end())
      away.push_back(slot);
  }
  for (const int slot : away) assert_true(test_cluster_move_slot(cluster, slot, other));
  for (int page = 0; page < 8; ++page) assert_true(add_page(scan.get(), keys));
  for (const int slot : away) assert_true(test_cluster_move_slot(cluster, slot, owner));
  while (add_page(scan.get(), keys)) {
  }
  assert_complete(keys, count, doubtful(scan.get()));
  assert_int_equal(rc_scan_doubtful_count(scan.get()), 0);
}

// The same where the owner stays the owner all the time.
static void keys_of_a_move_that_is_given_up_are_seen(void**) {
  const Handle handle = open_handle(cluster, kTimeout);
  const int count = 2000;
  write_keys(handle.get(), count);
  const Scan scan = new_scan(handle.get());
  rc_scan_set_count(scan.get(), 100, nullptr);
  Keys keys;
  assert_true(add_page(scan.get(), keys));
  const int owner = test_cluster_primary_of(cluster, slot_of(*keys.begin()));
  std::vector<int> away;
  for (int i = 0; i < count && away.size() < 10; ++i) {
    const int slot = slot_of(key(i));
    if (!keys.contains(key(i)) && test_cluster_primary_of(cluster, slot) == owner &&
        std::find(away.begin(), away.end(), slot) == away.end())
      away.push_back(slot);
  }
  const int other = (owner + 1) % 3;
  for (const int slot : away) {
    assert_true(test_cluster_begin_move(cluster, slot, other));
    assert_true(test_cluster_move_keys(cluster, slot, other, 100) >= 1);
  }
  for (int page = 0; page < 8; ++page) assert_true(add_page(scan.get(), keys));
  for (const int slot : away) assert_true(test_cluster_cancel_move(cluster, slot, other));
  while (add_page(scan.get(), keys)) {
  }
  assert_complete(keys, count, {});
}

// Slots that stand half here and half there while the whole scan runs.
static void half_moved_slots_are_asked_at_both_ends(void**) {
  const Handle handle = open_handle(cluster, kTimeout);
  const int count = 2000;
  write_keys(handle.get(), count);
  Error error;
  for (int i = 0; i < 10; ++i) command(handle.get(), {"SET", tagged(3, std::to_string(i)), "v"}, error);
  const int slot = slot_of(tagged(3, "0"));
  const int owner = test_cluster_primary_of(cluster, slot);
  const int other = (owner + 1) % 3;
  assert_true(test_cluster_begin_move(cluster, slot, other));
  assert_int_equal(test_cluster_move_keys(cluster, slot, other, 5), 5);
  for (const char* pattern : {"*", "{tag3}*"}) {
    const Scan scan = new_scan(handle.get());
    rc_scan_set_match(scan.get(), pattern, strlen(pattern), nullptr);
    const Keys keys = all_pages(scan.get());
    for (int i = 0; i < 10; ++i) assert_int_equal(keys.count(tagged(3, std::to_string(i))), 1);
    assert_int_equal(rc_scan_doubtful_count(scan.get()), 0);
  }
  const Scan typed = new_scan(handle.get());
  rc_scan_set_match(typed.get(), "{tag3}*", 7, nullptr);
  rc_scan_set_type(typed.get(), "string", nullptr);
  assert_int_equal(all_pages(typed.get()).size(), 10);
  assert_true(test_cluster_cancel_move(cluster, slot, other));
}

namespace {

// Slots that move all the time, among the primaries that live.
class Mover {
 public:
  explicit Mover(unsigned seed) : random_(seed), thread_([this] { run(); }) {}
  ~Mover() {
    stop_ = true;
    thread_.join();
  }
  // What nothing moves during.
  template <class Act>
  void between(Act&& act) {
    const std::lock_guard lock(mutex_);
    act();
  }
  int moved() const { return moved_; }

 private:
  void run() {
    while (!stop_) {
      const std::lock_guard lock(mutex_);
      const int slot = static_cast<int>(random_() % 16384);
      const int to = static_cast<int>(random_() % static_cast<unsigned>(test_cluster_node_count(cluster)));
      if (test_node_pid(cluster, to) == 0 || !test_node_is_primary(cluster, to)) continue;
      if (test_cluster_primary_of(cluster, slot) != to && test_cluster_move_slot(cluster, slot, to)) ++moved_;
    }
  }

  std::mt19937 random_;
  std::mutex mutex_;
  std::atomic<bool> stop_{false};
  std::atomic<int> moved_{0};
  std::thread thread_;
};

void scan_through_trouble(unsigned seed,
                          const std::function<void(std::string& cursor, Keys& keys)>& half_way) {
  const Handle handle = open_handle(cluster, kTimeout);
  const int count = key_count();
  write_keys(handle.get(), count);
  Mover mover(seed);
  Load load;  // keys that come and go
  load.add([&, n = 0]() mutable {
    Error error;
    const std::string name = "passing:" + std::to_string(++n);
    command(handle.get(), {"SET", name, "v"}, error);
    command(handle.get(), {"DEL", name}, error);
  });
  Scan scan = new_scan(handle.get());
  rc_scan_set_count(scan.get(), std::max(count / 60, 10), nullptr);
  Keys keys;
  const int victim = static_cast<int>(seed % 3);
  int page = 0;
  while (add_page(scan.get(), keys)) {
    ++page;
    assert_true(TEST_WAIT(mover.moved() >= page / 2, 20000));  // they do move
    if (page == 20) {
      mover.between([&] {
        assert_true(test_node_kill(cluster, victim));
        assert_true(TEST_WAIT(test_node_is_primary(cluster, victim + 3), 20000));
        assert_true(test_cluster_wait_ok(cluster, 20000));
      });
    }
    if (page == 30 && half_way) {
      std::string cursor = rc_scan_cursor(scan.get());
      half_way(cursor, keys);
      scan = new_scan(handle.get(), cursor);
    }
  }
  assert_true(page > 30);
  load.stop();
  assert_complete(keys, count, doubtful(scan.get()));
  assert_true(rc_scan_doubtful_count(scan.get()) < 100);
}

// Some pages in a process of its own, which has a handle of its own and gets nothing but the text.
void go_on_in_another_process(std::string& cursor, Keys& keys) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    close(ends[0]);
    Handle handle;
    for (int node = 0; handle == nullptr && node < test_cluster_node_count(cluster); ++node)
      handle = open_handle(cluster, kTimeout, node);
    Scan scan(rc_scan_new(handle.get(), nullptr));
    Keys more;
    std::string out;
    if (rc_scan_set_cursor(scan.get(), cursor.c_str(), nullptr) == RC_OK) {
      rc_scan_set_count(scan.get(), 100, nullptr);
      for (int page = 0; page < 20; ++page) {
        const Reply reply(rc_scan_next(scan.get(), nullptr));
        for (std::size_t i = 0; i < rc_reply_length(reply.get()); ++i)
          out += "k" + text_of(rc_reply_element(reply.get(), i)) + "\n";
      }
      out += "c" + std::string(rc_scan_cursor(scan.get())) + "\n";
    }
    for (std::size_t at = 0; at < out.size();) {
      const ssize_t wrote = write(ends[1], out.data() + at, out.size() - at);
      if (wrote <= 0) _exit(1);
      at += static_cast<std::size_t>(wrote);
    }
    _exit(0);
  }
  close(ends[1]);
  std::string all;
  char bytes[4096];
  for (ssize_t got; (got = read(ends[0], bytes, sizeof bytes)) > 0;)
    all.append(bytes, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  assert_int_equal(status, 0);
  std::string told;
  for (std::size_t at = 0, end; (end = all.find('\n', at)) != std::string::npos; at = end + 1) {
    if (all[at] == 'c') told = all.substr(at + 1, end - at - 1);
    if (all[at] == 'k') keys.insert(all.substr(at + 1, end - at - 1));
  }
  assert_true(!told.empty());
  cursor = told;
}

}  // namespace

// Both go on with the very scan, from the same page.
static void a_forked_child_goes_on_and_so_does_its_parent(void**) {
  const Handle handle = open_handle(cluster, kTimeout);
  write_keys(handle.get(), 1000);
  const Scan scan = new_scan(handle.get());
  rc_scan_set_count(scan.get(), 50, nullptr);
  Keys keys;
  assert_true(add_page(scan.get(), keys));
  const std::size_t before = keys.size();
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    std::size_t found = before;
    rc_error* error = nullptr;
    while (const Reply page{rc_scan_next(scan.get(), &error)}) found += rc_reply_length(page.get());
    _exit(error == nullptr && found == 1000 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  assert_int_equal(status, 0);
  while (add_page(scan.get(), keys)) {
  }
  assert_int_equal(keys.size(), 1000);
  assert_complete(keys, 1000, {});
}

static void slots_move_and_a_primary_dies_once(void**) { scan_through_trouble(1, nullptr); }
static void slots_move_and_a_primary_dies_twice(void**) { scan_through_trouble(2, nullptr); }
static void slots_move_and_a_primary_dies_three_times(void**) { scan_through_trouble(3, nullptr); }
static void the_same_with_the_cursor_in_another_process(void**) {
  scan_through_trouble(4, go_on_in_another_process);
}

int main(int argc, char** argv) {
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup(a_quiet_cluster_gives_every_key_once, reset),
      cmocka_unit_test_setup(the_servers_own_scan_of_a_cluster_is_used, reset),
      cmocka_unit_test_setup(an_empty_cluster_has_an_end, reset),
      cmocka_unit_test_setup(each_cursor_goes_on_behind_its_page, reset),
      cmocka_unit_test_setup(match_and_type_filter, reset),
      cmocka_unit_test_setup(a_literal_hash_tag_asks_one_node, reset),
      cmocka_unit_test_setup(patterns_mean_what_they_mean_to_the_server, reset),
      cmocka_unit_test_setup(a_slot_with_many_keys_is_asked_whole, reset),
      cmocka_unit_test_setup(a_slot_that_goes_and_comes_back_is_seen, reset),
      cmocka_unit_test_setup(keys_of_a_move_that_is_given_up_are_seen, reset),
      cmocka_unit_test_setup(half_moved_slots_are_asked_at_both_ends, reset),
      cmocka_unit_test_setup(a_forked_child_goes_on_and_so_does_its_parent, reset),
      cmocka_unit_test_setup(slots_move_and_a_primary_dies_once, reset),
      cmocka_unit_test_setup(slots_move_and_a_primary_dies_twice, reset),
      cmocka_unit_test_setup(slots_move_and_a_primary_dies_three_times, reset),
      cmocka_unit_test_setup(the_same_with_the_cursor_in_another_process, reset),
  };
  return cmocka_run_group_tests_name("scan", tests, start, stop);
}
