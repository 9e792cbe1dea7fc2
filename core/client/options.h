// What a handle is opened with.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "net/address.h"

namespace rediscluster {

struct Options {
  std::vector<Address> seeds;
  std::string username;
  std::string password;
  std::string name;
  int timeout_ms = 5000;
  int connect_timeout_ms = 2000;
  int max_redirects = 5;
  int watch_retries = 3;

  // Each checks before it sets.
  Status add_node(std::string_view host, int port);
  Status add_address(std::string_view host_port);
  Status set_username(std::string_view username);
  Status set_password(std::string_view password);
  Status set_name(std::string_view name);
  Status set_timeout_ms(int timeout_ms);
  Status set_connect_timeout_ms(int timeout_ms);
  Status set_max_redirects(int count);
  Status set_watch_retries(int count);
};

}  // namespace rediscluster
