# frozen_string_literal: true

module LibRedisCluster
  VERSION = "1.0.0"
end
