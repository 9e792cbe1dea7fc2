#include "scripted_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "scripted_trace.h"
#include "test_wait.h"

namespace test_support {
namespace {

// CLIENT SETINFO goes before nearly all else on every connection. Scripts are not about it, and need
// not say anything of it.
bool tells_library(const Command& command) {
  return command.size() == 4 && command[0] == "CLIENT" && command[1] == "SETINFO";
}

// So does the question for the node's id, to which nodes give no answer unless their scripts do.
bool asks_for_id(const Command& command) {
  return command.size() == 2 && command[0] == "CLUSTER" && command[1] == "MYID";
}

Action refusal() { return {Action::Kind::kSend, "-ERR this node does not tell its id\r\n"}; }
Action ok() { return {Action::Kind::kSend, "+OK\r\n"}; }

// A PING with a word goes last before a connection is used. As any server would, a node sends the word back.
bool ends_handshake(const Command& command) {
  return command.size() == 2 && command[0] == "PING" && command[1].starts_with("rediscluster-");
}

bool fits_connection(const Step& step, int number, int current) {
  return step.over == Step::Over::kAny || (step.over == Step::Over::kSame) == (number == current);
}

}  // namespace

ScriptedServer::ScriptedServer(std::string name, std::string host, int port)
    : name_(std::move(name)), host_(std::move(host)), port_(port) {
  wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (!open_listener()) port_ = 0;
  const bool six = host_.find(':') != std::string::npos;
  address_ = (six ? "[" + host_ + "]" : host_) + ":" + std::to_string(port_);
}

ScriptedServer::~ScriptedServer() {
  stop();
  close_listener();
  for (const int fd : fillers_) close(fd);
  if (wake_fd_ >= 0) close(wake_fd_);
}

void ScriptedServer::start(std::vector<Step> steps) {
  steps_ = std::move(steps);
  thread_ = std::thread([this] { loop(); });
}

void ScriptedServer::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);
  thread_.join();
  connections_.clear();
}

void ScriptedServer::loop() {
  for (;;) {
    const long long now = test_now_ms();
    for (auto& [number, connection] : connections_) connection->run(now);
    advance(now);
    while (!failed_ && serve(now)) advance(now);
    if (failed_) end_all();
    drop_finished();
    publish(now);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (stop_) return;
    }
    wait(now);
  }
}

// Sleeps until something can go on, then takes in what has come.
void ScriptedServer::wait(long long now) {
  std::vector<pollfd> fds = {{wake_fd_, POLLIN, 0}, {accepting_ ? listener_ : -1, POLLIN, 0}};
  long long wake = script_wake_;
  for (const auto& [number, connection] : connections_) {
    fds.push_back({connection->poll_fd(), connection->events(), 0});
    const long long at = connection->wake_at();
    if (at != 0 && (wake == 0 || at < wake)) wake = at;
  }
  const long long pause = wake == 0 ? -1 : std::max(wake - now, 0LL);
  poll(fds.data(), fds.size(), static_cast<int>(pause));

  size_t i = 2;
  for (const auto& [number, connection] : connections_) {
    if (fds[i++].revents != 0) connection->read();
  }
  if (fds[1].revents != 0) accept_one();
}

void ScriptedServer::accept_one() {
  const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  const int at_once = 1;  // else a second reply waits for the acknowledgement of the first, 40 ms
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  auto connection = std::make_unique<ScriptedConnection>(fd);
  if (mute_all_) connection->mute();
  connections_[++accepted_] = std::move(connection);
  trace(name_, accepted_, "accepted");
  const std::lock_guard<std::mutex> lock(mutex_);
  connection_count_ = accepted_;
}

ScriptedConnection* ScriptedServer::current() const {
  const auto found = connections_.find(current_);
  const bool open = found != connections_.end() && found->second->fd() >= 0;
  return open ? found->second.get() : nullptr;
}

bool ScriptedServer::script_busy(long long now) const {
  const ScriptedConnection* connection = current();
  return script_wake_ > now || (connection != nullptr && connection->busy());
}

// Does the steps that need no client.
void ScriptedServer::advance(long long now) {
  while (!failed_ && at_ < steps_.size() && !script_busy(now)) {
    script_wake_ = 0;
    const Step& step = steps_[at_];
    if (step.kind == Step::Kind::kExpect) return;
    if (step.kind == Step::Kind::kAccept) {
      if (accepted_ == expected_) return;
      current_ = ++expected_;
    } else if (step.kind == Step::Kind::kRule) {
      set_rule(step);
    } else {
      trace(name_, current_, "  line " + std::to_string(step.line) + ": " + step.text);
      const Action& action = step.actions.front();
      ScriptedConnection* connection = current();
      if (action.of_node()) {
        node_action(action);
      } else if (connection != nullptr) {
        connection->add(action);
        connection->run(now);
      } else if (action.kind == Action::Kind::kSleep) {
        script_wake_ = now + action.pause_ms;
      } else if (action.kind == Action::Kind::kSilence && current_ == 0) {
        mute_all_ = true;
        for (auto& [number, each] : connections_) each->mute();
      }
    }
    ++at_;
  }
  if (script_wake_ <= now) script_wake_ = 0;
}

