# frozen_string_literal: true

# redis-cluster-client with the hiredis driver: threads share one client, whose pools have a connection for each of them.

require "driver_protocol"
require "redis_cluster_client"
require "hiredis-client"

class Client
  def initialize(nodes)
    config = RedisClient.cluster(nodes: nodes.map { |node| "redis://#{node}" }, concurrency: { model: :none })
    @cluster = config.new_pool(timeout: 10.0, size: 64)
  end

  def get(key) = @cluster.call("GET", key)

  def set(key, value) = @cluster.call("SET", key, value)

  def mget(keys) = @cluster.call("MGET", *keys)

  def pipeline(keys)
    @cluster.pipelined { |pipeline| keys.each { |key| pipeline.call("GET", key) } }
  end
end

DriverProtocol.serve(Client.new(DriverProtocol.nodes))
