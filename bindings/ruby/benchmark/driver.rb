# frozen_string_literal: true

# The gem behind the driver protocol of benchmarks/: threads share one Cluster.

require "driver_protocol"
require "librediscluster"

class Client
  def initialize(nodes)
    @cluster = LibRedisCluster::Cluster.open(nodes: nodes)
  end

  def get(key) = @cluster.command("GET", key)

  def set(key, value) = @cluster.command("SET", key, value)

  def mget(keys) = @cluster.command("MGET", *keys)

  def pipeline(keys) = @cluster.pipeline(keys.map { |key| ["GET", key] })
end

DriverProtocol.serve(Client.new(DriverProtocol.nodes))
