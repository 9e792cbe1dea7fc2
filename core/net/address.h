// Where a node is: host and port.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/status.h"

namespace rediscluster {

struct Address {
  std::string host;
  int port = 0;

  auto operator<=>(const Address&) const = default;
};

inline constexpr int kDefaultPort = 6379;

Status check_host(std::string_view host);
Status check_port(int port);

// "host:port", "[::1]:7000", "::1" and "host" (then with the default port).
Result<Address> parse_address(std::string_view text);

// The one form of all that mean the same host, by which hosts are compared: names in lower case and without
// the dot of a full name, addresses as inet_ntop() writes them, whatever form the resolver takes ("127.1",
// "0:0:0:0:0:0:0:1").
std::string canonical_host(std::string_view host);

// Addresses are compared so: whether the name is in capitals or ends with the dot of the root makes no
// difference, nor does how an IPv6 address is written.
Address canonical(const Address& address);

std::string to_string(const Address& address);  // "127.0.0.1:7000", "[::1]:7000"

}  // namespace rediscluster
