#include "sync/log.h"

#include <atomic>
#include <thread>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

// What was told, as "3:line".
struct Told {
  std::vector<std::string> lines;

  LogFunction function() {
    return [this](LogLevel level, const std::string& line) {
      lines.push_back(std::to_string(static_cast<int>(level)) + ":" + line);
    };
  }
};

}  // namespace

static void lines_are_told_in_order_when_they_are_delivered(void**) {
  Told told;
  Log log(LogLevel::kDebug, told.function());
  log.add(LogLevel::kInfo, "one");
  log.add(LogLevel::kError, "two");
  assert_int_equal(told.lines.size(), 0);
  log.deliver();
  assert_int_equal(told.lines.size(), 2);
  assert_text(told.lines[0], "3:one");
  assert_text(told.lines[1], "1:two");
  log.deliver();
  assert_int_equal(told.lines.size(), 2);  // once each
  log.add(LogLevel::kDebug, "three");
  log.deliver();
  assert_text(told.lines[2], "4:three");
}

static void what_is_above_the_level_is_not_told(void**) {
  const LogLevel levels[] = {LogLevel::kError, LogLevel::kWarning, LogLevel::kInfo, LogLevel::kDebug};
  for (const LogLevel most : levels) {
    Told told;
    Log log(most, told.function());
    for (const LogLevel level : levels) {
      assert_int_equal(log.wants(level), level <= most);
      log.add(level, "line");
    }
    log.deliver();
    assert_int_equal(told.lines.size(), static_cast<std::size_t>(most));
  }
}

// The user's function calls the cluster: that adds lines, and delivers at its end.
static void lines_that_telling_causes_are_told_after_it(void**) {
  std::vector<std::string> lines;
  bool inside = false;
  Log* the_log = nullptr;
  Log log(LogLevel::kInfo, [&](LogLevel, const std::string& line) {
    assert_false(inside);
    inside = true;
    lines.push_back(line);
    if (line.size() < 4) the_log->add(LogLevel::kInfo, line + "+");
    the_log->deliver();
    inside = false;
  });
  the_log = &log;
  log.add(LogLevel::kInfo, "a");
  log.add(LogLevel::kInfo, "b");
  log.deliver();
  std::string all;
  for (const auto& line : lines) all += line + " ";
  assert_text(all, "a b a+ b+ a++ b++ a+++ b+++ ");
}

static void too_many_lines_are_counted_and_the_first_are_told(void**) {
  Told told;
  Log log(LogLevel::kInfo, told.function());
  for (int i = 0; i < 1234; ++i) log.add(LogLevel::kInfo, std::to_string(i));
  log.deliver();
  assert_int_equal(told.lines.size(), 1001);
  assert_text(told.lines[0], "3:0");
  assert_text(told.lines[999], "3:999");
  assert_text(told.lines[1000], "2:234 lines of the log were lost: they came too fast");
  log.add(LogLevel::kInfo, "more");
  log.deliver();
  assert_text(told.lines[1001], "3:more");
}

// Every line once, those of a thread in its order, by one thread at a time.
static void threads_add_and_deliver_at_the_same_time(void**) {
  constexpr int kThreads = 4;
  constexpr int kLines = 2000;
  std::atomic<int> inside{0};
  std::atomic<bool> two_at_once{false};
  std::vector<std::atomic<int>> next(kThreads);
  bool in_order = true;
  Log log(LogLevel::kInfo, [&](LogLevel level, const std::string& line) {
    if (++inside != 1) two_at_once = true;
    if (level == LogLevel::kInfo) {
      const auto thread = static_cast<std::size_t>(line[0] - '0');
      in_order = in_order && std::stoi(line.substr(2)) == next[thread]++;
    }
    --inside;
  });
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kLines; ++i) {
        log.add(LogLevel::kInfo, std::to_string(thread) + " " + std::to_string(i));
        log.deliver();
        // At most as many wait as there are kept: none is lost.
        while (i % 100 == 99 && next[static_cast<std::size_t>(thread)] <= i - 100) {
          log.deliver();
          std::this_thread::yield();
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  log.deliver();
  assert_false(two_at_once);
  assert_true(in_order);
  for (const auto& lines : next) assert_int_equal(lines, kLines);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(lines_are_told_in_order_when_they_are_delivered),
      cmocka_unit_test(what_is_above_the_level_is_not_told),
      cmocka_unit_test(lines_that_telling_causes_are_told_after_it),
      cmocka_unit_test(too_many_lines_are_counted_and_the_first_are_told),
      cmocka_unit_test(threads_add_and_deliver_at_the_same_time),
  };
  return cmocka_run_group_tests_name("log", tests, nullptr, nullptr);
}
