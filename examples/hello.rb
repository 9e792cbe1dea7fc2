require "librediscluster"

nodes = ARGV.empty? ? ["127.0.0.1:7000"] : ARGV
LibRedisCluster::Cluster.open(nodes: nodes) do |cluster|
  cluster.command("RPUSH", "queue", "hello, cluster")
  puts cluster.command("LPOP", "queue")
end
