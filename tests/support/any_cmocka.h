// cmocka 1.1 and 2.0 alike.
#pragma once

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#undef stop                 // a macro of cmocka's, and a name of ours
#ifdef assert_int_in_range  // 2.0 has this for what it used to call:
#undef assert_in_range
#define assert_in_range assert_int_in_range
#endif
