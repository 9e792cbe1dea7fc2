// Whether replies of RESP3 can be read: the hiredis of before 1.0 takes its types for nonsense.
#pragma once

#include <hiredis/hiredis.h>

namespace rediscluster {

constexpr bool resp3_offered() noexcept { return HIREDIS_MAJOR >= 1; }

}  // namespace rediscluster
