# The library: compiled once (rediscluster_objects), linked twice (shared and static).
file(GLOB REDISCLUSTER_SOURCES CONFIGURE_DEPENDS
     "${PROJECT_SOURCE_DIR}/core/*/*.cpp" "${PROJECT_SOURCE_DIR}/capi/src/*.cpp")
if(NOT REDISCLUSTER_SOURCES)
  file(WRITE "${PROJECT_BINARY_DIR}/empty.cpp" "")
  set(REDISCLUSTER_SOURCES "${PROJECT_BINARY_DIR}/empty.cpp")
endif()

if(REDISCLUSTER_CHECK_LOCKS)
  # The folders in which something is guarded: no other code can name it.
  set(locked "")
  file(GLOB locked_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/core/*/*.h" "${PROJECT_SOURCE_DIR}/core/*/*.cpp")
  foreach(file IN LISTS locked_files)
    file(STRINGS "${file}" guards REGEX "GUARDED_BY|REQUIRES|MutexLock" LIMIT_COUNT 1)
    if(guards)
      get_filename_component(folder "${file}" DIRECTORY)
      list(APPEND locked "${folder}")
    endif()
  endforeach()
  list(REMOVE_DUPLICATES locked)
  list(JOIN locked "|" locked)
  list(FILTER REDISCLUSTER_SOURCES INCLUDE REGEX "^(${locked})/")
endif()

add_library(rediscluster_objects OBJECT ${REDISCLUSTER_SOURCES})
target_include_directories(rediscluster_objects PRIVATE
  "${PROJECT_SOURCE_DIR}/core" "${PROJECT_SOURCE_DIR}/capi/include" "${PROJECT_SOURCE_DIR}/capi/src")
set(REDISCLUSTER_LIBRARIES Threads::Threads)
set(hiredis_users "${PROJECT_SOURCE_DIR}/core/resp/item_reader.cpp" "${PROJECT_SOURCE_DIR}/core/resp/hiredis.cpp")
if(REDISCLUSTER_HIREDIS_INSIDE)
  set_source_files_properties(${hiredis_users} PROPERTIES COMPILE_DEFINITIONS REDISCLUSTER_HIREDIS_INSIDE)
else()
  list(APPEND REDISCLUSTER_LIBRARIES PkgConfig::HIREDIS ${CMAKE_DL_LIBS})
endif()
if(REDISCLUSTER_HIREDIS_INCLUDE)
  set_source_files_properties(${hiredis_users} PROPERTIES COMPILE_OPTIONS "-isystem;${REDISCLUSTER_HIREDIS_INCLUDE}")
endif()
if(TARGET PkgConfig::HIREDIS)
  target_link_libraries(rediscluster_objects PRIVATE PkgConfig::HIREDIS)  # its headers
endif()
if(REDISCLUSTER_TLS)
  list(APPEND REDISCLUSTER_LIBRARIES PkgConfig::OPENSSL)
  target_compile_definitions(rediscluster_objects PRIVATE REDISCLUSTER_WITH_TLS)
endif()
target_compile_definitions(rediscluster_objects PRIVATE REDISCLUSTER_VERSION="${PROJECT_VERSION}")
target_link_libraries(rediscluster_objects PRIVATE ${REDISCLUSTER_LIBRARIES})
set_target_properties(rediscluster_objects PROPERTIES
  POSITION_INDEPENDENT_CODE ON
  CXX_VISIBILITY_PRESET hidden
  VISIBILITY_INLINES_HIDDEN ON)
# Calls of other libraries without a detour through the procedure linkage table.
target_compile_options(rediscluster_objects PRIVATE -fno-plt)
if(REDISCLUSTER_CHECK_LOCKS)
  # The time of a precompiled header would keep ccache from knowing what it has compiled before.
  target_compile_options(rediscluster_objects PRIVATE
    -Wthread-safety -Werror=thread-safety "SHELL:-Xclang -fno-pch-timestamp")
else()
  rediscluster_warnings(rediscluster_objects)
endif()
rediscluster_precompile(rediscluster_objects)

add_library(rediscluster SHARED $<TARGET_OBJECTS:rediscluster_objects> ${REDISCLUSTER_HIREDIS_READER})
add_library(rediscluster_static STATIC $<TARGET_OBJECTS:rediscluster_objects> ${REDISCLUSTER_HIREDIS_READER})
foreach(library rediscluster rediscluster_static)
  target_include_directories(${library} INTERFACE
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/capi/include>"
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(${library} PRIVATE ${REDISCLUSTER_LIBRARIES})
  set_target_properties(${library} PROPERTIES
    OUTPUT_NAME rediscluster
    LINKER_LANGUAGE CXX
    VERSION "${PROJECT_VERSION}"
    SOVERSION "${PROJECT_VERSION_MAJOR}")
endforeach()
add_library(rediscluster::rediscluster ALIAS rediscluster)
add_library(rediscluster::rediscluster_static ALIAS rediscluster_static)

# Visibility flags alone leak symbols of libstdc++ templates; the version script does not.
set(REDISCLUSTER_VERSION_SCRIPT "${PROJECT_SOURCE_DIR}/cmake/rediscluster.map")
target_link_options(rediscluster PRIVATE "-Wl,--version-script=${REDISCLUSTER_VERSION_SCRIPT}")
# What a program defines by a name of ours is not called from inside.
target_link_options(rediscluster PRIVATE "-Wl,-Bsymbolic-functions")
set_target_properties(rediscluster PROPERTIES LINK_DEPENDS "${REDISCLUSTER_VERSION_SCRIPT}")
if(NOT (REDISCLUSTER_SANITIZE AND CMAKE_CXX_COMPILER_ID MATCHES Clang))
  # Clang leaves the sanitizer's run time out of shared libraries.
  target_link_options(rediscluster PRIVATE "-Wl,--no-undefined")
endif()

# It stays in the process once it is loaded: a name lookup that nobody waits for any more, what is to be done when a
# thread ends, and the handlers of fork() lie in it. A program or plugin with the static library is linked so too.
target_link_options(rediscluster PRIVATE "-Wl,-z,nodelete")
target_link_options(rediscluster_static INTERFACE "-Wl,-z,nodelete")

# For tests of what is inside: the static library with the core's own headers.
add_library(rediscluster_core INTERFACE)
target_include_directories(rediscluster_core INTERFACE
  "${PROJECT_SOURCE_DIR}/core" "${PROJECT_SOURCE_DIR}/capi/src")
target_link_libraries(rediscluster_core INTERFACE rediscluster_static PkgConfig::HIREDIS Threads::Threads)
