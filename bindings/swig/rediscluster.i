// The interface that all languages share. Each has a file of its own with the module, the typemaps named below, and
// then %include "rediscluster.i".
//
//   (size_t argc, const char* const* argv, const size_t* argv_len), and the same for keys     arguments
//   const rc_commands* commands                 a list of commands
//   const rc_call_options* options              a NativeCallOptions or nothing
//   WatchCallback* callback                     a function
//   rc_error** error                            raises
//   rc_reply*, rc_info*                         results
%{
#include <cstddef>

#include "client.h"
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
%ignore rc_watch_fn;
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
%ignore NativeCluster::text;

%inline %{
class NativeCancel {
 public:
  NativeCancel() : cancel_(rc_cancel_new()) {}
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
  void set_password(const char* value, rc_error** error) { rc_options_set_password(options_, value, error); }
  void set_username(const char* value, rc_error** error) { rc_options_set_username(options_, value, error); }
  void set_name(const char* value, rc_error** error) { rc_options_set_name(options_, value, error); }
  void set_timeout_ms(int value, rc_error** error) { rc_options_set_timeout_ms(options_, value, error); }
  void set_connect_timeout_ms(int value, rc_error** error) {
    rc_options_set_connect_timeout_ms(options_, value, error);
  }
  void set_max_redirects(int value, rc_error** error) { rc_options_set_max_redirects(options_, value, error); }
  void set_watch_retries(int value, rc_error** error) { rc_options_set_watch_retries(options_, value, error); }

  NativeCluster* open(const rc_call_options* options, bool text, rc_error** error) const {
    return NativeCluster::open(options_, options, text, error);
  }

 private:
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
