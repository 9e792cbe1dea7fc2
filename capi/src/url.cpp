#include "url.h"

#include <charconv>
#include <string>
#include <utility>

#include "base/letter_case.h"
#include "base/secret.h"
#include "base/text.h"
#include "guard.h"

namespace rediscluster {
namespace {

constexpr std::string_view kForm =
    "redis[s]://[user[:password]@]host[:port][,host[:port]...][/database][?name=value...]";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The part before the first `separator`, which is taken off `rest` with it.
std::string_view take_until(char separator, std::string_view& rest) {
  const auto at = rest.find(separator);
  const auto part = rest.substr(0, at);
  rest = at == std::string_view::npos ? rest.substr(rest.size()) : rest.substr(at + 1);
  return part;
}

// All parts are views of the URL, so that their addresses tell where in it they stand.
class UrlParser {
 public:
  UrlParser(std::string_view url, Options& options) : url_(url), options_(options) {}

  Status parse() {
    std::string_view rest = url_;
    if (auto status = scheme(rest); !status.ok()) return status;
    if (auto status = characters(); !status.ok()) return status;
    const auto query_at = rest.find('?');
    const auto before_query = rest.substr(0, query_at);
    const auto path_at = before_query.find('/');
    auto authority = before_query.substr(0, path_at);
    const auto path =
        path_at == std::string_view::npos ? rest.substr(rest.size()) : before_query.substr(path_at);
    const auto query =
        query_at == std::string_view::npos ? rest.substr(rest.size()) : rest.substr(query_at + 1);

    const auto late = rest.find('@', authority.size());
    if (late != std::string_view::npos) {
      return bad(rest.substr(late),
                 "\"@\" after \"/\" or \"?\": in a user or password write them as %2F and %3F");
    }
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
      const auto whose = authority.substr(0, at);
      if (const auto first = whose.find('@'); whose.find(',', first) != std::string_view::npos) {
        return bad(
            whose.substr(whose.find(',', first)),
            "user and password stand once, before the first node, and are for all: in them write \",\" as "
            "%2C and \"@\" as %40");
      }
      if (auto status = credentials(authority.substr(0, at)); !status.ok()) return status;
      authority.remove_prefix(at + 1);
    }
    if (auto status = nodes(authority); !status.ok()) return status;
    if (path.size() > 1) {
      int database = 0;
      const auto digits = path.substr(1);
      if (digits.find_first_not_of("0123456789") != std::string_view::npos || !number(digits, database) ||
          (digits[0] == '0' && digits.size() > 1))
        return bad(path, "a path that is not \"/\" and the number of a database");
      if (auto status = placed(path, options_.set_database(database)); !status.ok()) return status;
    }
    if (auto status = parameters(query); !status.ok()) return status;
    return certificate();
  }

 private:
  std::string located(std::string_view part, std::string_view what) const {
    return text("URL, character ", static_cast<std::size_t>(part.data() - url_.data()) + 1, ": ", what);
  }
  Status bad(std::string_view part, std::string_view what) const {
    return invalid_argument(located(part, what));
  }

  Status scheme(std::string_view& rest) {
    const auto end = rest.find("://");
    const auto name = rest.substr(0, end);
    const bool tls = equals_lower(name, "rediss") || equals_lower(name, "valkeys");
    const bool plain = equals_lower(name, "redis") || equals_lower(name, "valkey");
    if (end == std::string_view::npos || (!tls && !plain)) {
      return invalid_argument(
          text("URL: it does not start with \"redis://\", \"valkey://\" or, for TLS, with \"rediss://\" or "
               "\"valkeys://\": write ",
               kForm));
    }
    if (tls) {
      if (auto status = placed(name, options_.set_tls(1)); !status.ok()) return status;
    }
    rest.remove_prefix(end + 3);
    return {};
  }

  Status characters() const {
    for (std::size_t i = 0; i < url_.size(); ++i) {
      const auto c = static_cast<unsigned char>(url_[i]);
      if (c <= ' ' || c == 0x7f) {
        return bad(url_.substr(i), "a space or control character: write it as % and two hexadecimal digits");
      }
      if (c == '#')
        return bad(url_.substr(i), "\"#\": write it as %23 where it belongs to a user or password");
    }
    return {};
  }

