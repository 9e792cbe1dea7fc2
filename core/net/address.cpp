#include "net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/letter_case.h"
#include "base/text.h"

namespace rediscluster {
namespace {

ErrorPtr invalid(std::string_view message) {
  return make_error(Code::kInvalidArgument, Outcome::kNotSent, message);
}

bool printable(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](unsigned char c) { return c > ' ' && c != 0x7f; });
}

}  // namespace

Status check_host(std::string_view host) {
  if (host.empty()) return invalid("a node's host is empty: give a name or an IP address");
  if (host.size() > 255)
    return invalid("a node's host is longer than 255 characters: give a name or an IP address");
  if (!printable(host) || host.find_first_of("[]/@,") != std::string_view::npos) {
    return invalid(
        "a node's host holds a character that no name or IP address has: give a name or an IP address");
  }
  return {};
}

Status check_port(int port) {
  if (port >= 1 && port <= 65535) return {};
  return invalid(text("port ", port, " of a node is out of range: give 1 to 65535"));
}

Result<Address> parse_address(std::string_view whole) {
  std::string_view host = whole;
  std::string_view port;
  bool has_port = false;
  if (!whole.empty() && whole.front() == '[') {
    const auto close = whole.find(']');
    const auto rest = close == std::string_view::npos ? std::string_view() : whole.substr(close + 1);
    if (close == std::string_view::npos || (!rest.empty() && rest.front() != ':')) {
      return invalid(text("address \"", whole, "\" has no \"]\" before its port: write \"[::1]:7000\""));
    }
    host = whole.substr(1, close - 1);
    if (host.find(':') == std::string_view::npos) {
      return invalid(text("address \"", whole, "\": only an IPv6 address goes in brackets"));
    }
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else if (std::count(whole.begin(), whole.end(), ':') == 1) {  // two or more: a bare IPv6 address
    const auto colon = whole.find(':');
    host = whole.substr(0, colon);
    has_port = true;
    port = whole.substr(colon + 1);
  }
  int number = kDefaultPort;
  if (has_port) {
    const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
    if (port.empty() || parsed.ec != std::errc() || parsed.ptr != port.data() + port.size() ||
        !check_port(number).ok()) {
      return invalid(
          text("address \"", whole, "\" has no valid port: write \"host:port\" with a port from 1 to 65535"));
    }
  }
  if (auto status = check_host(host); !status.ok()) {
    return invalid(text("address \"", whole, "\": ", status.error().message));
  }
  return Address{std::string(host), number};
}

std::string canonical_host(std::string_view host) {
  if (host.size() > 1 && host.ends_with('.')) host.remove_suffix(1);
  std::string form(host);
  char text[INET6_ADDRSTRLEN];
  const auto scope = std::min(form.find('%'), form.size());
  in_addr four{};
  in6_addr six{};
  if (form.find(':') == std::string::npos) {
    if (inet_aton(form.c_str(), &four) == 1 && inet_ntop(AF_INET, &four, text, sizeof text) != nullptr)
      return text;
  } else if (inet_pton(AF_INET6, form.substr(0, scope).c_str(), &six) == 1 &&
             inet_ntop(AF_INET6, &six, text, sizeof text) != nullptr) {
    return text + form.substr(scope);
  }
  for (char& c : form) c = to_lower(c);
  return form;
}

Address canonical(const Address& address) { return {canonical_host(address.host), address.port}; }

std::string to_string(const Address& address) {
  if (address.host.find(':') != std::string::npos) return text("[", address.host, "]:", address.port);
  return text(address.host, ":", address.port);
}

}  // namespace rediscluster
