// What the hiredis that reads the replies is, and what follows from it.
#pragma once

#include "base/status.h"

namespace rediscluster {

// Whether replies of RESP3 can be read. hiredis before 1.0 takes its types for nonsense, but it is given one
// item at a time, and told a type that every version knows.
constexpr bool resp3_offered() noexcept { return true; }

// "0.14.1": the one that this library was built with.
const char* hiredis_version() noexcept;

// Where hiredis is shared with the process (REDISCLUSTER_HIREDIS=system): its functions must be those of the
// library that this one was built with, since its structs differ from version to version. Somebody else in
// the process may define functions of the same names, and the loader takes the first that it comes by.
Status check_hiredis();

}  // namespace rediscluster
