# Each examples/*.c is a program of its own; examples/demo/ is one program. All use the shared library, as users do.
file(GLOB REDISCLUSTER_EXAMPLE_SOURCES CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/*.c")
foreach(source IN LISTS REDISCLUSTER_EXAMPLE_SOURCES)
  get_filename_component(name "${source}" NAME_WE)
  add_executable(example.${name} "${source}")
  target_link_libraries(example.${name} PRIVATE rediscluster::rediscluster)
  set_target_properties(example.${name} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/examples")
  rediscluster_warnings(example.${name})
endforeach()

# The demo starts a cluster of its own, with the helpers that the tests use.
file(GLOB REDISCLUSTER_DEMO_SOURCES CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/demo/*.c")
if(REDISCLUSTER_DEMO_SOURCES)
  add_executable(rediscluster_demo ${REDISCLUSTER_DEMO_SOURCES})
  target_compile_definitions(rediscluster_demo PRIVATE _GNU_SOURCE)
  target_link_libraries(rediscluster_demo PRIVATE rediscluster::rediscluster Threads::Threads)
  if(TARGET test_support)
    target_link_libraries(rediscluster_demo PRIVATE test_support)
  endif()
  set_target_properties(rediscluster_demo PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/examples/demo")
  rediscluster_warnings(rediscluster_demo)
endif()
