// Functions of another language that the library calls: for credentials, the log, and attempts.
#pragma once

#include <rediscluster/rediscluster.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

// Why functions have refused. The library's message has only the number that they returned.
class Refusals {
 public:
  // The number to return.
  static int keep(std::string why) {
    const std::lock_guard<std::mutex> lock(mutex());
    const int number = kFirst + static_cast<int>(next()++ % kNumbers);
    all()[number % kKept] = {number, std::move(why)};
    return number;
  }

  // The message of an error, with the reason in it. Lives until the thread asks again.
  static const char* message(const rc_error* error) {
    static constexpr const char* kReturned = "the callback of rc_options_set_credentials returned ";
    const char* message = rc_error_message(error);
    const char* at = rc_error_code(error) == RC_ERR_AUTH ? std::strstr(message, kReturned) : nullptr;
    if (at == nullptr) return message;
    char* end = nullptr;
    const long number = std::strtol(at + std::strlen(kReturned), &end, 10);
    thread_local std::string told;
    const std::lock_guard<std::mutex> lock(mutex());
    const auto& kept = all()[static_cast<std::size_t>(number) % kKept];
    if (number < kFirst || kept.first != number) return message;
    told.assign(message, at);
    told += kept.second;
    told += end;
    return told.c_str();
  }

 private:
  static constexpr int kFirst = 1000;
  static constexpr unsigned kNumbers = 1u << 30;
  static constexpr std::size_t kKept = 64;

  static std::mutex& mutex() {
    static std::mutex mutex;
    return mutex;
  }
  static unsigned& next() {
    static unsigned next = 0;
    return next;
  }
  static std::pair<long, std::string>* all() {
    static auto* all = new std::pair<long, std::string>[kKept];
    return all;
  }
};

// They are called by any thread that makes a call, without the language's lock, several at once. No exception
// and no jump may leave them.
class Functions {
 public:
  enum Kind { kCredentials, kLog, kAttempt, kKinds };

  virtual ~Functions() = default;

  // False: not given, and why not.
  virtual bool give_credentials(const char* host, int port, rc_credentials* to, std::string& why) = 0;
  virtual void log(int level, const char* line) = 0;
  virtual void attempt(const rc_attempt* attempt) = 0;
  // The cluster was closed. Calls under way may call once more.
  virtual void closed() {}

  // The check of a cancel. A language has its own where it may interrupt a call in other ways.
  static int is_to_end(void*, int fired) { return fired; }

  // What the C API takes, with a Functions as user_data.
  static int ask_credentials(const char* host, int port, rc_credentials* to, void* functions) {
    std::string why;
    if (static_cast<Functions*>(functions)->give_credentials(host, port, to, why)) return RC_OK;
    return Refusals::keep(std::move(why));
  }
  static void tell_log(int level, const char* line, void* functions) {
    static_cast<Functions*>(functions)->log(level, line);
  }
  static void tell_attempt(const rc_attempt* attempt, void* functions) {
    static_cast<Functions*>(functions)->attempt(attempt);
  }
};

// What a cluster needs as long as it may be called. One that was found by its name needs the functions of the
// one who opened it, who may be gone before: it keeps all that there are.
class KeptFunctions {
 public:
  KeptFunctions() = default;
  ~KeptFunctions() { drop(); }
  KeptFunctions(const KeptFunctions&) = delete;
  KeptFunctions& operator=(const KeptFunctions&) = delete;

  // Before the cluster is opened.
  void keep(std::shared_ptr<Functions> functions) {
    if (functions == nullptr) return;
    const std::lock_guard<std::mutex> lock(mutex());
    auto& open = all();
    for (std::size_t i = open.size(); i > 0; --i) {
      if (open[i - 1].expired()) open.erase(open.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
    open.push_back(functions);
    own_ = functions.get();
    kept_.push_back(std::move(functions));
  }

  rc_cluster* find(const char* name) {
    const std::lock_guard<std::mutex> lock(mutex());  // whoever opened it cannot let go now
    rc_cluster* found = rc_cluster_find(name);
    if (found == nullptr) return nullptr;
    for (const auto& one : all()) {
      if (auto functions = one.lock()) kept_.push_back(std::move(functions));
    }
    return found;
  }

  // For what keeps the same cluster open.
  void share(const KeptFunctions& from) {
    const std::lock_guard<std::mutex> lock(mutex());
    kept_ = from.kept_;
  }

  void closed() {
    if (own_ != nullptr) own_->closed();
  }

  // After the cluster was freed.
  void drop() {
    std::vector<std::shared_ptr<Functions>> dropped;  // ends without the lock
    const std::lock_guard<std::mutex> lock(mutex());
    own_ = nullptr;
    dropped.swap(kept_);
  }

 private:
  static std::mutex& mutex() {
    static auto* mutex = new std::mutex;  // there until the very end of the process
    return *mutex;
  }
  static std::vector<std::weak_ptr<Functions>>& all() {
    static auto* all = new std::vector<std::weak_ptr<Functions>>;
    return *all;
  }

  Functions* own_ = nullptr;
  std::vector<std::shared_ptr<Functions>> kept_;
};
