# Settings for what is built here. None of them reaches the users of the installed library.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)

if(REDISCLUSTER_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  find_program(CCACHE_PROGRAM ccache)
  if(CCACHE_PROGRAM)
    foreach(language C CXX)
      if(NOT CMAKE_${language}_COMPILER_LAUNCHER)
        # It takes precompiled headers only if their times do not matter.
        set(CMAKE_${language}_COMPILER_LAUNCHER
            "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${CCACHE_PROGRAM}")
      endif()
    endforeach()
  endif()
endif()

if(REDISCLUSTER_SANITIZE)
  add_compile_options("-fsanitize=${REDISCLUSTER_SANITIZE}" -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options("-fsanitize=${REDISCLUSTER_SANITIZE}")
endif()

# rediscluster_warnings(<target>): the warnings that every target of the project is built with.
function(rediscluster_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
  if(REDISCLUSTER_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# rediscluster_precompile(<target> [REUSE_FROM <target>]): with REDISCLUSTER_PRECOMPILE the headers of the standard
# library are read once, here or by a target that is compiled with the same options.
function(rediscluster_precompile target)
  if(NOT REDISCLUSTER_PRECOMPILE)
    return()
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    target_compile_options(${target} PRIVATE -fpch-preprocess)  # for ccache
  endif()
  if(ARGN)
    target_precompile_headers(${target} ${ARGN})
  else()
    target_precompile_headers(${target} PRIVATE
      <algorithm> <atomic> <functional> <memory> <mutex> <optional> <string> <string_view> <thread> <vector>)
  endif()
endfunction()
