// redis://[user[:password]@]host[:port][,host[:port]...][/0][?name=value[&name=value...]]
#pragma once

#include <string_view>

#include "client/options.h"

namespace rediscluster {

// Sets in `options` what the URL says. Messages point at a character and never show what stands there:
// whatever is malformed may be a part of the password.
Status parse_url(std::string_view url, Options& options);

}  // namespace rediscluster
