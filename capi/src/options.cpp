// rc_options, rc_call_options and rc_cancel.
#include <cstring>

#include "setters.h"
#include "url.h"

using namespace rediscluster;

namespace {

// `work` changes a copy, which takes effect if it returns success.
template <class Work>
int change_route(rc_call_options* options, rc_error** error, Work&& work) noexcept {
  return change(options, error, [&](CallOptions& to) -> Status {
    Route route = to.route;
    if (auto status = work(route); !status.ok()) return status;
    to.set_route(std::move(route));
    return {};
  });
}

}  // namespace

rc_options* rc_options_new(void) {
  return make_quietly([] { return new rc_options(); });
}

rc_options* rc_options_from_url(const char* url, rc_error** error) {
  return make(Outcome::kNotSent, error, [&]() -> Result<std::unique_ptr<rc_options>> {
    if (url == nullptr) return invalid_argument("url is NULL");
    auto options = std::make_unique<rc_options>();
    if (auto status = parse_url(url, options->options); !status.ok()) return status;
    return options;
  });
}

int rc_options_add_node(rc_options* options, const char* host, int port, rc_error** error) {
  return change(options, error, [&](auto& to) -> Status {
    if (host == nullptr) return invalid_argument("host is NULL");
    return to.add_node(host, port);
  });
}

int rc_options_add_address(rc_options* options, const char* host_port, rc_error** error) {
  return change(options, error, [&](auto& to) -> Status {
    if (host_port == nullptr) return invalid_argument("host_port is NULL");
    if (std::strchr(host_port, '@') != nullptr) {  // it may be a URL: not to be shown in a message
      return invalid_argument(
          "an address is \"host:port\", without \"@\": set user and password by rc_options_set_username and "
          "rc_options_set_password, or use rc_options_from_url");
    }
    return to.add_address(host_port);
  });
}

int rc_options_set_password(rc_options* options, const char* password, rc_error** error) {
  return set_text(options, "password", password, error, &Options::set_password);
}

int rc_options_set_username(rc_options* options, const char* username, rc_error** error) {
  return set_text(options, "username", username, error, &Options::set_username);
}

int rc_options_set_name(rc_options* options, const char* name, rc_error** error) {
  return set_text(options, "name", name, error, &Options::set_name);
}

int rc_options_set_timeout_ms(rc_options* options, int timeout_ms, rc_error** error) {
  return set_number(options, timeout_ms, error, &Options::set_timeout_ms);
}

int rc_options_set_connect_timeout_ms(rc_options* options, int timeout_ms, rc_error** error) {
  return set_number(options, timeout_ms, error, &Options::set_connect_timeout_ms);
}

int rc_options_set_max_redirects(rc_options* options, int count, rc_error** error) {
  return set_number(options, count, error, &Options::set_max_redirects);
}

int rc_options_set_watch_retries(rc_options* options, int count, rc_error** error) {
  return set_number(options, count, error, &Options::set_watch_retries);
}

int rc_options_set_refresh_interval_ms(rc_options* options, int ms, rc_error** error) {
  return set_number(options, ms, error, &Options::set_refresh_interval_ms);
}

int rc_options_set_protocol(rc_options* options, int version, rc_error** error) {
  return set_number(options, version, error, &Options::set_protocol);
}

int rc_options_set_database(rc_options* options, int database, rc_error** error) {
  return set_number(options, database, error, &Options::set_database);
}

int rc_options_set_read_from(rc_options* options, int from, rc_error** error) {
  return set_number(options, from, error, &Options::set_read_from);
}

int rc_options_set_zone(rc_options* options, const char* zone, rc_error** error) {
  return set_text(options, "zone", zone, error, &Options::set_zone);
}

void rc_options_free(rc_options* options) { delete options; }

rc_call_options* rc_call_options_new(void) {
  return make_quietly([] { return new rc_call_options(); });
}

int rc_call_options_set_timeout_ms(rc_call_options* options, int timeout_ms, rc_error** error) {
  return change(options, error, [&](auto& to) -> Status {
    if (timeout_ms < 1) {
      return invalid_argument(text("timeout_ms is ", timeout_ms, ": give at least 1 millisecond"));
    }
    to.timeout = milliseconds(timeout_ms);
    return {};
  });
}

int rc_call_options_set_idempotent(rc_call_options* options, int yes, rc_error** error) {
  return change(options, error, [&](auto& to) -> Status {
    to.idempotent = yes != 0;
    return {};
  });
}

int rc_call_options_set_cancel(rc_call_options* options, rc_cancel* cancel, rc_error** error) {
  return change(options, error, [&](auto& to) -> Status {
    to.set_cancel(cancel == nullptr ? nullptr : cancel->cancel);
    return {};
  });
}

int rc_call_options_set_read_from(rc_call_options* options, int from, rc_error** error) {
  return change(options, error, [&](CallOptions& to) -> Status {
    if (auto status = check_read_from(from); !status.ok()) return status;
    to.read_from = static_cast<ReadFrom>(from);
    return {};
  });
}

int rc_call_options_set_route(rc_call_options* options, int route, rc_error** error) {
  return change_route(options, error, [&](Route& to) -> Status {
    if (route < RC_ROUTE_AUTO || route > RC_ROUTE_NODES)
      return invalid_argument(text("route is ", route, ": give one of RC_ROUTE_*"));
    to.kind = static_cast<Route::Kind>(route);
    return {};
  });
}

int rc_call_options_set_route_node(rc_call_options* options, const char* host, int port, rc_error** error) {
  return change_route(options, error, [&](Route& to) -> Status {
    if (host == nullptr) return invalid_argument("host is NULL");
    if (auto status = check_host(host); !status.ok()) return status;
    if (auto status = check_port(port); !status.ok()) return status;
    to.node = {host, port};
    to.kind = Route::kNode;
    return {};
  });
}

int rc_call_options_set_route_key(rc_call_options* options, const char* key, size_t key_len,
                                  rc_error** error) {
  return change_route(options, error, [&](Route& to) -> Status {
    if (key == nullptr && key_len != 0)
      return invalid_argument(text("key is NULL, but key_len is ", key_len));
    to.slot = rc_key_slot(key, key_len);
    to.kind = Route::kSlot;
    return {};
  });
}

int rc_call_options_set_split(rc_call_options* options, int yes, rc_error** error) {
  return change_route(options, error, [&](Route& to) -> Status {
    to.split = yes != 0;
    return {};
  });
}

int rc_call_options_set_combine(rc_call_options* options, int combine, rc_error** error) {
  return change_route(options, error, [&](Route& to) -> Status {
    if (combine != RC_COMBINE_AUTO && combine != RC_COMBINE_BY_NODE)
      return invalid_argument(text("combine is ", combine, ": give one of RC_COMBINE_*"));
    to.by_node = combine == RC_COMBINE_BY_NODE;
    return {};
  });
}

void rc_call_options_free(rc_call_options* options) { delete options; }

rc_cancel* rc_cancel_new(void) {
  return make_quietly([] { return new rc_cancel(); });
}

void rc_cancel_fire(rc_cancel* cancel) {
  if (cancel != nullptr) cancel->cancel->fire();
}

void rc_cancel_set_check(rc_cancel* cancel, rc_cancel_check_fn check, void* user_data) {
  if (cancel != nullptr) cancel->cancel->set_check(check, user_data);
}

int rc_cancel_fired(const rc_cancel* cancel) { return cancel != nullptr && cancel->cancel->fired() ? 1 : 0; }

void rc_cancel_free(rc_cancel* cancel) { delete cancel; }