void ScriptedServer::set_rule(const Step& step) {
  for (Step& rule : rules_) {
    if (rule.pattern == step.pattern) {
      rule = step;
      return;
    }
  }
  rules_.push_back(step);
}

// Takes one command from some connection; false when there is none that can be taken now.
bool ScriptedServer::serve(long long now) {
  for (auto& [number, connection] : connections_) {
    try {
      const bool had = connection->busy() || !connection->has_command();
      if (!had && handle(number, *connection, now)) return true;
    } catch (const ScriptError& error) {
      fail(error.what());
      return true;
    }
  }
  return false;
}

bool ScriptedServer::handle(int number, ScriptedConnection& connection, long long now) {
  const Command command = connection.command();
  const bool busy = script_busy(now);
  const Step* next = at_ < steps_.size() ? &steps_[at_] : nullptr;
  const bool expected = !busy && next != nullptr && next->kind == Step::Kind::kExpect &&
                        next->pattern.matches(command) && fits_connection(*next, number, current_);
  const auto rule = std::find_if(rules_.begin(), rules_.end(),
                                 [&](const Step& step) { return step.pattern.matches(command); });
  const char* const word = asks_for_id(command) ? "MYID" : "CLIENT";
  const bool in_a_rule = rule != rules_.end() && rule->text.find(word) != std::string::npos;
  if (!expected && !in_a_rule && (tells_library(command) || asks_for_id(command))) {
    trace(name_, number, "< " + to_text(command) + "   (answered by every node)");
    connection.take_command();
    connection.add(asks_for_id(command) ? refusal() : ok());
    connection.run(now);
    return true;
  }
  const bool pinged = rule != rules_.end() && rule->text.find("PING") != std::string::npos;
  if (!expected && !pinged && ends_handshake(command)) {
    trace(name_, number, "< " + to_text(command) + "   (answered by every node)");
    connection.take_command();
    connection.add({Action::Kind::kEcho, ""});
    connection.run(now);
    return true;
  }
  if (!expected && rule == rules_.end() && busy) return false;

  if (tracing()) {
    const std::string how = expected               ? "line " + std::to_string(next->line)
                            : rule != rules_.end() ? "line " + std::to_string(rule->line) + ": " + rule->text
                                                   : "not expected";
    trace(name_, number, "< " + to_text(command) + "   (" + how + ")");
  }
  connection.take_command();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    received_.push_back(command);
  }
  if (expected) {
    current_ = number;
    ++at_;
  } else if (rule != rules_.end()) {
    for (const Action& action : rule->actions) connection.add(action);
    connection.run(now);
  } else {
    const bool misplaced =
        next != nullptr && next->kind == Step::Kind::kExpect && next->pattern.matches(command);
    const char* const where = !misplaced                        ? ""
                              : next->over == Step::Over::kSame ? " on another connection"
                                                                : " on the same connection";
    fail(expectation() + ", got " + to_text(command) + where);
  }
  return true;
}

void ScriptedServer::drop_finished() {
  for (auto it = connections_.begin(); it != connections_.end();) {
    const bool finished = it->second->finished();
    if (finished) trace(name_, it->first, "ended");
    it = finished ? connections_.erase(it) : std::next(it);
  }
}

std::string ScriptedServer::expectation() const {
  if (at_ >= steps_.size()) return "expected nothing more";
  const Step& step = steps_[at_];
  return "line " + std::to_string(step.line) + ": expected " +
         (step.kind == Step::Kind::kAccept ? "a new connection" : step.text.substr(step.text.find(' ') + 1));
}

void ScriptedServer::publish(long long now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const bool at_end = at_ >= steps_.size();
  done_ = !error_.empty() || (at_end && !script_busy(now));
  waiting_for_.clear();
  if (!done_ && !at_end) {
    waiting_for_ = "line " + std::to_string(steps_[at_].line) + ": still waiting for " + steps_[at_].text;
  } else if (!done_) {
    waiting_for_ = "the last line is not done";
  }
}

void ScriptedServer::fail(const std::string& what) {
  failed_ = true;
  // At once: the test will fail for something that follows from it, before it looks at its nodes.
  fprintf(stderr, "test_support: node %s: %s\n", name_.c_str(), what.c_str());
  const std::lock_guard<std::mutex> lock(mutex_);
  if (error_.empty()) error_ = what;
}

// Nothing is answered any more: the client fails soon, and the test with it.
void ScriptedServer::end_all() {
  connections_.clear();
  close_listener();
  rules_.clear();
  at_ = steps_.size();
}

bool ScriptedServer::done() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return done_;
}

std::string ScriptedServer::error() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return error_;
}

std::string ScriptedServer::unfinished() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return done_ ? "" : waiting_for_.empty() ? "it has not begun" : waiting_for_;
}

int ScriptedServer::connections() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return connection_count_;
}

int ScriptedServer::count(const Pattern& pattern) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<int>(std::count_if(received_.begin(), received_.end(),
                                        [&](const Command& command) { return pattern.matches(command); }));
}

}  // namespace test_support
