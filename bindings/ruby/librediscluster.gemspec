# frozen_string_literal: true

require_relative "lib/rediscluster/version"

Gem::Specification.new do |gem|
  gem.name = "rediscluster"
  gem.version = RedisCluster::VERSION
  gem.summary = "Redis Cluster client: thread-safe, survives failovers and resharding, tells the outcome of every failure"
  gem.authors = ["The rediscluster authors"]
  gem.license = "MIT"
  gem.required_ruby_version = ">= 3.0"
  gem.files = Dir["lib/**/*.rb", "ext/**/*.{rb,cpp,h}", "sig/*.rbs", "README.md"]
  gem.extensions = ["ext/rediscluster/extconf.rb"]
end
