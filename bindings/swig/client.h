// What SWIG wraps: a cluster, a watch session and options as objects with methods, on top of the C API. What
// a parameter or a result becomes in a language say the typemaps of that language.
#pragma once

#include <rediscluster/rediscluster.h>

#include <memory>
#include <string>
#include <utility>

#include "functions.h"
#include "settings.h"
#include "watch_callback.h"

class NativeCallOptions {
 public:
  NativeCallOptions() : options_(rc_call_options_new()) {}
  ~NativeCallOptions() { rc_call_options_free(options_); }
  NativeCallOptions(const NativeCallOptions&) = delete;
  NativeCallOptions& operator=(const NativeCallOptions&) = delete;

  void set_timeout_ms(int timeout_ms, rc_error** error) {
    rc_call_options_set_timeout_ms(options_, timeout_ms, error);
  }
  void set_idempotent(bool yes, rc_error** error) {
    rc_call_options_set_idempotent(options_, yes ? 1 : 0, error);
  }
  void set_read_from(int from, rc_error** error) { rc_call_options_set_read_from(options_, from, error); }
  void set_route(int route, rc_error** error) { rc_call_options_set_route(options_, route, error); }
  // "host:port".
  void set_route_node(const char* address, rc_error** error) {
    std::string host;
    int port = 0;
    split_address(address, host, port);
    rc_call_options_set_route_node(options_, host.c_str(), port, error);
  }
  // The key is the one argument.
  void set_route_key(size_t argc, const char* const* argv, const size_t* argv_len, rc_error** error) {
    if (argc == 1) rc_call_options_set_route_key(options_, argv[0], argv_len[0], error);
  }
  void set_split(bool yes, rc_error** error) { rc_call_options_set_split(options_, yes ? 1 : 0, error); }
  void set_combine(int combine, rc_error** error) { rc_call_options_set_combine(options_, combine, error); }
  void set_cancel(rc_cancel* cancel, rc_error** error) {
    rc_call_options_set_cancel(options_, cancel, error);
    cancel_ = cancel;
  }

  rc_call_options* get() const { return options_; }
  rc_cancel* cancel() const { return cancel_; }  // NULL: none was given

 private:
  rc_call_options* options_;
  rc_cancel* cancel_ = nullptr;
};

// For the time of a watch callback; asked later it fails.
class NativeWatch {
 public:
  // cancel: that of the call whose callback this is; may be NULL.
  NativeWatch(rc_watch* watch, bool text, rc_cancel* cancel = nullptr)
      : watch_(watch), text_(text), cancel_(cancel) {}

  rc_reply* command(size_t argc, const char* const* argv, const size_t* argv_len, rc_error** error) {
    return rc_watch_command(watch_, argc, argv, argv_len, error);
  }

  void end() {
    watch_ = nullptr;
    cancel_ = nullptr;
  }
  bool text() const { return text_; }
  rc_cancel* cancel() const { return cancel_; }

 private:
  rc_watch* watch_;
  const bool text_;
  rc_cancel* cancel_;
};

// One thread at a time. It keeps its cluster open, and what that may call.
class NativeScan {
 public:
  NativeScan(rc_scan* scan, bool text, const KeptFunctions& functions) : scan_(scan), text_(text) {
    functions_.share(functions);
  }
  ~NativeScan() { rc_scan_free(scan_); }
  NativeScan(const NativeScan&) = delete;
  NativeScan& operator=(const NativeScan&) = delete;

  // The pattern is the one argument.
  void set_match(size_t argc, const char* const* argv, const size_t* argv_len, rc_error** error) {
    if (argc == 1) rc_scan_set_match(scan_, argv[0], argv_len[0], error);
  }
  void set_count(int count, rc_error** error) { rc_scan_set_count(scan_, count, error); }
  void set_type(const char* name, rc_error** error) { rc_scan_set_type(scan_, name, error); }
  void set_cursor(const char* value, rc_error** error) { rc_scan_set_cursor(scan_, value, error); }
  // Nothing: the end, or an error.
  rc_reply* next(const rc_call_options* options, rc_error** error) {
    return rc_scan_next_with(scan_, options, error);
  }
  const char* cursor() const { return rc_scan_cursor(scan_); }
  int doubtful_count() const { return static_cast<int>(rc_scan_doubtful_count(scan_)); }
  int doubtful_slot(int i) const { return rc_scan_doubtful_slot(scan_, static_cast<size_t>(i)); }
  bool text() const { return text_; }

