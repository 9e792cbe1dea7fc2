// The failures that a caller may see, and why. All others are violations.
#pragma once

#include "chaos/call.h"
#include "chaos/event.h"

namespace chaos {

bool permitted(const Failure& failure, const Event& event, const World& world);

}  // namespace chaos
