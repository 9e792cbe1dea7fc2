#include "client/options.h"

#include <algorithm>

#include "base/text.h"

namespace rediscluster {
namespace {

ErrorPtr invalid(std::string_view message) {
  return make_error(Code::kInvalidArgument, Outcome::kNotSent, message);
}

Status set_count(int& setting, int value, int least, std::string_view what) {
  if (value < least) return invalid(text(what, " of ", value, " makes no sense: give ", least, " or more"));
  setting = value;
  return {};
}

// What CLIENT SETNAME takes.
bool is_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace

Status Options::add_node(std::string_view host, int port) {
  if (auto status = check_host(host); !status.ok()) return status;
  if (auto status = check_port(port); !status.ok()) return status;
  seeds.push_back({std::string(host), port});
  return {};
}

Status Options::add_address(std::string_view host_port) {
  auto address = parse_address(host_port);
  if (!address.ok()) return address.take_error();
  seeds.push_back(address.take());
  return {};
}

Status Options::set_username(std::string_view value) {
  username = value;
  return {};
}

Status Options::set_password(std::string_view value) {
  password = value;
  return {};
}

Status Options::set_name(std::string_view value) {
  if (!is_name(value))
    return invalid(
        "a handle's name holds a space or a character that is not printable ASCII: servers refuse such "
        "names");
  name = value;
  return {};
}

Status Options::set_timeout_ms(int value) {
  return set_count(timeout_ms, value, 1, "a timeout in milliseconds");
}

Status Options::set_connect_timeout_ms(int value) {
  return set_count(connect_timeout_ms, value, 1, "a connect timeout in milliseconds");
}

Status Options::set_max_redirects(int value) {
  return set_count(max_redirects, value, 0, "a number of redirects");
}

Status Options::set_watch_retries(int value) {
  return set_count(watch_retries, value, 0, "a number of watch retries");
}

Status Options::set_refresh_interval_ms(int value) {
  return set_count(refresh_interval_ms, value, 0, "an interval between refreshes in milliseconds");
}

Status Options::set_protocol(int version) {
  if (version != 2 && version != 3) {
    return invalid(text("a protocol version of ", version, " makes no sense: give 2 (RESP2) or 3 (RESP3)"));
  }
  protocol = version;
  return {};
}

Status Options::set_database(int number) { return set_count(database, number, 0, "a number of a database"); }

Status Options::set_tls(int yes) {
  if (yes != 0 && !tls_offered()) {
    return make_error(Code::kUnsupported, Outcome::kNotSent,
                      "TLS: this library was built without it (REDISCLUSTER_TLS=OFF)");
  }
  tls.enabled = yes != 0;
  return {};
}

Status Options::set_tls_verify(int yes) {
  tls.verify = yes != 0;
  return {};
}

Status Options::set_tls_text(std::string& setting, std::string_view value, std::string_view what) {
  if (value.empty()) return invalid(text(what, " is empty"));
  if (auto status = set_tls(1); !status.ok()) return status;
  setting = value;
  return {};
}

Status Options::set_tls_ca_file(std::string_view path) {
  return set_tls_text(tls.ca_file, path, "the path of a CA file");
}

Status Options::set_tls_ca_dir(std::string_view path) {
  return set_tls_text(tls.ca_dir, path, "the path of a CA folder");
}

Status Options::set_tls_certificate(std::string_view certificate, std::string_view key) {
  if (key.empty()) return invalid("the path of the certificate's key is empty");
  if (auto status = set_tls_text(tls.certificate, certificate, "the path of a certificate"); !status.ok())
    return status;
  tls.key = key;
  return {};
}

Status Options::set_tls_key_password(std::string_view value) {
  if (auto status = set_tls(1); !status.ok()) return status;
  tls.key_password = value;
  return {};
}

Status Options::set_tls_server_name(std::string_view value) {
  if (auto status = check_host(value); !status.ok()) return status;
  return set_tls_text(tls.server_name, value, "a server's name");
}

Status Options::set_tls_min_version(int version) {
  if (version != 12 && version != 13) {
    return invalid(text("a TLS version of ", version, " makes no sense: give RC_TLS_1_2 or RC_TLS_1_3"));
  }
  if (auto status = set_tls(1); !status.ok()) return status;
  tls.min_version = version;
  return {};
}

Status Options::add_mapped_address(std::string_view host, int port, std::string_view to_host, int to_port) {
  for (const auto one : {host, to_host}) {
    if (auto status = check_host(one); !status.ok()) return status;
  }
  for (const int number : {port, to_port}) {
    if (auto status = check_port(number); !status.ok()) return status;
  }
  mapped_addresses.insert_or_assign(canonical({std::string(host), port}),
                                    Address{std::string(to_host), to_port});
  return {};
}

Status check_read_from(int from) {
  if (from >= 0 && from < kReadFromCount) return {};
  return invalid(text("reading from ", from, " makes no sense: give an RC_READ_ value"));
}

Status Options::set_read_from(int from) {
  if (auto status = check_read_from(from); !status.ok()) return status;
  read_from = static_cast<ReadFrom>(from);
  return {};
}

Status Options::set_zone(std::string_view value) {
  zone = value;
  return {};
}

}  // namespace rediscluster
