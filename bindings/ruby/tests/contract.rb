# frozen_string_literal: true

# Runs the contract through the Ruby gem: contract_with_cluster ruby contract.rb FILE... See tests/contract/README.md.

require "librediscluster"
require "socket"

Failed = Class.new(StandardError)
Raised = Class.new(StandardError)
Word = Struct.new(:text, :quoted) do
  def mark?(mark) = !quoted && text == mark
end
Step = Struct.new(:line, :number, :block)

BLOCKS = %w[watch threads background fork first].freeze
ESCAPES = { "n" => "\n", "r" => "\r", "t" => "\t" }.freeze

def split(line)
  line.scan(/"((?:[^"\\]|\\.)*)"|([^ "][^ ]*)/n).map do |quoted, bare|
    if quoted
      Word.new(quoted.gsub(/\\(x(..)|.)/n) { $2 ? $2.hex.chr.b : ESCAPES.fetch($1, $1) }, true)
    elsif bare =~ /\A~(\d+):(.*)\z/n
      Word.new($2 * $1.to_i, false)
    else
      Word.new(bare, false)
    end
  end
end

def substituted(line, variables) = variables.reduce(line) { |text, (name, value)| text.gsub("${#{name}}") { value } }

def ask_control(line)
  answer = UNIXSocket.open(ENV.fetch("RC_TEST_CONTROL")) do |socket|
    socket.puts(line)
    socket.gets.to_s.chomp
  end
  raise Failed, "control: #{answer}" unless answer.start_with?("ok")

  answer[3..] || ""
end

def name_fits?(word, name) = word.text == "*" || word.text == (name || "-").to_s.upcase

def error_fits?(words, error)
  error.is_a?(LibRedisCluster::Error) &&
    [error.code, error.server_code, error.outcome].each_with_index.all? { |name, i| name_fits?(words[i], name) }
end

# Takes one value off the front of the words.
def fits?(words, value)
  word = words.shift
  return true if word.mark?("*")
  return value.nil? if word.mark?("nil")
  return error_fits?(words.shift(4), value) if word.mark?("(")

  if word.mark?("[")
    return false unless value.is_a?(Array)
    return false unless value.all? { |element| !words[0].mark?("]") && fits?(words, element) }

    return words.shift.mark?("]")
  end
  unless word.quoted
    return value == $1.to_i && value.is_a?(Integer) if word.text =~ /\A:(-?\d+)\z/n
    return value.is_a?(Integer) && value >= $1.to_i if word.text =~ /\A>=(\d+)\z/n
    return value == word.text[1..] if word.text =~ /\A\+./n
  end
  value.is_a?(String) && value.b == word.text.b
end

def check(expected, value, error)
  rest = expected.drop(1)
  good = if expected.empty? then error.nil?
         elsif expected[0].mark?("=") then error.nil? && fits?(rest, value) && rest.empty?
         elsif rest[0].mark?("raised") then error.is_a?(Raised)
         else error_fits?(rest, error) && (rest.size < 4 || error.message.include?(rest[3].text))
         end
  return if good

  got = error ? "#{error.class} #{error.server_code if error.respond_to?(:server_code)} #{error.message}" : value.inspect[0, 200]
  raise Failed, "expected #{expected.map(&:text).join(" ")[0, 200]} but got #{got}"
end

# Fires a cancel after a time, while the block runs.
def cancelling(delay_ms)
  return yield(nil) unless delay_ms

  cancel = LibRedisCluster::Cancel.new
  cancel.fire if delay_ms.zero?
  thread = Thread.new { sleep(delay_ms / 1000.0) && cancel.fire } unless delay_ms.zero?
  begin
    yield cancel
  ensure
    thread&.kill&.join
  end
end

