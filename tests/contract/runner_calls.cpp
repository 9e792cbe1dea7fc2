#include "runner_calls.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <set>
#include <span>
#include <thread>

namespace contract {
namespace {

// Words as the arrays that the C API takes.
struct Arguments {
  explicit Arguments(std::span<const Word> words) {
    for (const Word& word : words) {
      data.push_back(word.text.data());
      lengths.push_back(word.text.size());
    }
  }
  std::vector<const char*> data;
  std::vector<std::size_t> lengths;
};

int integer(const std::string& text) { return std::stoi(text); }

int read_from(const std::string& name) {
  const char* const names[] = {"primary",     "prefer_replica", "replica",
                               "round_robin", "lowest_latency", "same_zone"};
  for (int i = 0; i < 6; ++i) {
    if (name == names[i]) return i;
  }
  throw Failure("no such place to read from: " + name);
}

// Fires a cancel after a time, unless the call has ended.
class CancelAfter {
 public:
  CancelAfter() = default;
  ~CancelAfter() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void start(rc_call_options* options, int delay_ms) {
    cancel_.reset(rc_cancel_new());
    rc_call_options_set_cancel(options, cancel_.get(), nullptr);
    if (delay_ms == 0) return rc_cancel_fire(cancel_.get());
    thread_ = std::thread([this, delay_ms] {
      std::unique_lock lock(mutex_);
      if (!changed_.wait_for(lock, std::chrono::milliseconds(delay_ms), [this] { return ended_; }))
        rc_cancel_fire(cancel_.get());
    });
  }

 private:
  Cancel cancel_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

// "host:port", the port being a number.
std::pair<std::string, int> address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return {text, 0};
  return {text.substr(0, colon), integer(text.substr(colon + 1))};
}

// The options of a call: the words at the front that begin with @.
struct Call {
  explicit Call(const Words& words) : rest(words) {
    rc_error* failed = nullptr;
    while (!rest.empty() && !rest[0].quoted && rest[0].text.compare(0, 1, "@") == 0 && failed == nullptr) {
      const std::size_t equals = rest[0].text.find('=');
      const std::string name = rest[0].text.substr(1, equals - 1);
      const std::string value = rest[0].text.substr(equals + 1);
      if (!set_way(name, value, &failed))
        set(name, name == "read_from" ? read_from(value) : integer(value), &failed);
      rest = rest.subspan(1);
    }
    error.reset(failed);
  }

  // Options that say where the call goes. False for others.
  bool set_way(const std::string& name, const std::string& value, rc_error** failed) {
    if (options == nullptr) options.reset(rc_call_options_new());
    if (name == "route") {
      const std::vector<std::string> names{"auto", "one", "primaries", "nodes"};
      const auto found = std::find(names.begin(), names.end(), value);
      rc_call_options_set_route(options.get(), static_cast<int>(found - names.begin()), failed);
    } else if (name == "node") {
      const auto [host, port] = address(value);
      rc_call_options_set_route_node(options.get(), host.c_str(), port, failed);
    } else if (name == "route_key") {
      rc_call_options_set_route_key(options.get(), value.data(), value.size(), failed);
    } else if (name == "split") {
      rc_call_options_set_split(options.get(), integer(value), failed);
    } else if (name == "combine") {
      rc_call_options_set_combine(options.get(), value == "by_node" ? RC_COMBINE_BY_NODE : RC_COMBINE_AUTO,
                                  failed);
    } else {
      return false;
    }
    return true;
  }

  void set(const std::string& name, int value, rc_error** failed) {
    if (name == "timeout_ms") {
      rc_call_options_set_timeout_ms(options.get(), value, failed);
    } else if (name == "idempotent") {
      rc_call_options_set_idempotent(options.get(), value, failed);
    } else if (name == "read_from") {
      rc_call_options_set_read_from(options.get(), value, failed);
    } else if (name == "cancel_after_ms") {
      cancel.start(options.get(), value);
    } else {
      throw Failure("no such option of a call: " + name);
    }
  }

