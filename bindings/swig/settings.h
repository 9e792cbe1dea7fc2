// Options by their names, so that a language sets them in a loop.
#pragma once

#include <rediscluster/rediscluster.h>

#include <cstdlib>
#include <string>

// Sets the option that rc_options_set_NAME sets. The names are the binding's own, never a user's.
inline void set_text_option(rc_options* options, const std::string& name, const char* value,
                            rc_error** error) {
  static constexpr struct {
    const char* name;
    int (*set)(rc_options*, const char*, rc_error**);
  } kAll[] = {
      {"username", rc_options_set_username},
      {"password", rc_options_set_password},
      {"name", rc_options_set_name},
      {"zone", rc_options_set_zone},
      {"tls_ca_file", rc_options_set_tls_ca_file},
      {"tls_ca_dir", rc_options_set_tls_ca_dir},
      {"tls_key_password", rc_options_set_tls_key_password},
      {"tls_server_name", rc_options_set_tls_server_name},
  };
  for (const auto& one : kAll) {
    if (name == one.name) {
      one.set(options, value, error);
      return;
    }
  }
  std::abort();
}

inline void set_number_option(rc_options* options, const std::string& name, int value, rc_error** error) {
  static constexpr struct {
    const char* name;
    int (*set)(rc_options*, int, rc_error**);
  } kAll[] = {
      {"timeout_ms", rc_options_set_timeout_ms},
      {"connect_timeout_ms", rc_options_set_connect_timeout_ms},
      {"max_redirects", rc_options_set_max_redirects},
      {"watch_retries", rc_options_set_watch_retries},
      {"database", rc_options_set_database},
      {"refresh_interval_ms", rc_options_set_refresh_interval_ms},
      {"read_from", rc_options_set_read_from},
      {"protocol", rc_options_set_protocol},
      {"tls", rc_options_set_tls},
      {"tls_verify", rc_options_set_tls_verify},
      {"tls_min_version", rc_options_set_tls_min_version},
  };
  for (const auto& one : kAll) {
    if (name == one.name) {
      one.set(options, value, error);
      return;
    }
  }
  std::abort();
}

// "host:port" or "[::1]:7000". A port that is none becomes one that the library refuses.
inline void split_address(const std::string& address, std::string& host, int& port) {
  const std::size_t colon = address.rfind(':');
  host = address.substr(0, colon);
  port = 0;
  if (colon == std::string::npos) return;
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const std::string digits = address.substr(colon + 1);
  if (!digits.empty() && digits.size() < 6 && digits.find_first_not_of("0123456789") == std::string::npos)
    port = std::stoi(digits);
}

inline void add_mapped_address(rc_options* options, const char* from, const char* to, rc_error** error) {
  std::string host, to_host;
  int port = 0, to_port = 0;
  split_address(from, host, port);
  split_address(to, to_host, to_port);
  rc_options_add_mapped_address(options, host.c_str(), port, to_host.c_str(), to_port, error);
}
