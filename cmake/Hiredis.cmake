# Which hiredis reads the replies, and where it lies. REDISCLUSTER_HIREDIS says:
#   static      the system's static library, of which the reader is taken into ours
#   DIRECTORY   the sources of a hiredis, of which the reader is compiled and taken into ours
#   system      the system's shared library, which the process may share with others
#   auto        static where there is one that can be taken, else system
# What is taken in has names of its own that nobody sees: another hiredis in the process, whatever its version, is none
# of our business then. A shared one is looked at when a cluster is opened (core/resp/hiredis.cpp).
#
# Gives REDISCLUSTER_HIREDIS_INSIDE, REDISCLUSTER_HIREDIS_READER (an object file, or empty), and
# REDISCLUSTER_HIREDIS_INCLUDE, the folder with hiredis/hiredis.h (or empty: it is found by PkgConfig::HIREDIS).
set(REDISCLUSTER_HIREDIS "auto" CACHE STRING "hiredis: auto, static, system, or the folder with its sources")

set(REDISCLUSTER_HIREDIS_INSIDE OFF)
set(REDISCLUSTER_HIREDIS_READER "")
set(REDISCLUSTER_HIREDIS_INCLUDE "")
set(hiredis_folder "${PROJECT_BINARY_DIR}/hiredis")
set(hiredis_used redisReaderCreateWithFunctions redisReaderFree redisReaderFeed redisReaderGetReply)

# rediscluster_take_reader(<archive>): sets the commands that make named.o of it, in hiredis_folder. The first takes what
# is used and what that needs, the second hides all that is not used by us, the third gives the rest our prefix.
macro(rediscluster_take_reader archive)
  separate_arguments(hiredis_flags UNIX_COMMAND "${CMAKE_C_FLAGS}")
  set(hiredis_take "${CMAKE_C_COMPILER}" ${hiredis_flags} -fno-lto -r -nostdlib -o "${hiredis_folder}/taken.o")
  set(hiredis_hide "${CMAKE_OBJCOPY}")
  set(hiredis_name "${CMAKE_OBJCOPY}")
  foreach(symbol IN LISTS hiredis_used)
    list(APPEND hiredis_take "-Wl,-u,${symbol}")
    list(APPEND hiredis_hide "--keep-global-symbol=${symbol}")
    list(APPEND hiredis_name "--redefine-sym" "${symbol}=rediscluster_${symbol}")
  endforeach()
  list(APPEND hiredis_take "${archive}")
  list(APPEND hiredis_hide "${hiredis_folder}/taken.o" "${hiredis_folder}/hidden.o")
  list(APPEND hiredis_name "${hiredis_folder}/hidden.o" "${hiredis_folder}/named.o")
endmacro()

