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

}  // namespace rediscluster
