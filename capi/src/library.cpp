// What needs neither a cluster nor a handle.
#include "rediscluster/rediscluster.h"

#include "commands/key_slot.h"

#define TEXT_OF(number) #number
#define VERSION_TEXT(major, minor, patch) TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(patch)

const char* rc_version(void) { return VERSION_TEXT(RC_VERSION_MAJOR, RC_VERSION_MINOR, RC_VERSION_PATCH); }

int rc_key_slot(const char* key, size_t len) {
  return rediscluster::key_slot(key == nullptr ? std::string_view() : std::string_view(key, len));
}
