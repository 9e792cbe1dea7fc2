// G11: options and lists of commands when memory runs out: the n-th allocation fails, for every n.
#include <utility>

#include "memory/trial.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

const char kLong[] = "a-text-that-does-not-fit-into-a-short-string";

// A step that tells of no memory, or does what it should.
struct Step {
  const char* name;
  std::function<int(rc_options*, rc_error**)> run;
};

void setters(void**) {
  const Step steps[] = {
      {"add_node",
       [](rc_options* it, rc_error** error) { return rc_options_add_node(it, kLong, 7000, error); }},
      {"add_address",
       [](rc_options* it, rc_error** error) {
         return rc_options_add_address(it, "a-host-that-does-not-fit-into-a-short-string:7000", error);
       }},
      {"set_password",
       [](rc_options* it, rc_error** error) { return rc_options_set_password(it, kLong, error); }},
      {"set_username",
       [](rc_options* it, rc_error** error) { return rc_options_set_username(it, kLong, error); }},
      {"set_name", [](rc_options* it, rc_error** error) { return rc_options_set_name(it, kLong, error); }},
      {"set_zone", [](rc_options* it, rc_error** error) { return rc_options_set_zone(it, kLong, error); }},
      {"set_tls_ca_file",
       [](rc_options* it, rc_error** error) { return rc_options_set_tls_ca_file(it, kLong, error); }},
      {"set_tls_certificate",
       [](rc_options* it, rc_error** error) {
         return rc_options_set_tls_certificate(it, kLong, kLong, error);
       }},
      {"add_mapped_address",
       [](rc_options* it, rc_error** error) {
         return rc_options_add_mapped_address(it, kLong, 1, kLong, 2, error);
       }},
      // Refused, with a message that takes memory.
      {"set_timeout_ms",
       [](rc_options* it, rc_error** error) { return rc_options_set_timeout_ms(it, 0, error); }},
      {"set_log of no level",
       [](rc_options* it, rc_error** error) { return rc_options_set_log(it, 0, nullptr, nullptr, error); }},
      {"set_read_from of no way",
       [](rc_options* it, rc_error** error) { return rc_options_set_read_from(it, -1, error); }},
      {"add_node without a host",
       [](rc_options* it, rc_error** error) { return rc_options_add_node(it, "", 1, error); }},
      {"add_address of no port",
       [](rc_options* it, rc_error** error) { return rc_options_add_address(it, "h:x", error); }},
  };
  Complaints complaints;
  for (const Step& step : steps) {
    rc_options* options = nullptr;
    rc_error* error = nullptr;
    int code = RC_OK;
    Probe trial;
    trial.prepare = [&] { options = rc_options_new(); };
    trial.call = [&] { code = step.run(options, &error); };
    trial.finish = [&](const std::string& where, Complaints& all) {
      if (code != rc_error_code(error)) all.add(where + ": another code than the error's");
      if (code != RC_OK && code != RC_ERR_INVALID_ARGUMENT && code != RC_ERR_UNSUPPORTED &&
          !is_no_memory(error))
        all.add(where + ": " + told(error));
      rc_error_free(std::exchange(error, nullptr));
      step.run(options, nullptr);
      rc_options_free(options);
    };
    for_every_allocation(step.name, trial, complaints);
  }
  assert_true(complaints.none());
}

void a_url(void**) {
  Complaints complaints;
  for (const char* url :
       {"redis://a-long-user-name:a-long-pass%20word@a-long-host-name:7000,[::1]:7001/0?timeout_ms=9"
        "&name=a-long-name-for-this-handle",
        "redis://user:pass@h:x", "redis://h?timeout_ms=1&timeout_ms=2"}) {
    rc_options* options = nullptr;
    rc_error* error = nullptr;
    Probe trial;
    trial.prepare = [] {};
    trial.call = [&] { options = rc_options_from_url(url, &error); };
    trial.finish = [&](const std::string& where, Complaints& all) {
      if ((options == nullptr) != (error != nullptr)) all.add(where + ": neither options nor an error");
      if (error != nullptr && rc_error_code(error) != RC_ERR_INVALID_ARGUMENT && !is_no_memory(error))
        all.add(where + ": " + told(error));
      rc_error_free(std::exchange(error, nullptr));
      rc_options_free(options);
    };
    for_every_allocation(url, trial, complaints);
  }
  assert_true(complaints.none());
}

void a_list_keeps_what_was_added(void**) {
  constexpr std::size_t kCount = 40;  // so that its memory grows a few times
  const std::string large(3000, 'x');
  const char* const words[] = {"SET", "key", large.c_str()};
  const char* const many[40] = {"DEL", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m",
                                "n",   "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z", "a",
                                "b",   "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"};
  Complaints complaints;
  rc_commands* commands = nullptr;
  std::size_t added = 0;
  bool strange = false;
  Probe trial;
  trial.prepare = [] {};
  trial.call = [&] {
    commands = rc_commands_new();
    added = 0;
    for (std::size_t i = 0; i < kCount; ++i) {
      rc_error* error = nullptr;
      const int code = i % 2 == 0 ? rc_commands_add(commands, 3, words, nullptr, &error)
                                  : rc_commands_add(commands, 40, many, nullptr, &error);
      if (code == RC_OK) {
        ++added;
      } else {
        strange |= commands != nullptr && code != RC_ERR_NO_MEMORY;
      }
      rc_error_free(error);
    }
  };
  trial.finish = [&](const std::string& where, Complaints& all) {
    if (strange) all.add(where + ": another error than that of no memory");
    if (rc_commands_count(commands) != added) all.add(where + ": another count");
    rc_commands_free(commands);
  };
  for_every_allocation("commands_add", trial, complaints);
  assert_true(complaints.none());
}

void new_objects(void**) {
  Complaints complaints;
  rc_options* options = nullptr;
  rc_call_options* call_options = nullptr;
  rc_commands* commands = nullptr;
  Probe trial;
  trial.prepare = [] {};
  trial.call = [&] {
    options = rc_options_new();
    call_options = rc_call_options_new();
    commands = rc_commands_new();
  };
  trial.finish = [&](const std::string&, Complaints&) {
    rc_options_free(options);
    rc_call_options_free(call_options);
    rc_commands_free(commands);
  };
  for_every_allocation("new", trial, complaints);
  assert_true(complaints.none());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(setters),
      cmocka_unit_test(a_url),
      cmocka_unit_test(a_list_keeps_what_was_added),
      cmocka_unit_test(new_objects),
  };
  return cmocka_run_group_tests_name("memory.options", tests, nullptr, nullptr);
}
