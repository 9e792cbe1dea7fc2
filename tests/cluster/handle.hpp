// The C API with C++ manners, for tests that run many threads on one handle.
#pragma once

#include <rediscluster/rediscluster.h>

#include <atomic>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "freed_by.h"
#include "test_access.h"
#include "test_cluster.h"
#include "test_wait.h"

using Reply = std::unique_ptr<rc_reply, FreedBy<rc_reply_free>>;
using Error = std::unique_ptr<rc_error, FreedBy<rc_error_free>>;
using Commands = std::unique_ptr<rc_commands, FreedBy<rc_commands_free>>;
using CallOptions = std::unique_ptr<rc_call_options, FreedBy<rc_call_options_free>>;
using Options = std::unique_ptr<rc_options, FreedBy<rc_options_free>>;
using Handle = std::unique_ptr<rc_cluster, FreedBy<rc_cluster_free>>;

using Words = std::vector<std::string>;

inline CallOptions within(int timeout_ms) {
  CallOptions options(rc_call_options_new());
  rc_call_options_set_timeout_ms(options.get(), timeout_ms, nullptr);
  return options;
}

inline CallOptions idempotent() {
  CallOptions options(rc_call_options_new());
  rc_call_options_set_idempotent(options.get(), 1, nullptr);
  return options;
}

inline int slot_of(const std::string& key) { return rc_key_slot(key.data(), key.size()); }

// A key of which the slot depends on the tag alone.
inline std::string tagged(int tag, const std::string& name) {
  return "{tag" + std::to_string(tag) + "}" + name;
}

inline std::string text_of(const rc_reply* reply) {
  std::size_t length = 0;
  const char* text = rc_reply_string(reply, &length);
  return text == nullptr ? std::string() : std::string(text, length);
}

inline Handle open_with(const Options& options, Error& error) {
  rc_error* raw = nullptr;
  Handle handle(rc_cluster_open(options.get(), &raw));
  error.reset(raw);
  return handle;
}

// The same for one that should open: otherwise it says why not.
inline Handle open_with(const Options& options) {
  Error error;
  Handle handle = open_with(options, error);
  if (handle == nullptr) std::fprintf(stderr, "open: %s\n", rc_error_message(error.get()));
  return handle;
}

// For a cluster that is known by the node at that host and port, with what the whole suite needs to be let
// in.
inline Options options_for(const char* host, int port, int timeout_ms) {
  Options options(rc_options_new());
  rc_options_add_node(options.get(), host, port, nullptr);
  rc_options_set_timeout_ms(options.get(), timeout_ms, nullptr);
  test_access(options.get());
  return options;
}

// A handle that knows the cluster by the node at that port of this machine.
inline Handle open_handle_at(int port, int timeout_ms) {
  return open_with(options_for("127.0.0.1", port, timeout_ms));
}

inline Handle open_handle(test_cluster* servers, int timeout_ms, int node = 0) {
  return open_handle_at(test_node_port(servers, node), timeout_ms);
}

struct Argv {
  explicit Argv(Words given) : words(std::move(given)) {
    for (const auto& word : words) {
      data.push_back(word.data());
      lengths.push_back(word.size());
    }
  }
  Argv(const Argv&) = delete;
  Argv& operator=(const Argv&) = delete;

  const Words words;
  std::vector<const char*> data;
  std::vector<std::size_t> lengths;
};

inline Reply command(rc_cluster* handle, const Words& words, Error& error,
                     const rc_call_options* options = nullptr) {
  const Argv argv(words);
  rc_error* raw = nullptr;
  Reply reply(
      rc_command_with(handle, options, argv.data.size(), argv.data.data(), argv.lengths.data(), &raw));
  error.reset(raw);
  return reply;
}

inline Commands commands_of(const std::vector<Words>& list) {
  Commands commands(rc_commands_new());
  for (const auto& words : list) {
    const Argv argv(words);
    rc_commands_add(commands.get(), argv.data.size(), argv.data.data(), argv.lengths.data(), nullptr);
  }
  return commands;
}

inline Reply pipeline(rc_cluster* handle, const std::vector<Words>& list, Error& error) {
  rc_error* raw = nullptr;
  Reply reply(rc_pipeline(handle, commands_of(list).get(), &raw));
  error.reset(raw);
  return reply;
}

inline Reply transaction(rc_cluster* handle, const std::vector<Words>& list, Error& error) {
  rc_error* raw = nullptr;
  Reply reply(rc_transaction(handle, commands_of(list).get(), &raw));
  error.reset(raw);
  return reply;
}

inline std::uint64_t counter(rc_cluster* handle, const char* name) {
  rc_info* info = rc_cluster_info(handle, nullptr);
  const std::uint64_t value = rc_info_counter(info, name);
  rc_info_free(info);
  return value;
}

// What must not have happened, told once each (a thread of a test cannot assert by itself).
class Complaints {
 public:
  void add(const std::string& complaint) {
    const std::lock_guard lock(mutex_);
    if (list_.size() < 10) list_.push_back(complaint);
    ++count_;
  }
  bool none() const {
    const std::lock_guard lock(mutex_);
    for (const auto& complaint : list_) std::fprintf(stderr, "complaint: %s\n", complaint.c_str());
    if (count_ > list_.size()) std::fprintf(stderr, "... %zu in all\n", count_);
    return count_ == 0;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> list_;
  std::size_t count_ = 0;
};

// Threads that repeat a step until they are stopped.
class Load {
 public:
  void add(std::function<void()> step) {
    threads_.emplace_back([this, step = std::move(step)] {
      while (!stop_) {
        step();
        ++steps_;
      }
    });
  }
  // Waits until the load has done so many steps more: what goes on meanwhile is really under load.
  bool advance(long steps, int timeout_ms = 20000) const {
    const long until = steps_ + steps;
    return TEST_WAIT(steps_ >= until, timeout_ms) != 0;
  }
  void stop() {
    stop_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  ~Load() { stop(); }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<long> steps_{0};
  std::vector<std::thread> threads_;
};