# The words that begin with @, as options and the delay of a cancel; takes them off the front.
def call_options(words)
  options = {}
  delay = nil
  while words[0] && !words[0].quoted && words[0].text.start_with?("@")
    name, value = words.shift.text[1..].split("=")
    case name
    when "timeout_ms" then options[:timeout] = value.to_i / 1000.0
    when "idempotent" then options[:idempotent] = value == "1"
    when "read_from", "route", "combine" then options[name.to_sym] = value.to_sym
    when "node", "route_key" then options[name.to_sym] = value
    when "split" then options[:split] = value == "1"
    else delay = value.to_i
    end
  end
  [options, delay]
end

def credentials_of(given) = ->(_, _) { given == "none" ? raise(KeyError, "no credentials") : given.split(":") }

def commands(words)
  return [] if words.empty?

  words.slice_when { |word, _| word.mark?(";") }.map { |part| part.reject { |word| word.mark?(";") }.map(&:text) }
end

Watching = Struct.new(:session, :queued, :first)

class Runner
  def scenario(block)
    ask_control("reset")
    variables = { "nodes" => ENV.fetch("RC_TEST_NODES") }
    open([Word.new("timeout_ms=15000")], variables)
    begin
      run(block, variables)
    ensure
      @cluster&.close
      @background&.join
    end
  end

  private

  def open(words, variables)
    @cluster&.close
    options = {}
    nodes = variables["nodes"]
    delay = nil
    words.each do |word|
      name, value = word.text.split("=", 2)
      case name
      when "nodes" then nodes = value
      when "url" then nodes, options[:url] = "", value
      when "cancel_after_ms" then delay = value.to_i
      when /_ms\z/ then options[name.delete_suffix("_ms").to_sym] = value.to_i / 1000.0
      when "credentials" then options[:credentials] = credentials_of(value)
      when "mapped" then options[:address_map] = value.split(",").to_h { |pair| pair.split(">", 2) }
      when "tls", "tls_verify" then options[name.to_sym] = value == "1"
      when "max_redirects", "watch_retries", "database", "protocol" then options[name.to_sym] = value.to_i
      else options[name.to_sym] = value
      end
    end
    cancelling(delay) { |cancel| @cluster = LibRedisCluster::Cluster.open(nodes: nodes.split(","), cancel: cancel, **options) }
  end

  # What ends a callback early, or nil.
  def run(block, variables, watch = nil)
    variables = variables.dup
    steps = block.dup
    while (step = steps.shift)
      begin
        line = substituted(step.line, variables)
        words = split(line)
        verb = words.shift.text
        return LibRedisCluster::ABORT if verb == "abort"
        raise Raised if verb == "raise"

        expected = steps[0]&.line&.match?(/\A[=!]/n) ? split(substituted(steps.shift.line, variables)) : []
        if verb == "let" then variables[words[0].text] = ask_control(line.split(" ", 3)[2])
        elsif verb == "eventually" then eventually(words, expected, variables)
        elsif !around(verb, line, words, step.block, variables, watch)
          check_call(verb, words, step.block, variables, watch, expected)
        end
      rescue Failed => e
        raise e.message.start_with?("line ") ? e : Failed.new("line #{step.number}: #{e.message}")
      end
    end
    nil
  end

  def check_call(verb, words, block, variables, watch, expected)
    value = error = nil
    begin
      value = call(verb, words.dup, block, variables, watch)
    rescue LibRedisCluster::Error, Raised => e
      error = e
    end
    check(expected, value, error)
  end

  def eventually(words, expected, variables)
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 20
    begin
      check_call(words[0].text, words.drop(1), nil, variables, nil, expected)
    rescue Failed
      raise if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

      sleep(0.02)
      retry
    end
  end

  def call(verb, words, block, variables, watch)
    options, delay = call_options(words)
    texts = words.map(&:text)
    cancelling(delay) do |cancel|
      options[:cancel] = cancel if cancel
      case verb
      when "read" then watch.session.command(*texts)
      when "queue" then watch.queued << texts
      when "open" then open(words, variables)
      when "find" then find(texts[0])
      when "refresh" then @cluster.refresh
      when "close" then @cluster.close
      when "scan" then @cluster.each_key(match: texts[0]).to_set.size
      when "slot" then LibRedisCluster.key_slot(texts[0])
      when "info" then info(*texts)
      when "command" then @cluster.command(*texts, **options)
      when "pipeline" then @cluster.pipeline(commands(words), **options)
      when "transaction" then @cluster.transaction(commands(words), **options)
      when "explain" then explain(texts, options)
      when "watch" then watch_keys(texts, block, variables, options)
      else raise Failed, "no such step: #{verb}"
      end
    end
  end

  def find(name)
    found = LibRedisCluster::Cluster.find(name)
    @cluster = found if found
    found ? 1 : 0
  end

  def info(field, of = nil)
    info = @cluster.info
    case field
    when "counter" then info[:counters].fetch(of.to_sym, 0)
    when "owner" then info[:nodes][info.slot_owner(LibRedisCluster.key_slot(of))].values_at(:host, :port).join(":")
    when "ids" then info[:nodes].map { |node| node[:id] }.uniq.size
    when "primaries" then info[:nodes].count { |node| node[:primary] }
    when "slots_covered" then info[:slots_covered]
    else info[field.to_sym].size
    end
  end

  def explain(texts, options)
    explained = @cluster.explain(*texts.drop(1), **options)
    case texts[0]
    when "node" then explained[:node]&.join(":") || "-"
    when "slot" then explained[:slot] || -1
    when "keys" then explained[:keys]
    else explained[texts[0].to_sym] ? 1 : 0
    end
  end

  def watch_keys(keys, block, variables, options)
    tries = 0
    @cluster.watch(keys, **options) do |session|
      watching = Watching.new(session, [], tries.zero?)
      tries += 1
      run(block, variables, watching) || watching.queued
    end
  ensure
    @tries = tries
  end

  def around(verb, line, words, block, variables, watch)
    case verb
    when "control" then ask_control(line.split(" ", 2)[1])
    when "first" then run(block, variables, watch) if watch.first
    when "tries" then @tries == words[0].text.to_i or raise Failed, "the callback ran #{@tries} times"
    when "threads" then threads(words[0].text.to_i, words[1].text.to_i, block, variables)
    when "background" then @background = noting { run(block, variables) }
    when "join" then @background.value
    when "fork" then fork_child(block, variables)
    else return verb == "needs"
    end
    true
  end

  def noting(&block) = Thread.new(&block).tap { |thread| thread.report_on_exception = false }

  def threads(count, rounds, block, variables)
    threads = Array.new(count) do |thread|
      noting do
        rounds.times { |round| run(block, variables.merge("thread" => thread.to_s, "round" => round.to_s)) }
      end
    end
    threads.each { |thread| thread.join rescue nil }
    threads.each(&:value)
  end

  def fork_child(block, variables)
    $stdout.flush
    child = fork do
      run(block, variables)
      exit!(0)
    rescue Exception => e # rubocop:disable Lint/RescueException
      warn e.full_message
      exit!(1)
    end
    status = Process.wait2(child)[1]
    raise Failed, "the forked child ended with #{status}" unless status.success?
  end
end

def read(path)
  scenarios = []
  opened = nil
  File.binread(path).each_line.with_index(1) do |line, number|
    line = line.strip
    verb = line.split(" ", 2)[0]
    case verb
    when nil, /\A#/ then next
    when "scenario" then scenarios << [line[9..], File.basename(path), (opened = [[]])[0]]
    when "end" then opened.pop
    else
      opened[-1] << (step = Step.new(line, number, []))
      opened << step.block if BLOCKS.include?(verb)
    end
  end
  scenarios
end

scenarios = ARGV.flat_map { |path| read(path) }
passed = scenarios.count do |name, file, block|
  Runner.new.scenario(block)
  puts "ok #{name}"
  true
rescue StandardError => e
  puts "FAILED #{name}: #{file}: #{e.class} #{e.message} #{e.backtrace[0] unless e.is_a?(Failed)}"
  false
ensure
  $stdout.flush
end
puts "contract: #{passed} of #{scenarios.size} passed, 0 skipped"
exit(passed == scenarios.size && passed.positive?)
