// cmocka for tests in C++: include it last, since its macros (fail, ...) are names of the standard library.
#pragma once

extern "C" {
#include "any_cmocka.h"
}
