// URLs for rc_options_from_url. Seeds have the password s3cr3t, which no message may show.
#include <rediscluster/rediscluster.h>

#include <algorithm>
#include <string>

#include "fuzz/fuzz.h"
#include "url.h"

using namespace rediscluster;

namespace {

void check_options(const Options& options) {
  MUST(!options.seeds.empty());
  for (const Address& seed : options.seeds) {
    MUST(check_host(seed.host).ok() && check_port(seed.port).ok());
    auto again = parse_address(to_string(seed));
    MUST(again.ok() && again.value() == seed);
  }
  MUST(options.timeout_ms >= 1 && options.connect_timeout_ms >= 1);
  MUST(options.max_redirects >= 0 && options.watch_retries >= 0);
  for (const std::string_view part :
       {std::string_view(options.username), options.password.view(), std::string_view(options.name)}) {
    MUST(part.find(static_cast<char>(0)) == std::string_view::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto url = text_of(data, size);
  Options options;
  const auto status = parse_url(url, options);
  if (status.ok()) {
    check_options(options);
  } else {
    const std::string_view message = status.error().message;
    MUST(status.error().code == Code::kInvalidArgument || status.error().code == Code::kUnsupported);
    MUST(message.starts_with("URL"));
    MUST(message.find("s3cr3t") == std::string_view::npos);
    MUST(std::all_of(message.begin(), message.end(), [](char c) { return c >= ' ' && c <= '~'; }));
  }

  rc_error* error = nullptr;
  rc_options* same = rc_options_from_url(std::string(url).c_str(), &error);
  MUST((same == nullptr) == (error != nullptr));
  if (url.find('\0') == std::string_view::npos) MUST((same != nullptr) == status.ok());
  rc_error_free(error);
  rc_options_free(same);
  return 0;
}
