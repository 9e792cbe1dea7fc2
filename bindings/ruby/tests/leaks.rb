# frozen_string_literal: true

# Resident memory over many calls of each kind must not grow. Prints the growth of each.
#   contract_with_cluster ruby leaks.rb [CALLS]

require "logger"
require "librediscluster"

CALLS = (ARGV[0] || 200_000).to_i
MOST_KB = 4096

def resident_kb
  GC.start
  File.read("/proc/self/statm").split[1].to_i * 4
end

def failing(kind = LibRedisCluster::Error)
  yield
rescue kind
  nil
else
  abort "a call that must fail has not"
end

LOGGER = Logger.new(File::NULL)
NODES = ENV.fetch("RC_TEST_NODES").split(",").freeze
c = LibRedisCluster::Cluster.open(nodes: NODES)
told = LibRedisCluster::Cluster.open(nodes: NODES, on_attempt: ->(_) {})
c.command("SET", "k", "text")
c.command("DEL", "l")
c.command("RPUSH", "l", *0...20)
cases = {
  "a command" => [1, -> { c.command("GET", "k") }],
  "a command with options" => [1, -> { c.command("GET", "k", timeout: 5, idempotent: true) }],
  "a list" => [1, -> { c.command("LRANGE", "l", 0, -1) }],
  "a pipeline" => [10, -> { c.pipeline([%w[GET k], %w[INCR k]] * 5) }],
  "a watch" => [5, -> { c.watch(["k"]) { |w| [["SET", "k", w.command("GET", "k")]] } }],
  "a server's error" => [1, -> { failing { c.command("INCR", "k") } }],
  "a refused command" => [1, -> { failing { c.command("SUNION", "a", "b") } }],
  "a refused pipeline" => [1, -> { failing { c.pipeline([%w[SET k 1], %w[SUBSCRIBE x]]) } }],
  "a wrong argument" => [1, -> { failing(TypeError) { c.pipeline([["SET", "k", 1.5], ["SET", "k", nil]]) } }],
  "a watch that raises" => [5, -> { failing(ZeroDivisionError) { c.watch(["k"]) { 1 / 0 } } }],
  "a watch that breaks" => [5, -> { c.watch(["k"]) { break } }],
  "a watch that aborts" => [5, -> { failing { c.watch(["k"]) { LibRedisCluster::ABORT } } }],
  "wrong options" => [1, -> { failing { LibRedisCluster::Cluster.open(nodes: ["h:x"]) } }],
  "info" => [1, -> { c.info }],
  "an explanation" => [1, -> { c.explain("GET", "k") }],
  "a command with a hook" => [1, -> { told.command("GET", "k") }],
  "refused credentials" => [20, lambda {
    failing { LibRedisCluster::Cluster.open(nodes: NODES[0], credentials: ->(_, _) { 1 / 0 }) }
  }],
  "an opening with functions" => [50, lambda {
    LibRedisCluster::Cluster.open(nodes: NODES, credentials: ->(_, _) { "" }, on_attempt: ->(_) {}, logger: LOGGER) { |o| o.command("PING") }
  }],
  "an opening" => [50, -> { LibRedisCluster::Cluster.open(nodes: NODES) { |opened| opened.command("PING") } }]
}
worst = cases.map do |name, (weight, call)|
  calls = CALLS / weight
  (calls / 5).times { call.call }
  before = resident_kb
  calls.times { call.call }
  growth = resident_kb - before
  puts "#{name}: #{growth} kB over #{calls} calls"
  $stdout.flush
  growth
end.max
abort "memory grows: #{worst} kB" if worst > MOST_KB && !ENV.key?("RC_TEST_UNDER_VALGRIND")
