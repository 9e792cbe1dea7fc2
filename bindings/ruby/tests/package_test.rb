# frozen_string_literal: true

# What the contract cannot say: Ruby's own values, the global lock, interrupts, what leaves a block.

require "fiddle"
require "logger"
require "minitest/autorun"
require "librediscluster"
require "socket"
require "stringio"
require "timeout"

NODES = ENV.fetch("RC_TEST_NODES").split(",")

module WithCluster
  def setup
    @c = LibRedisCluster::Cluster.open(nodes: NODES, timeout: 15)
    @c.command("DEL", "k")
  end

  def teardown = @c.close

  def control(line)
    UNIXSocket.open(ENV.fetch("RC_TEST_CONTROL")) do |socket|
      socket.puts(line)
      answer = socket.gets.chomp
      assert(answer.start_with?("ok"), answer)
      answer[3..]
    end
  end

  def wait_blocked(count = 1) = control("wait-blocked #{count}")

  # An address that accepts and says nothing.
  def silent
    server = TCPServer.new("127.0.0.1", 0)
    yield ["127.0.0.1", server.addr[1]]
  ensure
    server.close
  end

  def seconds
    start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    yield
    Process.clock_gettime(Process::CLOCK_MONOTONIC) - start
  end
end

class ValuesTest < Minitest::Test
  include WithCluster

  def test_arguments_of_every_type
    { "\x00\xFF".b => "\x00\xFF".b, "grün" => "grün", sym: "sym", 7 => "7", -(2**70) => (-(2**70)).to_s, 1.5 => "1.5",
      "" => "" }.each do |given, stored|
      @c.command("SET", "k", given)
      assert_equal(stored.b, @c.command("GET", "k").b)
    end
  end

  def test_other_types_are_refused_by_name
    [nil, true, Object.new, ["x"], {}].each do |bad|
      error = assert_raises(TypeError) { @c.command("SET", "k", bad) }
      assert_match(/argument 2 is #{bad.class}/, error.message)
    end
    assert_match(/key 1 is NilClass/, assert_raises(TypeError) { @c.watch(["k", nil]) { nil } }.message)
  end

  def test_what_is_no_array_is_no_command
    ["GET k", 5, Set["GET", "k"], { "GET" => "k" }, nil].each do |bad|
      { /\Aa command is an Array.*, not #{bad.class}/ => -> { @c.pipeline([bad]) },
        /\Acommands are an Array.*, not #{bad.class}/ => -> { @c.pipeline(bad) },
        /\Akeys are an Array.*, not #{bad.class}/ => -> { @c.watch(bad) { nil } } }.each do |text, call|
        assert_match(text, assert_raises(TypeError, &call).message)
      end
    end
  end

  def test_replies_are_native
    assert_equal("OK", @c.command("SET", "k", 1))
    assert_equal(2, @c.command("INCR", "k"))
    assert_nil(@c.command("GET", "missing"))
    assert_equal([1, ["a", []]], @c.command("EVAL", "return {1, {'a', {}}}", 1, "k"))
  end

  def test_encodings
    @c.command("SET", "k", "grün")
    assert_equal(Encoding::UTF_8, @c.command("GET", "k").encoding)
    assert_equal("grün", @c.command("GET", "k"))
    LibRedisCluster::Cluster.open(nodes: NODES, binary: true) do |c|
      assert_equal(Encoding::BINARY, c.command("GET", "k").encoding)
      assert_equal("grün".b, c.pipeline([["GET", "k"]])[0])
      c.watch(["k"]) { |w| assert_equal(Encoding::BINARY, w.command("GET", "k").encoding) && nil }
    end
  end

  def test_a_string_that_another_thread_changes_meanwhile
    text = +"x" * 100
    changing = Thread.new { 2000.times { text << "y" && text.slice!(-1) } }
    300.times { assert_match(/\Ax{100}y?\z/, @c.command("ECHO", text)) }
    changing.join
  end

  def test_nodes_in_every_form
    host, port = NODES[0].split(":")
    [[[host, port.to_i]], [NODES[0]], NODES[0]].each do |nodes|
      assert_equal("PONG", LibRedisCluster::Cluster.open(nodes: nodes) { |c| c.command("PING") })
    end
    assert_equal("PONG", LibRedisCluster::Cluster.open(url: "redis://#{NODES[0]}/?timeout_ms=4000") { |c| c.command("PING") })
  end

  def test_info
    info = @c.info
    assert_equal(16_384, info[:slots_covered])
    assert_equal(16_384, info[:nodes].sum { |node| node[:slots] })
    assert_equal(NODES, info[:seeds])
    assert_operator(info[:counters][:connects], :>=, 1)
  end

  def test_the_slot_of_a_key
    assert_equal(12_182, LibRedisCluster.key_slot("foo"))
    assert_equal(LibRedisCluster::VERSION, LibRedisCluster.library_version)
  end

  def test_the_block_form_closes
    kept = nil
    assert_equal(5, LibRedisCluster::Cluster.open(nodes: NODES) { |c| (kept = c) && 5 })
    assert_raises(LibRedisCluster::ClosedError) { kept.command("PING") }
    kept.close
  end
end

class WholeTest < Minitest::Test
  include WithCluster

  def test_nodes_have_ids_ranges_and_primaries
    info = @c.info
    nodes = info[:nodes]
    assert_equal(6, nodes.map { |node| node[:id] }.grep(/\A\h{40}\z/).uniq.size)
    nodes.each do |node|
      assert_equal(node[:slots], node[:ranges].sum(&:size))
      assert_equal(node[:primary], node[:primary_index].nil?)
      assert(nodes[node[:primary_index]][:primary]) unless node[:primary]
    end
    owner = nodes[info.slot_owner(LibRedisCluster.key_slot("k"))]
    assert_equal(@c.explain("GET", "k")[:node], owner.values_at(:host, :port))
    assert_nil(info.slot_owner(16_384))
  end

  def test_options_of_routes_are_checked
    { { route: :all } => "route is :all: give one of auto, one, primaries, nodes",
      { combine: :sum } => "combine is :sum: give one of auto, by_node",
      { route: :one, node: "h:1" } => "give one of route, node and route_key" }.each do |options, text|
      error = assert_raises(LibRedisCluster::InvalidArgumentError) { @c.command("DBSIZE", **options) }
      assert_equal(text, error.message)
    end
    [{ node: 5 }, { node: %w[h 1] }, { split: 1 }].each do |options|
      assert_raises(TypeError) { @c.command("DBSIZE", **options) }
    end
  end

  def test_a_scan_yields_every_key_and_its_cursor_goes_on
    keys = Array.new(500) { |i| "scan:#{i}" }
    @c.pipeline(keys.map { |key| ["SET", key, 1] } + [["RPUSH", "scan:list", 1]])
    scan = @c.each_key(match: "scan:*", count: 20)
    first = scan.take(130)
    rest = @c.each_key(match: "scan:*", cursor: scan.cursor).to_a
    assert_equal((keys + ["scan:list"]).sort, (first | rest).sort)
    assert_operator(rest.size, :<, 500)
    assert_equal((keys + ["scan:list"]).sort, (first | scan.to_a).sort)
    assert_empty(scan.doubtful_slots)
    assert_empty(@c.each_key(match: "scan:*", cursor: scan.cursor).to_a)
    assert_equal(["scan:list"], @c.each_key(match: "scan:*", type: :list).to_a)
    assert_raises(LibRedisCluster::InvalidArgumentError) { @c.each_key(cursor: "rubbish") }
    assert_raises(LibRedisCluster::InvalidArgumentError) { @c.each_key(count: 0) }
    cancel = LibRedisCluster::Cancel.new
    cancel.fire
    assert_raises(LibRedisCluster::CancelledError) { @c.each_key(cancel: cancel) { flunk } }
  end
end

class ErrorsTest < Minitest::Test
  include WithCluster

  def test_classes_and_fields
    @c.command("SET", "k", "text")
    error = assert_raises(LibRedisCluster::ServerError) { @c.command("LPUSH", "k", 1) }
    assert_kind_of(LibRedisCluster::Error, error)
    assert_equal([:server, "WRONGTYPE", :executed, true],
                 [error.code, error.server_code, error.outcome, error.may_have_executed?])
    assert_raises(LibRedisCluster::TimeoutError) { @c.command("BLPOP", "q", 0, timeout: 0.05) }
    assert_raises(LibRedisCluster::ConnectError) { LibRedisCluster::Cluster.open(nodes: "127.0.0.1:1", timeout: 1) }
  end

  def test_an_error_of_a_pipeline_is_an_element
    replies = @c.pipeline([%w[SET k text], %w[INCR k], %w[GET k]])
    assert_kind_of(LibRedisCluster::ServerError, replies[1])
    assert_equal(["OK", "text"], replies.values_at(0, 2))
  end
end

class WatchesTest < Minitest::Test
  include WithCluster

  def test_an_exception_arrives_as_it_was_raised
    mine = KeyError.new("mine")
    error = assert_raises(KeyError) { @c.watch(["k"]) { raise mine } }
    assert_same(mine, error)
    assert_equal("on", @c.command("ECHO", "on"))
  end

  def test_break_next_and_throw
    assert_equal(7, @c.watch(["k"]) { break 7 })
    assert_equal(8, catch(:out) { @c.watch(["k"]) { throw :out, 8 } })
    assert_equal(["OK"], @c.watch(["k"]) { next [%w[SET k 1]] })
    assert_equal(9, returning)
    assert_equal("1", @c.command("GET", "k"))
  end

  def returning
    @c.watch(["k"]) { return 9 }
    flunk
  end

  def test_exit_too
    assert_raises(SystemExit) { @c.watch(["k"]) { exit } }
  end

  # Nothing else may leave what it was to execute behind, either.
  def test_only_a_block_that_ends_well_commits
    mine = [%w[SET k 1]]
    endless = ->(depth) { endless.call(depth + 1) + 1 }
    { raise: -> { raise KeyError }, our_error: -> { @c.command("SUNION", "a", "b") }, stop: -> { raise StopIteration },
      exit: -> { exit }, abort: -> { exit(1) }, interrupt: -> { raise Interrupt }, memory: -> { raise NoMemoryError },
      deep: -> { endless.call(0) }, throw: -> { throw :out }, no_catch: -> { throw :nowhere },
      raised: -> { Thread.current.raise(KeyError) }, killed: -> { Thread.current.kill },
      timeout: -> { Timeout.timeout(0.01) { sleep } } }.each do |name, ending|
      thread = Thread.new do
        catch(:out) { @c.watch(["k"]) { |w| w.command("GET", "k") && nil; begin; mine; ensure; ending.call; end } }
      rescue Exception # rubocop:disable Lint/RescueException
        nil
      end
      assert(thread.join(10), name)
      assert_nil(@c.command("GET", "k"), name)
    end
    @c.watch(["k"]) { break mine }
    [5, mine + [["SET", "k", nil]], mine + [5], [*mine, %w[MULTI]], LibRedisCluster::ABORT].each do |bad|
      assert_raises(StandardError) { @c.watch(["k"]) { bad } }
    end
    assert_nil(@c.command("GET", "k"))
    assert_equal("on", @c.command("ECHO", "on"))
  end

  # Those of other threads' making, in the middle of what the block does.
  def test_a_thread_that_is_killed_in_its_block_commits_nothing
    %i[kill raise].each do |ending|
      within = Queue.new
      thread = Thread.new do
        @c.watch(["k"]) do
          within << true
          begin
            sleep
          ensure
            break [%w[SET k 1]] if ending == :kill # the kill goes on
          end
        end
      rescue RuntimeError
        nil
      end
      within.pop
      thread.public_send(ending)
      assert(thread.join(10))
      assert_nil(@c.command("GET", "k"))
    end
  end

  def test_a_callback_of_fiddle_that_says_nothing_commits_nothing
    rc = Fiddle.dlopen("librediscluster.so.1")
    call = lambda do |name, types, result, *arguments|
      Fiddle::Function.new(rc["rc_#{name}"], types, result).call(*arguments)
    end
    pointer = Fiddle::TYPE_VOIDP
    size = Fiddle::TYPE_SIZE_T
    options = call.call(:options_from_url, [pointer] * 2, pointer, "redis://#{NODES.join(",")}", nil)
    cluster = call.call(:cluster_open, [pointer] * 2, pointer, options, nil)
    queue = ->(to) { call.call(:commands_add, [pointer, size, *[pointer] * 3], Fiddle::TYPE_INT, to, 3, %w[SET k 1].pack("p*"), nil, nil) }
    { -> { nil } => nil, -> { 0 } => nil, -> { raise "mine" rescue nil } => nil, -> { 100 } => "1" }.each do |ends, stored|
      callback = Fiddle::Closure::BlockCaller.new(Fiddle::TYPE_INT, [pointer] * 3) { |_, to, _| queue.call(to) && (ends.call || 0) }
      reply = call.call(:watch_transaction, [pointer, size, *[pointer] * 5], pointer, cluster, 1, ["k"].pack("p"), nil, callback, nil, nil)
      assert_equal(stored.nil?, reply.null?)
      stored ? assert_equal(stored, @c.command("GET", "k")) : assert_nil(@c.command("GET", "k"))
      call.call(:reply_free, [pointer], Fiddle::TYPE_VOID, reply)
    end
    call.call(:cluster_free, [pointer], Fiddle::TYPE_VOID, cluster)
    call.call(:options_free, [pointer], Fiddle::TYPE_VOID, options)
  end

  def test_an_error_of_a_read_arrives
    @c.command("SET", "k", "text")
    assert_raises(LibRedisCluster::ServerError) { @c.watch(["k"]) { |w| w.command("INCR", "k") } }
  end

  def test_abort
    assert_raises(LibRedisCluster::AbortedError) { @c.watch(["k"]) { LibRedisCluster::ABORT } }
  end

  def test_what_is_no_list_of_commands
    assert_raises(TypeError) { @c.watch(["k"]) { 5 } }
    assert_raises(TypeError) { @c.watch(["k"]) { [["SET", "k", nil]] } }
    assert_raises(ArgumentError) { @c.watch(["k"]) }
  end

  def test_a_session_is_over_after_its_block
    kept = nil
    assert_equal([], @c.watch(["k"]) { |w| (kept = w) && nil })
    error = assert_raises(LibRedisCluster::InvalidArgumentError) { kept.command("GET", "k") }
    assert_match(/the watch session has ended/, error.message)
  end

  def test_watches_in_watches
    @c.watch(["k"]) { [["SET", "k", @c.watch(["k2"]) { [%w[SET k2 1], %w[GET k2]] }[1]]] }
    assert_equal("1", @c.command("GET", "k"))
  end
end

class ThreadsTest < Minitest::Test
  include WithCluster

  def test_the_global_lock_is_free_in_calls_that_block
    silent do |address|
      {
        command: -> { @c.command("BLPOP", "q", 0.3) },
        pipeline: -> { @c.pipeline([["BLPOP", "q", 0.3]]) },
        watch: -> { @c.watch(["q"]) { |w| w.command("BLPOP", "q", 0.3) } },
        open: -> { assert_raises(LibRedisCluster::TimeoutError) { LibRedisCluster::Cluster.open(nodes: [address], timeout: 0.3) } }
      }.each do |name, call|
        counted = 0
        thread = Thread.new { loop { counted += 1 } }
        before = counted
        call.call
        assert_operator(counted - before, :>, 1000, name)
        thread.kill.join
      end
    end
  end

  def test_close_ends_calls_of_other_threads
    threads = Array.new(4) do
      Thread.new { assert_raises(LibRedisCluster::ClosedError) { @c.command("BLPOP", "q", 0, timeout: 30) } }
    end
    wait_blocked(4)
    @c.close
    threads.each(&:value)
  end

  def test_a_cancel_ends_calls_of_other_threads
    cancel = LibRedisCluster::Cancel.new
    Thread.new { sleep(0.1) && cancel.fire }
    error = assert_raises(LibRedisCluster::CancelledError) { @c.command("BLPOP", "q", 0, cancel: cancel) }
    assert_equal(:unknown, error.outcome)
    assert_equal("on", @c.command("ECHO", "on"))
  end
end

class HandlesTest < Minitest::Test
  include WithCluster

  def test_there_are_no_copies
    @c.watch(["k"]) do |w|
      [@c, w, LibRedisCluster::Cancel.new].each do |handle|
        %i[dup clone].each { |copy| assert_match(/can't copy/, assert_raises(TypeError) { handle.public_send(copy) }.message) }
        assert_match(/can't dump/, assert_raises(TypeError) { Marshal.dump(handle) }.message)
      end
      nil
    end
    assert_equal("on", @c.command("ECHO", "on"))
  end

  def test_what_was_not_made_says_so
    cluster = LibRedisCluster::Cluster.allocate
    [-> { cluster.command("PING") }, -> { cluster.info }, -> { cluster.close },
     -> { LibRedisCluster::Watch.allocate.command("PING") }, -> { LibRedisCluster::Cancel.allocate.fire },
     -> { @c.command("PING", cancel: LibRedisCluster::Cancel.allocate) }].each do |call|
      assert_match(/\Auninitialized LibRedisCluster::/, assert_raises(TypeError, &call).message)
    end
  end
end

class CollectedTest < Minitest::Test
  def open_some = 10.times { |i| LibRedisCluster::Cluster.open(nodes: NODES, name: "ruby.collected.#{i}") }

  def left = 10.times.count { |i| LibRedisCluster::Cluster.find("ruby.collected.#{i}") }

  def test_a_cluster_that_nobody_needs_is_closed
    GC.disable # it may run at any moment, and nothing holds them
    open_some
    all = left
    GC.enable
    assert_equal(10, all)
    100.times do
      GC.start
      break if left < 5 # the stack may look as if it held some
    end
    assert_operator(left, :<, 5)
  end
end

class InterruptsTest < Minitest::Test
  include WithCluster

  def blocking_calls
    silent do |address|
      yield(
        command: -> { @c.command("BLPOP", "q", 0) },
        timeout: -> { @c.command("BLPOP", "q", 0, timeout: 14) },
        pipeline: -> { @c.pipeline([["BLPOP", "q", 0]]) },
        watch: -> { @c.watch(["q"]) { |w| w.command("BLPOP", "q", 0) } },
        inner: -> { @c.watch(["q"]) { @c.command("BLPOP", "q2", 0) } },
        open: -> { LibRedisCluster::Cluster.open(nodes: [address], timeout: 14) }
      )
    end
  end

  def test_timeout_interrupts
    blocking_calls do |calls|
      calls.each do |name, call|
        took = seconds { assert_raises(Timeout::Error, name) { Timeout.timeout(0.2) { call.call } } }
        assert_operator(took, :<, 10, name)
        assert_equal("on", @c.command("ECHO", "on"))
      end
    end
  end

  def test_raise_and_kill_in_another_thread
    blocking_calls do |calls|
      calls.each do |name, call|
        thread = Thread.new { call.call }
        thread.report_on_exception = false
        sleep(0.01) until thread.status == "sleep"
        thread.raise(KeyError, "from outside")
        assert_raises(KeyError, name) { thread.value }
        thread = Thread.new { call.call }
        sleep(0.01) until thread.status == "sleep"
        assert(thread.kill.join(10), name)
      end
    end
  end

  def test_ctrl_c_interrupts
    blocking_calls do |calls|
      calls.each do |name, call|
        Thread.new { sleep(0.2) && Process.kill(:INT, Process.pid) }
        took = seconds { assert_raises(Interrupt, name) { call.call } }
        assert_operator(took, :<, 10, name)
      end
    end
  end
end

class SignalsTest < Minitest::Test
  include WithCluster

  def test_the_end_of_a_child_interrupts_nothing
    alone = <<~RUBY # with one thread only, where Ruby interrupts by other means
      c = LibRedisCluster::Cluster.open(nodes: ARGV)
      child = spawn("sleep 0.1")
      exit 2 unless c.command("BLPOP", "q", 0.5).nil?
      Process.wait(child)
      c.watch(["k"]) { system("true") && nil }
      spawn("sleep 0.1; kill -INT \#{$$}")
      begin
        c.command("BLPOP", "q", 0)
      rescue Interrupt
        exit 3
      end
    RUBY
    assert_equal(3, Process.wait2(spawn(RbConfig.ruby, "-rlibrediscluster", "-e", alone, *NODES))[1].exitstatus)
    child = spawn("sleep 0.1")
    assert_nil(@c.command("BLPOP", "q", 0.5))
    Process.wait(child)
  end

  def test_a_trap_runs_in_the_middle_of_a_call_which_goes_on
    before = trap(:USR1) { @c.command("RPUSH", "q", "by the trap") }
    Thread.new { sleep(0.2) && Process.kill(:USR1, Process.pid) }
    assert_equal(["q", "by the trap"], @c.command("BLPOP", "q", 0))
  ensure
    trap(:USR1, before)
  end

  def test_a_trap_runs_in_the_middle_of_a_call_of_the_only_thread
    alone = <<~RUBY
      trapped = 0
      c = LibRedisCluster::Cluster.open(nodes: ARGV)
      trap(:USR1) { trapped += 1 }
      trap(:TERM) { c.command("RPUSH", "q", trapped) }
      spawn("sleep 0.1; kill -USR1 \#{$$}; sleep 0.1; kill -USR1 \#{$$}; sleep 0.1; kill -TERM \#{$$}")
      exit(c.command("BLPOP", "q", 0) == ["q", "2"] ? 0 : 2)
    RUBY
    assert_equal(0, Process.wait2(spawn(RbConfig.ruby, "-rlibrediscluster", "-e", alone, *NODES))[1].exitstatus)
  end

  def test_a_trap_that_raises_ends_the_call
    before = trap(:USR1) { raise IOError, "of the trap" }
    Thread.new { sleep(0.2) && Process.kill(:USR1, Process.pid) }
    assert_equal("of the trap", assert_raises(IOError) { @c.command("BLPOP", "q", 0) }.message)
    assert_equal("PONG", @c.command("PING"))
  ensure
    trap(:USR1, before)
  end
end

class ForksTest < Minitest::Test
  include WithCluster

  def test_workers_of_a_prefork_server_share_what_was_opened_before
    children = Array.new(4) do |worker|
      fork do
        Array.new(4) { Thread.new { @c.command("INCR", "k") } }.each(&:join)
        exit!(@c.command("ECHO", worker) == worker.to_s ? 0 : 2)
      rescue StandardError
        exit!(1)
      end
    end
    assert_equal([0] * 4, children.map { |child| Process.wait2(child)[1].exitstatus })
    assert_equal("16", @c.command("GET", "k"))
  end
end

class OptionsTest < Minitest::Test
  include WithCluster

  def open(**options, &block) = LibRedisCluster::Cluster.open(nodes: NODES, timeout: 5, **options, &block)

  def test_credentials_are_asked_at_each_connect
    node = control('script "ALWAYS EXPECT AUTH ann one -> REPLY +OK\nALWAYS EXPECT AUTH two -> REPLY +OK\n' \
                   'ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a\n"')
    asked = []
    credentials = ->(host, port) { (asked << "#{host}:#{port}").size == 1 ? %w[ann one] : "two" }
    LibRedisCluster::Cluster.open(nodes: [node], credentials: credentials) do |c|
      assert_equal([node], asked.uniq)
      assert_equal(16_384, c.info[:slots_covered])
    end
  end

  def test_what_credentials_raise_is_in_the_error
    { ->(_, _) { raise IOError, "the vault is sealed" } => /IOError: the vault is sealed/, ->(_, _) { 5 } => /TypeError: give/,
      ->(_, _) { ["a", 5] } => /TypeError/, ->(_) { "x" } => /ArgumentError/ }.each do |credentials, text|
      assert_match(text, assert_raises(LibRedisCluster::AuthError) { open(credentials: credentials) }.message)
    end
  end

  def test_what_ends_a_program_goes_through_credentials
    assert_raises(SystemExit) { open(credentials: ->(_, _) { exit(3) }) }
    assert_equal(:thrown, catch(:out) { open(credentials: ->(_, _) { throw :out, :thrown }) })
    assert_raises(Timeout::Error) { Timeout.timeout(0.2) { open(credentials: ->(_, _) { sleep }) } }
    assert_equal("on", @c.command("ECHO", "on"))
  end

  def test_credentials_may_run_programs
    assert_match(/Errno::ENOENT/, assert_raises(LibRedisCluster::AuthError) do
      open(credentials: ->(_, _) { `true` && `/no/such/program` })
    end.message)
  end

  def test_functions_live_as_long_as_the_cluster
    c = open(credentials: ->(_, _) { "" }, name: "ruby.functions")
    found = LibRedisCluster::Cluster.find("ruby.functions")
    c = nil # rubocop:disable Lint/UselessAssignment
    GC.start
    20.times { |i| assert_equal("OK", found.command("SET", "k#{i}", i)) }
    found.close
  end

  def test_a_logger
    said = StringIO.new
    open(logger: Logger.new(said, level: Logger::INFO)) { |c| c.command("SET", "k", 1) }
    assert_match(/INFO -- rediscluster: .*opened: 6 nodes/, said.string)
    refute_match(/DEBUG/, said.string)
    open(logger: Logger.new(said, level: Logger::FATAL)).close
  end

  def test_attempts
    attempts = []
    open(on_attempt: ->(attempt) { attempts << attempt }) do |c|
      c.command("SET", "k", "text")
      assert_raises(LibRedisCluster::ServerError) { c.command("INCR", "k") }
    end
    told = attempts.last(2).map { |a| [a.command, a.number, a.code, a.server_code, a.outcome] }
    assert_equal([["SET", 1, nil, nil, :executed], ["INCR", 1, :server, "ERR", :executed]], told)
    assert_includes(NODES, "#{attempts[-1].host}:#{attempts[-1].port}")
    assert_includes(0.0..60.0, attempts[-1].duration)
  end

  def test_what_a_hook_raises_is_a_warning
    _, warned = capture_io do
      open(on_attempt: ->(_) { raise "mine" }) { |c| assert_equal("OK", c.command("SET", "k", 1)) }
    end
    assert_match(/RuntimeError: mine/, warned)
  end

  def test_explain
    told = @c.explain("BLPOP", "{k}1", "{k}2", 0)
    assert_equal([%w[{k}1 {k}2], LibRedisCluster.key_slot("k"), false, true],
                 told.values_at(:keys, :slot, :read_only, :may_block))
    assert_includes(told[:text], told[:node].join(":"))
    assert(@c.explain("GET", "k", read_from: :replica)[:read_only])
    assert_nil(@c.explain("PING")[:slot])
    assert_nil(@c.explain("SUBSCRIBE", "news")[:node])
  end

  def test_an_address_map
    LibRedisCluster::Cluster.open(nodes: ["10.0.0.1:7000"], address_map: { "10.0.0.1:7000" => NODES[0] }) do |c|
      assert_equal("on", c.command("ECHO", "on"))
    end
  end

  def test_a_numbered_database
    open(database: 0) { |c| assert_equal("on", c.command("ECHO", "on")) }
    assert_match(/database/, assert_raises(LibRedisCluster::UnsupportedError) { open(database: 1) }.message)
    [-1, -(2**40)].each do |number|
      assert_match(/database/, assert_raises(LibRedisCluster::InvalidArgumentError) { open(database: number) }.message)
    end
  end

  def test_options_that_are_wrong
    [{ read_from: :nearest }, { tls_min_version: "1.1" }, { protocol: 4 }, { tls_ca_file: "" }, { tls_certificate: "c.pem" },
     { tls_server_name: "" }, { address_map: { "h" => "h:1" } }, { address_map: { "h:1" => "h:x" } },
     { url: "redis://h/?read_from=nearest" }].each do |bad|
      assert_raises(LibRedisCluster::InvalidArgumentError, bad) { open(**bad) }
    end
    assert_raises(LibRedisCluster::InvalidArgumentError) { @c.command("GET", "k", read_from: :nearest) }
    assert_raises(ArgumentError) { open(read_form: :replica) }
  end

  TEXTS = %i[url username password name zone tls_ca_file tls_ca_dir tls_certificate tls_key tls_key_password
             tls_server_name].freeze

  def test_options_of_wrong_types_are_named
    wrong = TEXTS.map { |name| { name => 5 } } +
            [{ timeout: "1" }, { connect_timeout: "1" }, { max_redirects: 5.9 }, { watch_retries: "3" }, { protocol: true },
             { database: "1" }, { refresh_interval: "60" },
             { tls: "no" }, { tls: 0 }, { tls_verify: "no" }, { binary: "no" }, { cancel: 5 }, { logger: 5 }, { credentials: 5 },
             { on_attempt: 5 }, { address_map: [1] }]
    wrong.each do |bad|
      assert_match(/\A#{bad.keys[0]}: is .*: .* is wanted/, assert_raises(TypeError, bad) { open(**bad) }.message)
    end
    [{ timeout: "1" }, { idempotent: "no" }, { cancel: 5 }].each do |bad|
      message = assert_raises(TypeError, bad) { @c.command("GET", "k", **bad) }.message
      assert_match(/\A#{bad.keys[0]}: is .*: .* is wanted/, message)
    end
    assert_match(/name: is NilClass/, assert_raises(TypeError) { LibRedisCluster::Cluster.find(nil) }.message)
  end

  def test_nodes_that_are_none
    { ["127.0.0.1", 7000] => /one host and port/, ["127.0.0.1", "7000"] => /one host and port/, [5] => /a node is Integer/,
      [["127.0.0.1", "7000"]] => /the port of a node is String/, [[5, 5]] => /the host of a node is Integer/,
      [["h", 1, 2]] => /a node is Array/ }.each do |bad, text|
      assert_match(text, assert_raises(TypeError, bad) { LibRedisCluster::Cluster.open(nodes: bad) }.message)
    end
  end

  def test_times_without_end
    [Float::INFINITY, -Float::INFINITY, Float::NAN].each do |bad|
      [-> { open(connect_timeout: bad) }, -> { @c.command("GET", "k", timeout: bad) }].each do |call|
        assert_match(/timeout: is .*: a finite number/, assert_raises(ArgumentError, &call).message)
      end
    end
  end

  def test_texts_with_a_nul_are_refused
    calls = TEXTS.to_h { |name| [name, -> { open(name => "a\0b") }] }
    calls[:nodes] = -> { LibRedisCluster::Cluster.open(nodes: [["127.0.0.1\0", 7000]]) }
    calls[:address_map] = -> { open(address_map: { "h:1" => "h:1\0" }) }
    calls.each do |name, call|
      assert_equal("#{name}: has a NUL character", assert_raises(ArgumentError, name, &call).message)
    end
    assert_raises(ArgumentError) { LibRedisCluster::Cluster.open(nodes: "127.0.0.1\0:7000") }
    assert_raises(ArgumentError) { LibRedisCluster::Cluster.find("a\0b") }
  end

  def test_tls
    assert_raises(LibRedisCluster::TLSError) { open(tls_ca_file: "/nowhere/ca.pem") }
    assert_raises(LibRedisCluster::TLSError, LibRedisCluster::TimeoutError) do # these servers speak none
      LibRedisCluster::Cluster.open(nodes: NODES[0], tls: true, tls_verify: false, timeout: 1)
    end
  end

  def test_replies_of_protocol_3
    c = begin
      open(protocol: 3)
    rescue LibRedisCluster::UnsupportedError => e
      skip(e.message)
    end
    { "{double=1.5}" => 1.5, "true" => true, "false" => false, "{big_number='12345678901234567890'}" => 12_345_678_901_234_567_890,
      "{map={a=1, b={map={c='d'}}}}" => { "a" => 1, "b" => { "c" => "d" } }, "{set={a=true, b=true}}" => Set["a", "b"],
      "{verbatim_string={format='txt', string='x'}}" => "x",
      "{map={a={set={b=true}}}}" => { "a" => Set["b"] } }.each do |script, value|
      assert_equal(value, c.command("EVAL", "redis.setresp(3); return #{script}", 0))
    end
    assert_nil(c.command("GET", "missing"))
    c.close
  end
end
