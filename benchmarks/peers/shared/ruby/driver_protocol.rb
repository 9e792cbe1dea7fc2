# frozen_string_literal: true

# The driver protocol for clients in Ruby: rounds of blocking calls by threads that share one client.
#
# A client answers to get(key), set(key, value), mget(keys) and pipeline(keys), which gets them all; set returns "OK".
module DriverProtocol
  Round = Struct.new(:op, :parallel, :size, :batch, :seconds) do
    def self.parse(line)
      words = line.split
      return unless words.size == 6 && words[0] == "round" && %w[get set mget pipeline].include?(words[1])

      new(words[1], *words[2..4].map(&:to_i), words[5].to_f)
    end

    def step = op == "pipeline" ? batch : 1
  end

  # Keys and values go on after their end, so that a batch can start at any of the count keys.
  class Workload
    attr_reader :count, :keys, :values

    def initialize(round)
      @count = round.op == "mget" || round.size >= 65_536 ? 100 : 3000
      @count = 4 if round.size >= 4 << 20
      tag = round.op == "mget" ? "{m}:" : ""
      keys = Array.new(count) { |i| "bench:#{round.size}:#{tag}#{i}".freeze }
      values = keys.map { |key| ("#{key}:" * ((round.size / key.size) + 1))[0, round.size].freeze }
      times = 1 + (round.batch.to_f / count).ceil
      @keys = keys * times
      @values = values * times
    end
  end

  module_function

  def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

  def die(message)
    warn "driver: #{message}"
    exit!(1)
  end

  def call(client, round, workload, index)
    case round.op
    when "get" then client.get(workload.keys[index]) == workload.values[index]
    when "set" then client.set(workload.keys[index], workload.values[index]) == "OK"
    when "mget" then client.mget(workload.keys[index, round.batch]) == workload.values[index, round.batch]
    else client.pipeline(workload.keys[index, round.batch]) == workload.values[index, round.batch]
    end
  end

  # The time of a call ends where that of the next begins.
  def caller_of(client, round, workload, number)
    index = number * 700 % workload.count
    latencies = []
    before = now
    deadline = before + round.seconds
    while before < deadline
      call(client, round, workload, index) or die("wrong reply to #{round.op} at #{workload.keys[index]}")
      index = (index + round.step) % workload.count
      after = now
      latencies << (after - before)
      before = after
    end
    latencies
  rescue StandardError => e
    die("#{round.op}: #{e.class}: #{e.message}")
  end

  def measured(client, round)
    workload = Workload.new(round)
    start = Queue.new
    threads = Array.new(round.parallel) do |number|
      Thread.new do
        start.pop
        caller_of(client, round, workload, number)
      end
    end
    Thread.pass until start.num_waiting == round.parallel
    began = now
    start.close
    all = threads.flat_map(&:value).sort
    took = now - began
    at = [0.5, 0.99, 0.999].map { |part| (all[[all.size - 1, (all.size * part).to_i].min] * 1e6).round(1) }
    format('{"commands": %d, "seconds": %.6f, "latency_us": %s}', all.size * round.step, took, at)
  end

  def nodes
    die("usage: #{$PROGRAM_NAME} --nodes HOST:PORT,...") unless ARGV.size == 2 && ARGV[0] == "--nodes"
    ARGV[1].split(",")
  end

  def serve(client)
    $stdout.sync = true
    $stdin.each_line do |line|
      round = Round.parse(line)
      puts round ? measured(client, round) : %({"error": "this driver does not know: #{line.strip}"})
    end
  end
end