  CancelAfter cancel;
  CallOptions options;
  std::span<const Word> rest;
  Error error;
};

Outcome failed(rc_error* error) {
  Outcome outcome;
  outcome.error.reset(error);
  return outcome;
}

Outcome result(rc_reply* reply, rc_error* error) {
  Outcome outcome;
  outcome.reply.reset(reply);
  outcome.error.reset(error);
  return outcome;
}

Outcome count(std::int64_t value) {
  Outcome outcome;
  outcome.count = value;
  return outcome;
}

rc_error* fill(rc_commands* commands, std::span<const Word> words) {
  rc_error* error = nullptr;
  while (!words.empty() && error == nullptr) {
    std::size_t length = 0;
    while (length < words.size() && !words[length].is(";")) ++length;
    const Arguments arguments(words.first(length));
    rc_commands_add(commands, length, arguments.data.data(), arguments.lengths.data(), &error);
    words = words.subspan(std::min(length + 1, words.size()));
  }
  return error;
}

void add_nodes(rc_options* options, const std::string& nodes, rc_error** error) {
  for (std::size_t at = 0; at < nodes.size() && *error == nullptr;) {
    const std::size_t end = std::min(nodes.find(',', at), nodes.size());
    rc_options_add_address(options, nodes.substr(at, end - at).c_str(), error);
    at = end + 1;
  }
}

void add_mapped(rc_options* options, const std::string& all, rc_error** error) {
  for (std::size_t at = 0; at < all.size() && *error == nullptr;) {
    const std::size_t end = std::min(all.find(',', at), all.size());
    const std::string one = all.substr(at, end - at);
    const auto [host, port] = address(one.substr(0, one.find('>')));
    const auto [to_host, to_port] = address(one.substr(one.find('>') + 1));
    rc_options_add_mapped_address(options, host.c_str(), port, to_host.c_str(), to_port, error);
    at = end + 1;
  }
}

// text: "user:password", or something without a colon.
int give_credentials(const char* /*host*/, int /*port*/, rc_credentials* to, void* text) {
  const std::string& given = *static_cast<const std::string*>(text);
  const std::size_t colon = given.find(':');
  if (colon == std::string::npos) return RC_ERR_CALLBACK;
  return rc_credentials_set(to, given.substr(0, colon).c_str(), given.substr(colon + 1).c_str(), nullptr);
}

using Setter = std::function<void(rc_options*, const std::string&, rc_error**)>;

// Each setter by the name of its option.
Setter setter(const std::string& name) {
  const auto text = [](auto function) -> Setter {
    return [function](rc_options* options, const std::string& value, rc_error** error) {
      function(options, value.c_str(), error);
    };
  };
  const auto number = [](auto function) -> Setter {
    return [function](rc_options* options, const std::string& value, rc_error** error) {
      function(options, integer(value), error);
    };
  };
  if (name == "nodes") return add_nodes;
  if (name == "password") return text(rc_options_set_password);
  if (name == "username") return text(rc_options_set_username);
  if (name == "name") return text(rc_options_set_name);
  if (name == "timeout_ms") return number(rc_options_set_timeout_ms);
  if (name == "connect_timeout_ms") return number(rc_options_set_connect_timeout_ms);
  if (name == "max_redirects") return number(rc_options_set_max_redirects);
  if (name == "watch_retries") return number(rc_options_set_watch_retries);
  if (name == "database") return number(rc_options_set_database);
  if (name == "refresh_interval_ms") return number(rc_options_set_refresh_interval_ms);
  if (name == "zone") return text(rc_options_set_zone);
  if (name == "protocol") return number(rc_options_set_protocol);
  if (name == "tls") return number(rc_options_set_tls);
  if (name == "tls_verify") return number(rc_options_set_tls_verify);
  if (name == "tls_ca_file") return text(rc_options_set_tls_ca_file);
  if (name == "tls_ca_dir") return text(rc_options_set_tls_ca_dir);
  if (name == "tls_key_password") return text(rc_options_set_tls_key_password);
  if (name == "tls_server_name") return text(rc_options_set_tls_server_name);
  if (name == "mapped") return add_mapped;
  if (name == "tls_min_version") {
    return [](rc_options* options, const std::string& value, rc_error** error) {
      rc_options_set_tls_min_version(options, value == "1.3" ? RC_TLS_1_3 : RC_TLS_1_2, error);
    };
  }
  if (name == "read_from") {
    return [](rc_options* options, const std::string& value, rc_error** error) {
      rc_options_set_read_from(options, read_from(value), error);
    };
  }
  throw Failure("no such option: " + name);
}

int call_back(rc_watch* watch, rc_commands* to_execute, void* callback) {
  return (*static_cast<const Handle::Callback*>(callback))(watch, to_execute);
}

}  // namespace

Outcome Handle::open(const Words& words, const std::string& default_nodes) {
  close();
  rc_error* error = nullptr;
  Options options(rc_options_new());
  CallOptions call(rc_call_options_new());
  CancelAfter cancel;
  bool has_nodes = false;
  std::string certificate;
  std::string key;
  for (const Word& word : words) {
    const std::size_t equals = word.text.find('=');
    const std::string name = word.text.substr(0, equals);
    const std::string value = word.text.substr(equals + 1);
    has_nodes = has_nodes || name == "nodes" || name == "url";
    if (name == "cancel_after_ms") {
      cancel.start(call.get(), integer(value));
    } else if (name == "tls_certificate") {
      certificate = value;
    } else if (name == "tls_key") {
      key = value;
    } else if (name == "credentials") {
      credentials_ = value;
      rc_options_set_credentials(options.get(), give_credentials, &credentials_, &error);
    } else if (name == "url") {
      options.reset(rc_options_from_url(value.c_str(), &error));
    } else {
      setter(name)(options.get(), value, &error);
    }
    if (error != nullptr) return failed(error);
  }
  if (!certificate.empty() || !key.empty())
    rc_options_set_tls_certificate(options.get(), certificate.c_str(), key.c_str(), &error);
  if (error == nullptr && !has_nodes) add_nodes(options.get(), default_nodes, &error);
  if (error != nullptr) return failed(error);
  cluster_.reset(rc_cluster_open_with(options.get(), call.get(), &error), rc_cluster_free);
  return failed(error);
}

namespace {

Outcome explained(rc_explanation* raw, rc_error* error, const std::string& field) {
  const Explanation explanation(raw);
  if (raw == nullptr) return failed(error);
  Outcome outcome;
  if (field == "slot") {
    outcome.count = rc_explanation_slot(raw);
  } else if (field == "read_only") {
    outcome.count = rc_explanation_is_read_only(raw);
  } else if (field == "may_block") {
    outcome.count = rc_explanation_may_block(raw);
  } else if (field == "node") {
    const char* host = rc_explanation_host(raw);
    outcome.text = host == nullptr ? "-" : std::string(host) + ':' + std::to_string(rc_explanation_port(raw));
  } else if (field == "keys") {
    outcome.texts.emplace();
    for (std::size_t i = 0; i < rc_explanation_key_count(raw); ++i) {
      std::size_t length = 0;
      const char* key = rc_explanation_key(raw, i, &length);
      outcome.texts->emplace_back(key, length);
    }
  } else {
    throw Failure("no such field: " + field);
  }
  return outcome;
}

}  // namespace

void Handle::close() { rc_cluster_close(cluster_.get()); }

Outcome Handle::find(const std::string& name) {
  rc_cluster* found = rc_cluster_find(name.c_str());
  if (found != nullptr) cluster_.reset(found, rc_cluster_free);
  return count(found != nullptr ? 1 : 0);
}

Outcome Handle::info(const Words& words) const {
  rc_error* error = nullptr;
  const Info info(rc_cluster_info(cluster_.get(), &error));
  if (error != nullptr) return failed(error);
  const std::string field = words.at(0).text;
  if (field == "nodes") return count(static_cast<std::int64_t>(rc_info_node_count(info.get())));
  if (field == "seeds") return count(static_cast<std::int64_t>(rc_info_seed_count(info.get())));
  if (field == "slots_covered") return count(rc_info_slots_covered(info.get()));
  if (field == "owner") {
    const int slot = rc_key_slot(words.at(1).text.data(), words[1].text.size());
    const auto owner = static_cast<std::size_t>(rc_info_slot_owner(info.get(), slot));
    Outcome outcome;
    outcome.text = std::string(rc_info_node_host(info.get(), owner)) + ':' +
                   std::to_string(rc_info_node_port(info.get(), owner));
    return outcome;
  }
  if (field == "ids") {
    std::set<std::string> ids;
    for (std::size_t i = 0; i < rc_info_node_count(info.get()); ++i)
      ids.emplace(rc_info_node_id(info.get(), i));
    return count(static_cast<std::int64_t>(ids.size()));
  }
  if (field == "counter")
    return count(static_cast<std::int64_t>(rc_info_counter(info.get(), words.at(1).text.c_str())));
  int primaries = 0;
  for (std::size_t i = 0; i < rc_info_node_count(info.get()); ++i)
    primaries += rc_info_node_is_primary(info.get(), i);
  return count(primaries);
}

Outcome Handle::scan(const std::string& pattern) const {
  rc_error* error = nullptr;
  const Scan scan(rc_scan_new(cluster_.get(), &error));
  if (scan == nullptr) return failed(error);
  rc_scan_set_match(scan.get(), pattern.data(), pattern.size(), &error);
  std::set<std::string> keys;
  while (error == nullptr) {
    const Reply page(rc_scan_next(scan.get(), &error));
    if (page == nullptr) break;
    for (std::size_t i = 0; i < rc_reply_length(page.get()); ++i) {
      std::size_t length = 0;
      const char* key = rc_reply_string(rc_reply_element(page.get(), i), &length);
      keys.emplace(key, length);
    }
  }
  return error != nullptr ? failed(error) : count(static_cast<std::int64_t>(keys.size()));
}

Outcome Handle::call(const std::string& verb, const Words& words) {
  const auto cluster = cluster_;
  rc_error* error = nullptr;
  if (verb == "find") return find(words.at(0).text);
  if (verb == "info") return info(words);
  if (verb == "scan") return scan(words.at(0).text);
  if (verb == "slot") return count(rc_key_slot(words.at(0).text.data(), words[0].text.size()));
  if (verb == "close") return close(), failed(nullptr);
  if (verb == "refresh") return rc_cluster_refresh(cluster.get(), &error), failed(error);

  Call call(words);
  if (call.error != nullptr) return failed(call.error.release());
  if (verb == "command") {
    const Arguments arguments(call.rest);
    rc_reply* reply = rc_command_with(cluster.get(), call.options.get(), call.rest.size(),
                                      arguments.data.data(), arguments.lengths.data(), &error);
    return result(reply, error);
  }
  if (verb == "explain") {
    const auto command = call.rest.subspan(1);
    const Arguments arguments(command);
    rc_explanation* explanation = rc_explain_with(cluster.get(), call.options.get(), command.size(),
                                                  arguments.data.data(), arguments.lengths.data(), &error);
    return explained(explanation, error, call.rest[0].text);
  }
  const auto operation = verb == "pipeline"      ? rc_pipeline_with
                         : verb == "transaction" ? rc_transaction_with
                                                 : throw Failure("no such step: " + verb);
  const Commands commands(rc_commands_new());
  if (rc_error* refused = fill(commands.get(), call.rest)) return failed(refused);
  rc_reply* reply = operation(cluster.get(), call.options.get(), commands.get(), &error);
  return result(reply, error);
}

Outcome Handle::watch(const Words& words, const Callback& callback) {
  const auto cluster = cluster_;
  Call call(words);
  if (call.error != nullptr) return failed(call.error.release());
  const Arguments keys(call.rest);
  rc_error* error = nullptr;
  rc_reply* reply =
      rc_watch_transaction_with(cluster.get(), call.options.get(), call.rest.size(), keys.data.data(),
                                keys.lengths.data(), call_back, const_cast<Callback*>(&callback), &error);
  return result(reply, error);
}

Outcome read_watched(rc_watch* watch, const Words& words) {
  const Arguments arguments(words);
  rc_error* error = nullptr;
  rc_reply* reply =
      rc_watch_command(watch, words.size(), arguments.data.data(), arguments.lengths.data(), &error);
  return result(reply, error);
}

Outcome queue(rc_commands* to_execute, const Words& words) { return failed(fill(to_execute, words)); }

}  // namespace contract