  Status decode(std::string_view part, std::string& to) const {
    to.reserve(part.size());  // at once, so that no copy of a password stays behind
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (part[i] != '%') {
        to.push_back(part[i]);
        continue;
      }
      const int high = i + 1 < part.size() ? hex_digit(part[i + 1]) : -1;
      const int low = i + 2 < part.size() ? hex_digit(part[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return bad(part.substr(i), "\"%\" without two hexadecimal digits: write a percent sign as %25");
      }
      if (high == 0 && low == 0) return bad(part.substr(i), "%00: no part may hold a NUL byte");
      to.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
    return {};
  }

  // Decodes a part and gives it to the core's setter, whose message then tells where the part stands.
  Status set(std::string_view part, Status (Options::*setter)(std::string_view)) {
    Secret value;
    if (auto status = decode(part, value.text()); !status.ok()) return status;
    return placed(part, (options_.*setter)(value.text()));
  }

  Status placed(std::string_view part, Status status) const {
    if (status.ok()) return status;
    const Error& error = status.error();
    if (error.code != Code::kInvalidArgument && error.code != Code::kUnsupported) return status;
    return make_error(error.code, error.outcome, located(part, error.message));
  }

  Status credentials(std::string_view part) {
    const auto user = take_until(':', part);
    if (!user.empty()) {
      if (auto status = set(user, &Options::set_username); !status.ok()) return status;
    }
    return part.empty() ? Status() : set(part, &Options::set_password);
  }

  Status nodes(std::string_view list) {
    do {
      const auto comma = list.find(',');
      if (auto status = node(list.substr(0, comma)); !status.ok()) return status;
      if (comma == std::string_view::npos) return {};
      list.remove_prefix(comma + 1);
    } while (true);
  }

  Status node(std::string_view part) {
    if (part.empty()) return bad(part, "a node is missing: write host:port");
    std::string_view host = part;
    std::string_view after;  // ":port", or nothing
    if (part.front() == '[') {
      const auto close = part.find(']');
      if (close == std::string_view::npos) return bad(part, "\"[\" without \"]\": write [::1]:7000");
      host = part.substr(1, close - 1);
      after = part.substr(close + 1);
      if (host.find(':') == std::string_view::npos) return bad(part, "only an IPv6 address goes in brackets");
      if (!after.empty() && after.front() != ':') return bad(after, "after \"]\" only \":port\" may follow");
    } else {
      const auto colon = part.find(':');
      host = part.substr(0, colon);
      if (colon != std::string_view::npos) after = part.substr(colon);
      if (after.find(':', 1) != std::string_view::npos) {
        return bad(part, "more than one \":\" in a node: write an IPv6 address in brackets, as [::1]:7000");
      }
    }
    if (host.empty()) return bad(part, "a node's host is missing: write host:port");
    int port = kDefaultPort;
    if (!after.empty() && (!number(after.substr(1), port) || port < 1 || port > 65535)) {
      return bad(after.substr(1), "a port is a number from 1 to 65535");
    }
    std::string decoded;
    if (auto status = decode(host, decoded); !status.ok()) return status;
    return placed(host, options_.add_node(decoded, port));
  }

  static bool number(std::string_view part, int& value) {
    const auto parsed = std::from_chars(part.data(), part.data() + part.size(), value);
    return parsed.ec == std::errc() && parsed.ptr == part.data() + part.size();
  }

  static constexpr std::string_view kMapped = "mapped_address";  // may stand several times
  struct Number {
    std::string_view name;
    Status (Options::*set)(int);
  };
  static constexpr Number kNumbers[] = {
      {"timeout_ms", &Options::set_timeout_ms},
      {"connect_timeout_ms", &Options::set_connect_timeout_ms},
      {"max_redirects", &Options::set_max_redirects},
      {"watch_retries", &Options::set_watch_retries},
      {"refresh_interval_ms", &Options::set_refresh_interval_ms},
      {"protocol", &Options::set_protocol},
  };
  struct Text {
    std::string_view name;
    Status (Options::*set)(std::string_view);
  };
  static constexpr Text kTexts[] = {
      {"name", &Options::set_name},
      {"zone", &Options::set_zone},
      {"tls_ca_file", &Options::set_tls_ca_file},
      {"tls_ca_dir", &Options::set_tls_ca_dir},
      {"tls_key_password", &Options::set_tls_key_password},
      {"tls_server_name", &Options::set_tls_server_name},
  };
  struct FutexWord {
    std::string_view name;
    std::string_view word;
    int value;
    Status (Options::*set)(int);
  };
  static constexpr auto kSetReadFrom = &Options::set_read_from;
  static constexpr FutexWord kWords[] = {
      {"tls_verify", "0", 0, &Options::set_tls_verify},
      {"tls_verify", "1", 1, &Options::set_tls_verify},
      {"tls_min_version", "1.2", 12, &Options::set_tls_min_version},
      {"tls_min_version", "1.3", 13, &Options::set_tls_min_version},
      {"read_from", "primary", RC_READ_PRIMARY, kSetReadFrom},
      {"read_from", "prefer_replica", RC_READ_PREFER_REPLICA, kSetReadFrom},
      {"read_from", "replica", RC_READ_REPLICA, kSetReadFrom},
      {"read_from", "round_robin", RC_READ_ROUND_ROBIN, kSetReadFrom},
      {"read_from", "lowest_latency", RC_READ_LOWEST_LATENCY, kSetReadFrom},
      {"read_from", "same_zone", RC_READ_SAME_ZONE, kSetReadFrom},
  };

  Status parameters(std::string_view query) {
    std::string_view rest = query;
    while (!rest.empty()) {
      const auto whole = take_until('&', rest);
      std::string_view value = whole;
      const auto name = take_until('=', value);
      if (name.size() == whole.size()) return bad(whole, "a parameter is written name=value");
      for (std::string_view before = query; name != kMapped && before.data() != whole.data();) {
        auto earlier = take_until('&', before);
        if (take_until('=', earlier) == name)
          return bad(whole, text("the parameter ", name, " is given twice"));
      }
      if (auto status = parameter(name, value); !status.ok()) return status;
    }
    return {};
  }

  Status parameter(std::string_view name, std::string_view value) {
    for (const auto& known : kTexts) {
      if (name == known.name) return set(value, known.set);
    }
    for (const auto& known : kNumbers) {
      if (name != known.name) continue;
      int parsed = 0;
      if (!number(value, parsed))
        return bad(value, text("the value of ", name, " is not a number, or too large"));
      return placed(value, (options_.*known.set)(parsed));
    }
    std::string choices;
    for (const auto& known : kWords) {
      if (name != known.name) continue;
      if (value == known.word) return placed(value, (options_.*known.set)(known.value));
      append_text(choices, text(choices.empty() ? "" : ", ", known.word));
    }
    if (!choices.empty()) return bad(value, text("the value of ", name, " must be one of: ", choices));
    if (name == "tls_certificate_file" || name == "tls_key_file") {
      (name == "tls_key_file" ? key_file_ : certificate_file_) = value;
      return {};
    }
    if (name == kMapped) return mapped_address(value);
    return bad(name, text("an unknown parameter: use ", all_names()));
  }

  Status mapped_address(std::string_view value) {
    std::string_view to = value;
    const auto from = take_until('=', to);
    if (from.empty() || to.empty()) {
      return bad(value, text("an address leads to another: write ", kMapped, "=announced:port=host:port"));
    }
    Address announced;
    if (auto status = address_of(from, announced); !status.ok()) return status;
    Address reached;
    if (auto status = address_of(to, reached); !status.ok()) return status;
    return placed(value,
                  options_.add_mapped_address(announced.host, announced.port, reached.host, reached.port));
  }

  Status address_of(std::string_view part, Address& address) {
    std::string decoded;
    if (auto status = decode(part, decoded); !status.ok()) return status;
    auto parsed = parse_address(decoded);
    if (!parsed.ok()) return placed(part, parsed.take_error());
    address = parsed.take();
    return {};
  }

  static std::string all_names() {
    std::string names = text("tls_certificate_file, tls_key_file, ", kMapped);
    std::string_view last;
    const auto add = [&](std::string_view name) {
      if (name != std::exchange(last, name)) append_text(names, text(", ", name));
    };
    for (const auto& known : kNumbers) add(known.name);
    for (const auto& known : kTexts) add(known.name);
    for (const auto& known : kWords) add(known.name);
    return names;
  }

  // Both or none, in any order.
  Status certificate() {
    if (certificate_file_.data() == nullptr && key_file_.data() == nullptr) return {};
    if (certificate_file_.data() == nullptr || key_file_.data() == nullptr) {
      return bad(certificate_file_.data() == nullptr ? key_file_ : certificate_file_,
                 "tls_certificate_file and tls_key_file go together: give both");
    }
    for (const auto part : {certificate_file_, key_file_}) {
      if (part.empty()) return bad(part, "the path of a file is missing");
    }
    std::string certificate_file;
    std::string key_file;
    if (auto status = decode(certificate_file_, certificate_file); !status.ok()) return status;
    if (auto status = decode(key_file_, key_file); !status.ok()) return status;
    return placed(certificate_file_, options_.set_tls_certificate(certificate_file, key_file));
  }

  const std::string_view url_;
  Options& options_;
  std::string_view certificate_file_;  // as they stand in the URL; no data where they do not
  std::string_view key_file_;
};

}  // namespace

Status parse_url(std::string_view url, Options& options) { return UrlParser(url, options).parse(); }

}  // namespace rediscluster
