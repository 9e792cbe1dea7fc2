// The slot of a key, as Redis Cluster computes it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/slots.h"

namespace rediscluster {

// CRC16 of the key, or of its hash tag: the part between the first '{' and the first '}' after it, unless
// that part is empty.
std::uint16_t key_slot(std::string_view key) noexcept;

}  // namespace rediscluster
