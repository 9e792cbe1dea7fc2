# frozen_string_literal: true

module RedisCluster
  VERSION = "1.0.0"
end
