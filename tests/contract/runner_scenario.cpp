#include "runner_scenario.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "runner_calls.h"

namespace contract {
namespace {

constexpr std::chrono::seconds kPatience(20);  // of `eventually`

using Variables = std::map<std::string, std::string>;

std::string substituted(std::string line, const Variables& variables) {
  for (const auto& [name, value] : variables) {
    const std::string mark = "${" + name + "}";
    for (std::size_t at = 0; (at = line.find(mark, at)) != std::string::npos; at += value.size())
      line.replace(at, mark.size(), value);
  }
  return line;
}

std::string ask_control(const std::string& line) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{120, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  std::strncpy(where.sun_path, std::getenv("RC_TEST_CONTROL"), sizeof where.sun_path - 1);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0) {
    const std::string sent = line + "\n";
    send(fd, sent.data(), sent.size(), MSG_NOSIGNAL);
    char buffer[4096];
    for (ssize_t count; (count = read(fd, buffer, sizeof buffer)) > 0;)
      answer.append(buffer, static_cast<std::size_t>(count));
  }
  close(fd);
  while (!answer.empty() && answer.back() == '\n') answer.pop_back();
  if (answer.compare(0, 2, "ok") != 0) throw Failure("control: " + answer);
  return answer.size() > 3 ? answer.substr(3) : "";
}

class Runner {
 public:
  explicit Runner(const std::string& nodes) : variables_{{"nodes", nodes}} {}

  void run_all(const Block& block) {
    ask_control("reset");
    check({}, handle_.open(split("timeout_ms=15000"), variables_.at("nodes")));
    std::exception_ptr failure;
    try {
      run(block, variables_, nullptr);
    } catch (...) {
      failure = std::current_exception();
    }
    handle_.close();
    if (background_.joinable()) background_.join();
    if (failure) std::rethrow_exception(failure);
  }

 private:
  // A callback that runs.
  struct Watching {
    rc_watch* watch = nullptr;
    rc_commands* to_execute = nullptr;
    bool first = false;
  };
  enum class Ended { kWhole, kAborted, kRaised };

  Ended run(const Block& block, Variables variables, Watching* watching) {
    for (std::size_t i = 0; i < block.size(); ++i) {
      const Step& step = block[i];
      try {
        const std::string line = substituted(step.line, variables);
        Words words = split(line);
        const std::string verb = words[0].text;
        words.erase(words.begin());
        if (verb == "abort") return Ended::kAborted;
        if (verb == "raise") return Ended::kRaised;

        Words expected;
        if (i + 1 < block.size() && (block[i + 1].line[0] == '=' || block[i + 1].line[0] == '!'))
          expected = split(substituted(block[++i].line, variables));
        if (verb == "eventually") {
          eventually(words, expected);
        } else if (verb == "let") {
          const std::size_t name = line.find(' ') + 1;
          variables[words.at(0).text] = ask_control(line.substr(line.find(' ', name) + 1));
        } else if (!around(verb, line, words, step.block, variables, watching)) {
          check(expected,
                verb == "watch" ? watch(words, step.block, variables) : call(verb, words, watching));
        }
      } catch (const Failure& failure) {
        const std::string what = failure.what();  // that of the innermost step has its number
        throw Failure(what.compare(0, 1, "\t") == 0 ? what
                                                    : "\t" + std::to_string(step.number) + ": " + what);
      }
    }
    return Ended::kWhole;
  }

  Outcome call(const std::string& verb, const Words& words, Watching* watching) {
    if (verb == "open") return handle_.open(words, variables_.at("nodes"));
    if (verb == "read") return read_watched(watching->watch, words);
    if (verb == "queue") return queue(watching->to_execute, words);
    return handle_.call(verb, words);
  }

  // Steps that are no operation. False when this is none of them.
  bool around(const std::string& verb, const std::string& line, const Words& words, const Block& block,
              const Variables& variables, Watching* watching) {
    if (verb == "control") {
      ask_control(line.substr(line.find(' ') + 1));
    } else if (verb == "first") {
      if (watching->first) run(block, variables, watching);
    } else if (verb == "tries") {
      if (tries_ != std::stoi(words.at(0).text))
        throw Failure("the callback ran " + std::to_string(tries_) + " times");
    } else if (verb == "threads") {
      threads(std::stoi(words.at(0).text), std::stoi(words.at(1).text), block, variables);
    } else if (verb == "background") {
      background_ = std::thread([this, &block, variables] { note([&] { run(block, variables, nullptr); }); });
    } else if (verb == "join") {
      background_.join();
      rethrow();
    } else if (verb == "fork") {
      forked(block, variables);
    } else {
      return verb == "needs";
    }
    return true;
  }

  Outcome watch(const Words& words, const Block& block, const Variables& variables) {
    Ended ended = Ended::kWhole;
    std::exception_ptr failure;  // of the last run: the library may have repaired what was before
    int runs = 0;
    Outcome outcome = handle_.watch(words, [&](rc_watch* session, rc_commands* to_execute) {
      Watching watching{session, to_execute, runs++ == 0};
      failure = nullptr;
      try {
        ended = run(block, variables, &watching);
      } catch (...) {
        failure = std::current_exception();
      }
      return !failure && ended == Ended::kWhole ? RC_WATCH_EXECUTE : RC_ERR_CALLBACK;
    });
    tries_ = runs;
    if (failure) std::rethrow_exception(failure);
    outcome.raised = ended == Ended::kRaised;
    return outcome;
  }

  void eventually(Words words, const Words& expected) {
    const std::string verb = words.at(0).text;
    words.erase(words.begin());
    const auto end = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      try {
        return check(expected, call(verb, words, nullptr));
      } catch (const Failure&) {
        if (std::chrono::steady_clock::now() >= end) throw;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  void threads(int count, int rounds, const Block& block, const Variables& variables) {
    std::vector<std::thread> all;
    for (int i = 0; i < count; ++i) {
      all.emplace_back([&, i] {
        note([&] {
          Variables own = variables;
          own["thread"] = std::to_string(i);
          for (int round = 0; round < rounds; ++round) {
            own["round"] = std::to_string(round);
            run(block, own, nullptr);
          }
        });
      });
    }
    for (std::thread& thread : all) thread.join();
    rethrow();
  }

  void forked(const Block& block, const Variables& variables) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      try {
        run(block, variables, nullptr);
        _exit(0);
      } catch (const std::exception& failure) {
        std::fprintf(stderr, "in the child: %s\n", failure.what());
      }
      _exit(1);
    }
    int status = 1;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
      throw Failure("the forked child ended with status " + std::to_string(status));
  }

  // Keeps the first failure of another thread.
  void note(const std::function<void()>& function) {
    try {
      function();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!noted_) noted_ = std::current_exception();
    }
  }
  void rethrow() {
    if (noted_) std::rethrow_exception(std::exchange(noted_, nullptr));
  }

  const Variables variables_;
  Handle handle_;
  std::atomic<int> tries_{0};
  std::thread background_;
  std::mutex mutex_;
  std::exception_ptr noted_;
};

}  // namespace

void run_scenario(const Block& block, const std::string& nodes) {
  try {
    Runner(nodes).run_all(block);
  } catch (const Failure& failure) {
    const std::string what = failure.what();
    throw Failure(what.compare(0, 1, "\t") == 0 ? what.substr(1) : what);
  }
}

}  // namespace contract
