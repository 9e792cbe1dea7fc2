# Headers, libraries, the pkg-config file and the CMake package. All of it may be moved after installation.
include(CMakePackageConfigHelpers)

set(REDISCLUSTER_CMAKE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/rediscluster")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/capi/include/rediscluster"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
install(TARGETS rediscluster EXPORT rediscluster-targets LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(TARGETS rediscluster_static EXPORT rediscluster-static-targets
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")

# Two export sets: only the static library makes its users look for what it needs.
foreach(set rediscluster-targets rediscluster-static-targets)
  install(EXPORT ${set} NAMESPACE rediscluster:: DESTINATION "${REDISCLUSTER_CMAKE_DIR}")
endforeach()
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/rediscluster-config.cmake.in"
  "${PROJECT_BINARY_DIR}/rediscluster-config.cmake" INSTALL_DESTINATION "${REDISCLUSTER_CMAKE_DIR}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/rediscluster-config-version.cmake"
  COMPATIBILITY SameMajorVersion)
install(FILES "${PROJECT_BINARY_DIR}/rediscluster-config.cmake"
              "${PROJECT_BINARY_DIR}/rediscluster-config-version.cmake"
        DESTINATION "${REDISCLUSTER_CMAKE_DIR}")

# What the users of the static library link too, in the words of pkg-config.
set(REDISCLUSTER_PC_REQUIRES)
if(NOT REDISCLUSTER_HIREDIS_INSIDE)
  list(APPEND REDISCLUSTER_PC_REQUIRES "hiredis >= 0.14")
endif()
if(REDISCLUSTER_TLS)
  list(APPEND REDISCLUSTER_PC_REQUIRES "openssl >= 1.1.1")
endif()
list(JOIN REDISCLUSTER_PC_REQUIRES ", " REDISCLUSTER_PC_REQUIRES)

# The prefix of the .pc file is where the file lies, as deep as the library folder is.
file(RELATIVE_PATH REDISCLUSTER_PC_TO_PREFIX
     "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" REDISCLUSTER_PC_TO_PREFIX "${REDISCLUSTER_PC_TO_PREFIX}")
file(RELATIVE_PATH REDISCLUSTER_PC_LIBDIR "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_LIBDIR}")
file(RELATIVE_PATH REDISCLUSTER_PC_INCLUDEDIR "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
configure_file("${PROJECT_SOURCE_DIR}/pkgconfig/rediscluster.pc.in"
               "${PROJECT_BINARY_DIR}/rediscluster.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/rediscluster.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
