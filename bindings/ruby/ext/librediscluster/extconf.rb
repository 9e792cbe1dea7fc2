# frozen_string_literal: true

require "mkmf"

pkg_config("rediscluster") or
  abort "rediscluster: the C library is not installed, or PKG_CONFIG_PATH does not name it"
folder = pkg_config("rediscluster", "variable=libdir")
$LDFLAGS << " -Wl,-rpath,#{folder}" unless folder.start_with?("/usr/lib", "/lib")
$CXXFLAGS << " -std=c++17 -O2 -Wno-deprecated-declarations"
create_makefile("librediscluster/native")
