# frozen_string_literal: true

require "set"
require "librediscluster/native"
require "librediscluster/version"
require "librediscluster/errors"
require "librediscluster/settings"
require "librediscluster/cluster"

# A client for Redis and Valkey clusters: one object for any number of threads, which routes commands by their keys, follows
# redirects, survives failovers and resharding, and says of every failure what became of the command.
#
#   LibRedisCluster::Cluster.open(nodes: [["127.0.0.1", 7000]]) do |c|
#     c.command("SET", "k", 1)
#     c.watch(["k"]) { |w| [["SET", "k", w.command("GET", "k").to_i + 1]] }
#   end
module LibRedisCluster
  # What the block of {Cluster#watch} returns to give up.
  ABORT = Object.new
  def ABORT.inspect = "LibRedisCluster::ABORT"

  # The hash slot of a key.
  # @param key [String, Symbol, Integer]
  # @return [Integer] 0 to 16383
  def self.key_slot(key) = Native.slot_of_key([key])

  # @return [String] the version of the C library
  def self.library_version = Native.library_version

  Native.set_up(Error, Error.method(:of), ABORT)
end