# rediscluster_static_hiredis(<why not>): takes the reader out of the system's static library now, and tries to make a
# shared library of it: not everybody compiles static libraries in a way that allows that.
function(rediscluster_static_hiredis why_not)
  # Beside the shared one, so that both are of the version that the headers are of.
  set(hiredis_archive "${HIREDIS_LINK_LIBRARIES}")
  list(FILTER hiredis_archive INCLUDE REGEX "/libhiredis\\.[a-z]+$")
  string(REGEX REPLACE "\\.[a-z]+$" ".a" hiredis_archive "${hiredis_archive}")
  if(NOT EXISTS "${hiredis_archive}")
    set(${why_not} "there is no static library beside \"${HIREDIS_LINK_LIBRARIES}\"" PARENT_SCOPE)
    return()
  endif()
  if(NOT CMAKE_OBJCOPY)
    set(${why_not} "there is no objcopy" PARENT_SCOPE)
    return()
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${hiredis_archive}")
  rediscluster_take_reader("${hiredis_archive}")
  file(MAKE_DIRECTORY "${hiredis_folder}")
  foreach(step hiredis_take hiredis_hide hiredis_name)
    execute_process(COMMAND ${${step}} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(failed)
      set(${why_not} "${hiredis_archive} cannot be taken apart: ${output}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  execute_process(COMMAND "${CMAKE_C_COMPILER}" ${hiredis_flags} -fno-lto -shared -Wl,--no-undefined
                          -o "${hiredis_folder}/trial.so" "${hiredis_folder}/named.o"
                  RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    set(${why_not} "${hiredis_archive} cannot be part of a shared library: ${output}" PARENT_SCOPE)
    return()
  endif()
  file(REMOVE "${hiredis_folder}/trial.so")
  # Nothing is linked again because CMake ran again.
  file(COPY_FILE "${hiredis_folder}/named.o" "${hiredis_folder}/reader.o" ONLY_IF_DIFFERENT)
  set(${why_not} "" PARENT_SCOPE)
endfunction()

if(REDISCLUSTER_HIREDIS MATCHES "^(auto|static|system)$")
  pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis>=0.14)
  set(hiredis_why_not "that is what REDISCLUSTER_HIREDIS asks for")
  if(NOT REDISCLUSTER_HIREDIS STREQUAL "system")
    rediscluster_static_hiredis(hiredis_why_not)
  endif()
  if(hiredis_why_not STREQUAL "")
    set(REDISCLUSTER_HIREDIS_INSIDE ON)
    message(STATUS "hiredis ${HIREDIS_VERSION}: its reader is part of the library")
  elseif(REDISCLUSTER_HIREDIS STREQUAL "static")
    message(FATAL_ERROR "REDISCLUSTER_HIREDIS=static: ${hiredis_why_not}\n"
                        "Use system, or give the folder with the sources of a hiredis.")
  else()
    message(STATUS "hiredis ${HIREDIS_VERSION}: the shared library is used: ${hiredis_why_not}")
  endif()
else()
  get_filename_component(hiredis_sources "${REDISCLUSTER_HIREDIS}" ABSOLUTE BASE_DIR "${CMAKE_BINARY_DIR}")
  foreach(file hiredis.h read.c sds.c)
    if(NOT EXISTS "${hiredis_sources}/${file}")
      message(FATAL_ERROR "REDISCLUSTER_HIREDIS is \"${REDISCLUSTER_HIREDIS}\": neither auto, static or system, nor a "
                          "folder with the sources of a hiredis: ${hiredis_sources}/${file} does not exist")
    endif()
  endforeach()
  if(NOT CMAKE_OBJCOPY)
    message(FATAL_ERROR "REDISCLUSTER_HIREDIS is a folder with sources: that needs objcopy")
  endif()
  pkg_check_modules(HIREDIS QUIET IMPORTED_TARGET hiredis>=0.14)  # for the tests, which have a hiredis of their own
  set(hiredis_files "${hiredis_sources}/read.c" "${hiredis_sources}/sds.c")
  if(EXISTS "${hiredis_sources}/alloc.c")
    list(APPEND hiredis_files "${hiredis_sources}/alloc.c")
  endif()
  # Its headers are included as <hiredis/...>; here they lie in a folder of whatever name.
  file(MAKE_DIRECTORY "${hiredis_folder}/include")
  file(CREATE_LINK "${hiredis_sources}" "${hiredis_folder}/include/hiredis" SYMBOLIC)
  set(REDISCLUSTER_HIREDIS_INCLUDE "${hiredis_folder}/include")
  add_library(rediscluster_hiredis STATIC ${hiredis_files})
  set_target_properties(rediscluster_hiredis PROPERTIES
    POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden INTERPROCEDURAL_OPTIMIZATION OFF C_EXTENSIONS ON)
  target_compile_options(rediscluster_hiredis PRIVATE -fno-lto)
  rediscluster_take_reader("$<TARGET_FILE:rediscluster_hiredis>")
  add_custom_command(OUTPUT "${hiredis_folder}/reader.o"
    COMMAND ${hiredis_take} COMMAND ${hiredis_hide} COMMAND ${hiredis_name}
    COMMAND "${CMAKE_COMMAND}" -E copy "${hiredis_folder}/named.o" "${hiredis_folder}/reader.o"
    DEPENDS rediscluster_hiredis VERBATIM)
  set(REDISCLUSTER_HIREDIS_INSIDE ON)
  message(STATUS "hiredis: the reader of ${hiredis_sources} is part of the library")
endif()

if(REDISCLUSTER_HIREDIS_INSIDE)
  set(REDISCLUSTER_HIREDIS_READER "${hiredis_folder}/reader.o")
  set_source_files_properties("${REDISCLUSTER_HIREDIS_READER}" PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
endif()
