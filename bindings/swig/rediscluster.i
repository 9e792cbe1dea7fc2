// The interface that all languages share. Each has a file of its own with the module, the typemaps named below, and
// then %include "rediscluster.i".
//
//   (size_t argc, const char* const* argv, const size_t* argv_len), and the same for keys     arguments
//   const rc_commands* commands                 a list of commands
//   const rc_call_options* options              a NativeCallOptions or nothing
//   WatchCallback* callback                     a function
//   rc_error** error                            raises
//   rc_reply*, rc_info*, rc_explanation*        results
//
// and defines before, in a header of its own: Function, a reference to a function, and LanguageFunctions, a Functions with
//   void keep(Kind, Function)                   that Function, for as long as it lives
// and may define there, instead of that of Functions:
//   static int is_to_end(void*, int fired)      the check of a cancel (rc_cancel_set_check)
%{
#include <cstddef>
#include <memory>

#include "client.h"
#include "settings.h"
%}

%include <stdint.i>

// The codes, outcomes and types; the functions are behind the classes below.
#define RC_API
%rename("$ignore", %$isfunction, regextarget=1) "^rc_";
%ignore rc_error;
%ignore rc_options;
%ignore rc_cluster;
%ignore rc_info;
%ignore rc_call_options;
%ignore rc_commands;
%ignore rc_watch;
%ignore rc_reply;
%ignore rc_cancel;
%ignore rc_explanation;
%ignore rc_scan;
%ignore rc_script;
%ignore rc_queue_options;
%ignore rc_queue;
%ignore rc_completions;
%ignore rc_credentials;
%ignore rc_address;
%ignore rc_attempt;
%ignore rc_watch_fn;
%ignore rc_credentials_fn;
%ignore rc_address_map_fn;
%ignore rc_log_fn;
%ignore rc_attempt_fn;
%include <rediscluster/rediscluster.h>

%nodefaultctor;
%newobject NativeOptions::open;
%newobject NativeCluster::find;
%ignore NativeCallOptions::get;
%ignore NativeCallOptions::cancel;
%ignore NativeWatch::NativeWatch;
%ignore NativeWatch::end;
%ignore NativeWatch::text;
%ignore NativeWatch::cancel;
%newobject NativeCluster::scan;
%ignore NativeScan::NativeScan;
%ignore NativeScan::text;
%ignore NativeCluster::text;
%ignore NativeCluster::NativeCluster;

%inline %{
class NativeCancel {
 public:
  NativeCancel() : cancel_(rc_cancel_new()) { rc_cancel_set_check(cancel_, LanguageFunctions::is_to_end, nullptr); }
  ~NativeCancel() { rc_cancel_free(cancel_); }
  void fire() { rc_cancel_fire(cancel_); }
  bool fired() const { return rc_cancel_fired(cancel_) != 0; }
  void put_into(NativeCallOptions* given, rc_error** error) const { given->set_cancel(cancel_, error); }

 private:
  rc_cancel* cancel_;
};

class NativeOptions {
 public:
  NativeOptions() : options_(rc_options_new()) {}
  ~NativeOptions() { rc_options_free(options_); }

  void use_url(const char* url, rc_error** error) {
    rc_options* options = rc_options_from_url(url, error);
    if (options == nullptr) return;
    rc_options_free(options_);
    options_ = options;
  }
  void add_node(const char* host, int port, rc_error** error) { rc_options_add_node(options_, host, port, error); }
  void add_address(const char* address, rc_error** error) { rc_options_add_address(options_, address, error); }
  void map_address(const char* from, const char* to, rc_error** error) { add_mapped_address(options_, from, to, error); }
  void set_text(const char* name, const char* value, rc_error** error) { set_text_option(options_, name, value, error); }
  void set_number(const char* name, int value, rc_error** error) { set_number_option(options_, name, value, error); }
  void set_certificate(const char* certificate, const char* key, rc_error** error) {
    rc_options_set_tls_certificate(options_, certificate, key, error);
  }
  void set_credentials(Function function, rc_error** error) {
    rc_options_set_credentials(options_, Functions::ask_credentials, keep(Functions::kCredentials, function), error);
  }
  void set_log(int level, Function function, rc_error** error) {
    rc_options_set_log(options_, level, Functions::tell_log, keep(Functions::kLog, function), error);
  }
  void set_attempt_hook(Function function, rc_error** error) {
    rc_options_set_attempt_hook(options_, Functions::tell_attempt, keep(Functions::kAttempt, function), error);
  }

  NativeCluster* open(const rc_call_options* options, bool text, rc_error** error) const {
    return NativeCluster::open(options_, options, text, functions_, error);
  }

 private:
  Functions* keep(Functions::Kind kind, Function function) {
    if (functions_ == nullptr) functions_ = std::make_shared<LanguageFunctions>();
    functions_->keep(kind, function);
    return functions_.get();
  }

  std::shared_ptr<LanguageFunctions> functions_;
  rc_options* options_;
};
%}
%ignore NativeCluster::open;
%include "client.h"

%inline %{
const char* library_version() { return rc_version(); }
const char* code_name(int code) { return rc_error_name(code); }
int slot_of_key(size_t argc, const char* const* argv, const size_t* argv_len) {
  return argc == 0 ? 0 : rc_key_slot(argv[0], argv_len[0]);
}
%}
