// What every connection of a handle needs to know.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/counters.h"
#include "base/stop.h"

namespace rediscluster {

struct ConnectionSettings {
  std::string username;  // empty: the default user
  std::string password;  // empty: none is sent
  std::string name;      // empty: none is set
  Duration connect_timeout = milliseconds(2000);
  // A connection that owes replies and sends nothing for so long is given up.
  Duration silence = milliseconds(5000);
};

}  // namespace rediscluster