 private:
  KeptFunctions functions_;
  rc_scan* scan_;
  const bool text_;
};

class NativeCluster;

// Whether what an object gives has texts instead of bytes.
template <typename Object>
inline bool wants_text(const Object&) {
  return false;
}
inline bool wants_text(NativeScan* scan) { return scan->text(); }
inline bool wants_text(NativeWatch* watch) { return watch->text(); }
bool wants_text(NativeCluster* cluster);

class NativeCluster {
 public:
  // text: strings of replies become the language's text instead of its bytes. functions: may be NULL.
  static NativeCluster* open(const rc_options* from, const rc_call_options* options, bool text,
                             std::shared_ptr<Functions> functions, rc_error** error) {
    auto opened = std::make_unique<NativeCluster>(text);
    opened->functions_.keep(std::move(functions));
    opened->cluster_ = rc_cluster_open_with(from, options, error);
    return opened->cluster_ == nullptr ? nullptr : opened.release();
  }
  static NativeCluster* find(const char* name, bool text) {
    auto found = std::make_unique<NativeCluster>(text);
    found->cluster_ = found->functions_.find(name);
    return found->cluster_ == nullptr ? nullptr : found.release();
  }
  explicit NativeCluster(bool text) : text_(text) {}
  ~NativeCluster() { release(); }
  NativeCluster(const NativeCluster&) = delete;
  NativeCluster& operator=(const NativeCluster&) = delete;

  rc_reply* command(const rc_call_options* options, size_t argc, const char* const* argv,
                    const size_t* argv_len, rc_error** error) {
    return rc_command_with(cluster_, options, argc, argv, argv_len, error);
  }
  rc_reply* pipeline(const rc_call_options* options, const rc_commands* commands, rc_error** error) {
    return rc_pipeline_with(cluster_, options, commands, error);
  }
  rc_reply* transaction(const rc_call_options* options, const rc_commands* commands, rc_error** error) {
    return rc_transaction_with(cluster_, options, commands, error);
  }
  rc_reply* watch(const rc_call_options* options, size_t key_count, const char* const* keys,
                  const size_t* key_len, WatchCallback* callback, rc_error** error) {
    rc_error* failed = nullptr;
    rc_reply* reply = rc_watch_transaction_with(cluster_, options, key_count, keys, key_len,
                                                WatchCallback::run, callback, &failed);
    if (failed != nullptr && !callback->has_the_last_word(failed)) {
      *error = failed;
    } else {
      rc_error_free(failed);
    }
    return reply;
  }
  rc_explanation* explain(const rc_call_options* options, size_t argc, const char* const* argv,
                          const size_t* argv_len, rc_error** error) {
    return rc_explain_with(cluster_, options, argc, argv, argv_len, error);
  }
  void refresh(const rc_call_options* options, rc_error** error) {
    rc_cluster_refresh_with(cluster_, options, error);
  }
  NativeScan* scan(rc_error** error) {
    rc_scan* scan = rc_scan_new(cluster_, error);
    return scan == nullptr ? nullptr : new NativeScan(scan, text_, functions_);
  }
  rc_info* info(rc_error** error) { return rc_cluster_info(cluster_, error); }
  void close() {
    rc_cluster_close(cluster_);
    functions_.closed();
  }
  // Frees what a closed cluster still has. No call may be under way, or follow.
  void release() {
    rc_cluster_free(cluster_);
    cluster_ = nullptr;
    functions_.drop();
  }

  bool text() const { return text_; }

 private:
  KeptFunctions functions_;
  rc_cluster* cluster_ = nullptr;
  const bool text_;
};

inline bool wants_text(NativeCluster* cluster) { return cluster->text(); }
