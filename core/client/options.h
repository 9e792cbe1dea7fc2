// What a handle is opened with.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "calls/attempt_hook.h"
#include "routing/read_from.h"
#include "connection/connect_hooks.h"
#include "net/tls.h"
#include "sync/log.h"

namespace rediscluster {

// Of a number that is to be a ReadFrom.
Status check_read_from(int from);

struct Options {
  std::vector<Address> seeds;
  std::string username;
  Secret password;
  std::string name;
  int timeout_ms = 5000;
  int connect_timeout_ms = 2000;
  int max_redirects = 5;
  int watch_retries = 3;
  int refresh_interval_ms = 60000;
  int protocol = 2;
  int database = 0;
  TlsSettings tls;
  AskCredentials ask_credentials;               // empty: user name and password above
  std::map<Address, Address> mapped_addresses;  // announced: to connect to
  MapAddress map_address;                       // empty: those that are not among them stay as they are
  ReadFrom read_from = ReadFrom::kPrimary;
  std::string zone;
  LogLevel log_level = LogLevel::kInfo;
  LogFunction log;  // empty: nothing is told
  AttemptHook attempt_hook;

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
  Status set_refresh_interval_ms(int interval_ms);
  Status set_protocol(int version);
  Status set_database(int number);
  Status set_tls(int yes);
  Status set_tls_verify(int yes);
  Status set_tls_ca_file(std::string_view path);
  Status set_tls_ca_dir(std::string_view path);
  Status set_tls_certificate(std::string_view certificate, std::string_view key);
  Status set_tls_key_password(std::string_view password);
  Status set_tls_server_name(std::string_view name);
  Status set_tls_min_version(int version);
  Status add_mapped_address(std::string_view host, int port, std::string_view to_host, int to_port);
  Status set_read_from(int from);
  Status set_zone(std::string_view zone);

 private:
  Status set_tls_text(std::string& setting, std::string_view value, std::string_view what);
};

}  // namespace rediscluster
