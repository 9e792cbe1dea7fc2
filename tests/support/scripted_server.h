// A scripted node: a listening socket, a thread, and the script's state.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "scripted_connection.h"
#include "scripted_script.h"

namespace test_support {

class ScriptedServer {
 public:
  // Listens, on a free port for 0; port() is 0 when it cannot.
  ScriptedServer(std::string name, std::string host, int port);
  ~ScriptedServer();

  const std::string& name() const { return name_; }
  int port() const { return port_; }
  const std::string& address() const { return address_; }

  void start(std::vector<Step> steps);
  void stop();

  // From any thread.
  bool done() const;               // at the end of the script, or failed
  std::string error() const;       // empty: none so far
  std::string unfinished() const;  // the step it waits at; empty: none
  int connections() const;
  int count(const Pattern& pattern) const;

 private:
  using Connections = std::map<int, std::unique_ptr<ScriptedConnection>>;

  void loop();
  void wait(long long now);
  void accept_one();
  void advance(long long now);
  bool serve(long long now);
  bool handle(int number, ScriptedConnection& connection, long long now);
  void node_action(const Action& action);
  void set_rule(const Step& step);
  bool script_busy(long long now) const;
  void drop_finished();
  void publish(long long now);
  void fail(const std::string& what);
  void end_all();
  std::string expectation() const;
  ScriptedConnection* current() const;

  bool open_listener();
  void close_listener();
  void fill_backlog();

  const std::string name_;
  const std::string host_;
  std::string address_;
  int port_ = 0;
  int wake_fd_ = -1;
  std::thread thread_;

  // The thread's own.
  int listener_ = -1;
  bool accepting_ = true;
  std::vector<int> fillers_;
  std::vector<Step> steps_;
  size_t at_ = 0;
  std::vector<Step> rules_;
  Connections connections_;
  int accepted_ = 0;  // also the number of the latest connection
  int expected_ = 0;  // how many the script has asked for by ACCEPT
  int current_ = 0;   // the connection that the script's actions go to
  bool mute_all_ = false;
  long long script_wake_ = 0;
  bool failed_ = false;

  mutable std::mutex mutex_;  // guards what follows
  bool stop_ = false;
  bool done_ = false;
  std::string error_;
  std::string waiting_for_;
  int connection_count_ = 0;
  std::vector<Command> received_;
};

}  // namespace test_support
