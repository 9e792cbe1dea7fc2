# frozen_string_literal: true

require_relative "lib/librediscluster/version"

Gem::Specification.new do |gem|
  gem.name = "librediscluster"
  gem.version = LibRedisCluster::VERSION
  gem.summary = "Client for Redis and Valkey clusters: thread-safe, survives failovers and resharding, tells the outcome of every failure"
  gem.authors = ["The rediscluster authors"]
  gem.license = "MIT"
  gem.required_ruby_version = ">= 3.0"
  gem.files = Dir["lib/**/*.rb", "ext/**/*.{rb,cpp,h}", "sig/*.rbs", "README.md"]
  gem.extensions = ["ext/librediscluster/extconf.rb"]
end
