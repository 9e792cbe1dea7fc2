// rc_options: functions of the user's that the library calls.
#include "base/text.h"
#include "setters.h"

using namespace rediscluster;

struct rc_credentials {
  Credentials credentials;
  bool given = false;  // a callback that died has not given any, and may return RC_OK nevertheless
};

struct rc_address {
  Address address;
};

struct rc_attempt {
  const AttemptReport& report;
};

namespace {

// A callback that did not say what it was asked for. Bindings know the words of this message.
ErrorPtr refused(Code code, const char* what, const Address& node, const char* setter, int returned) {
  return make_error(
      code, Outcome::kNotSent,
      text("no ", what, " for ", to_string(node), ": the callback of ", setter, " returned ", returned));
}

}  // namespace

// ---- credentials ----

int rc_credentials_set(rc_credentials* credentials, const char* username, const char* password,
                       rc_error** error) {
  return run(Outcome::kNotSent, error, [&]() -> Status {
    if (credentials == nullptr) return invalid_argument("credentials is NULL");
    if (password == nullptr) return invalid_argument("password is NULL: give \"\" for none");
    credentials->credentials.username = username == nullptr ? "" : username;
    credentials->credentials.password = password;
    credentials->given = true;
    return {};
  });
}

int rc_options_set_credentials(rc_options* options, rc_credentials_fn fn, void* user_data, rc_error** error) {
  return change(options, error, [&](Options& to) -> Status {
    if (fn == nullptr) {
      to.ask_credentials = nullptr;
      return {};
    }
    to.ask_credentials = [fn, user_data](const Address& node) -> Result<Credentials> {
      rc_credentials answer;
      const int code = fn(node.host.c_str(), node.port, &answer, user_data);
      if (code == RC_OK && answer.given) return answer.credentials;
      if (code == RC_OK) {
        return make_error(Code::kAuth, Outcome::kNotSent,
                          text("no credentials for ", to_string(node),
                               ": the callback of rc_options_set_credentials returned RC_OK without having "
                               "called rc_credentials_set with success"));
      }
      return refused(Code::kAuth, "credentials", node, "rc_options_set_credentials", code);
    };
    return {};
  });
}

// ---- addresses ----

int rc_address_set(rc_address* address, const char* host, int port, rc_error** error) {
  return run(Outcome::kNotSent, error, [&]() -> Status {
    if (address == nullptr) return invalid_argument("address is NULL");
    if (host == nullptr) return invalid_argument("host is NULL");
    if (auto status = check_host(host); !status.ok()) return status;
    if (auto status = check_port(port); !status.ok()) return status;
    address->address = {host, port};
    return {};
  });
}

int rc_options_add_mapped_address(rc_options* options, const char* host, int port, const char* to_host,
                                  int to_port, rc_error** error) {
  return change(options, error, [&](Options& to) -> Status {
    if (host == nullptr) return invalid_argument("host is NULL");
    if (to_host == nullptr) return invalid_argument("to_host is NULL");
    return to.add_mapped_address(host, port, to_host, to_port);
  });
}

int rc_options_set_address_map(rc_options* options, rc_address_map_fn fn, void* user_data, rc_error** error) {
  return change(options, error, [&](Options& to) -> Status {
    if (fn == nullptr) {
      to.map_address = nullptr;
      return {};
    }
    to.map_address = [fn, user_data](const Address& node) -> Result<Address> {
      rc_address answer{node};
      const int code = fn(node.host.c_str(), node.port, &answer, user_data);
      if (code == RC_OK) return answer.address;
      return refused(Code::kConnect, "address", node, "rc_options_set_address_map", code);
    };
    return {};
  });
}

// ---- log ----

int rc_options_set_log(rc_options* options, int level, rc_log_fn fn, void* user_data, rc_error** error) {
  return change(options, error, [&](Options& to) -> Status {
    if (level < RC_LOG_ERROR || level > RC_LOG_DEBUG) {
      return invalid_argument(text("a log level of ", level, " makes no sense: give an RC_LOG_ value"));
    }
    to.log_level = static_cast<LogLevel>(level);
    to.log = nullptr;
    if (fn != nullptr) {
      to.log = [fn, user_data](LogLevel of, const std::string& line) {
        fn(static_cast<int>(of), line.c_str(), user_data);
      };
    }
    return {};
  });
}

// ---- attempts ----

int rc_options_set_attempt_hook(rc_options* options, rc_attempt_fn fn, void* user_data, rc_error** error) {
  return change(options, error, [&](Options& to) -> Status {
    to.attempt_hook = nullptr;
    if (fn != nullptr) {
      to.attempt_hook = [fn, user_data](const AttemptReport& report) {
        const rc_attempt attempt{report};
        fn(&attempt, user_data);
      };
    }
    return {};
  });
}

const char* rc_attempt_host(const rc_attempt* attempt) {
  return attempt == nullptr ? nullptr : attempt->report.node.host.c_str();
}

int rc_attempt_port(const rc_attempt* attempt) { return attempt == nullptr ? 0 : attempt->report.node.port; }

const char* rc_attempt_command(const rc_attempt* attempt) {
  return attempt == nullptr ? nullptr : attempt->report.command.c_str();
}

int64_t rc_attempt_duration_us(const rc_attempt* attempt) {
  if (attempt == nullptr) return 0;
  return std::chrono::duration_cast<std::chrono::microseconds>(attempt->report.took).count();
}

int rc_attempt_number(const rc_attempt* attempt) { return attempt == nullptr ? 0 : attempt->report.number; }

int rc_attempt_code(const rc_attempt* attempt) {
  return attempt == nullptr ? RC_OK : static_cast<int>(attempt->report.code);
}

const char* rc_attempt_server_code(const rc_attempt* attempt) {
  return attempt == nullptr ? nullptr : attempt->report.server_code;
}

int rc_attempt_outcome(const rc_attempt* attempt) {
  return attempt == nullptr ? RC_OUTCOME_NOT_SENT : static_cast<int>(attempt->report.outcome);
}
