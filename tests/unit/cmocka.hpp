// cmocka for tests in C++: include it last, since its macros (fail, ...) are names of the standard library.
#pragma once

// clang-format off
extern "C" {
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
}
// clang-format on
