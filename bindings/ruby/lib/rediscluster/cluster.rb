# frozen_string_literal: true

module RedisCluster
  # Ends calls from another thread: give it to calls as +cancel:+, then fire it. What is fired stays fired.
  class Cancel
    # @private
    attr_reader :native

    def initialize
      @native = Native::NativeCancel.new
    end

    # Ends the calls that were given it with {CancelledError}.
    def fire = @native.fire

    def fired? = @native.fired
  end

  # A watch session, for the time of the block of {Cluster#watch}.
  class Watch
    # @private
    def initialize(native)
      @native = native
    end

    # Sends a command over the connection that watches. It is executed at once: use it to read.
    # @return what {Cluster#command} returns
    def command(*arguments) = @native.command(arguments)
  end

  # A Redis Cluster. One object serves any number of threads, and forked children.
  #
  # Arguments of commands are String (any bytes), Symbol, Integer or Float. Replies are String (UTF-8; +binary: true+ makes
  # them ASCII-8BIT), Integer, nil, Array and Hash.
  #
  # Each call takes +timeout:+ (seconds), +idempotent:+ (it may be executed more than once: it is sent again where its
  # outcome is not known) and +cancel:+ (a {Cancel}).
  class Cluster
    # @param nodes [Array<String, Array(String, Integer)>] "host:port" or [host, port]; one is enough, several are better
    # @param url [String] instead of nodes: "redis://user:password@host:7000,host2:7001/?timeout_ms=1000"
    # @param timeout [Numeric] seconds for a whole call, whatever happens in it
    # @param connect_timeout [Numeric] seconds for one attempt to connect, within the call's time
    # @param max_redirects [Integer] in a row, for one call
    # @param watch_retries [Integer] how often {#watch} starts again after a watched key has changed
    # @yieldparam cluster [Cluster] closed when the block ends
    # @return the block's value; without a block the cluster
    def self.open(**options)
      cluster = new(**options)
      return cluster unless block_given?

      begin
        yield cluster
      ensure
        cluster.close
      end
    end

    # Another object for the open cluster of that name, or nil.
    def self.find(name, binary: false)
      native = Native::NativeCluster.find(name, !binary)
      native && allocate.tap { |cluster| cluster.send(:use, native) }
    end

    # See {open}.
    def initialize(nodes: [], url: nil, username: nil, password: nil, name: nil, timeout: nil, connect_timeout: nil,
                   max_redirects: nil, watch_retries: nil, binary: false, cancel: nil)
      options = Native::NativeOptions.new
      options.use_url(url) if url
      Array(nodes).each { |node| node.is_a?(Array) ? options.add_node(*node) : options.add_address(node) }
      options.set_username(username) if username
      options.set_password(password) if password
      options.set_name(name) if name
      options.set_timeout_ms(milliseconds(timeout)) if timeout
      options.set_connect_timeout_ms(milliseconds(connect_timeout)) if connect_timeout
      options.set_max_redirects(max_redirects) if max_redirects
      options.set_watch_retries(watch_retries) if watch_retries
      use(options.open(call_options(nil, false, cancel), !binary))
    end

    # Sends a command to the node that serves its keys, and returns the reply.
    # @raise [Error]
    def command(*arguments, timeout: nil, idempotent: false, cancel: nil)
      options = call_options(timeout, idempotent, cancel)
      with_native { |native| native.command(options, arguments) }
    end

    # Sends many commands at once.
    # @param commands [Array<Array>]
    # @return [Array] their replies in order; one that failed has its {Error} there
    def pipeline(commands, timeout: nil, idempotent: false, cancel: nil)
      options = call_options(timeout, idempotent, cancel)
      with_native { |native| native.pipeline(options, commands) }
    end

    # Executes commands as a unit (MULTI, EXEC), all keys in one slot.
    # @return [Array] their replies
    def transaction(commands, timeout: nil, idempotent: false, cancel: nil)
      options = call_options(timeout, idempotent, cancel)
      with_native { |native| native.transaction(options, commands) }
    end

    # Watches keys, yields, and executes the commands that the block returns, unless a key has changed meanwhile: then all
    # of it starts again. What leaves the block otherwise (raise, throw, break) aborts and goes on in the caller; {ABORT}
    # aborts with {AbortedError}.
    # @yieldparam watch [Watch]
    # @yieldreturn [Array<Array>, nil, ABORT]
    # @return [Array] the replies
    def watch(keys, timeout: nil, idempotent: false, cancel: nil)
      raise ArgumentError, "a block is wanted" unless block_given?

      options = call_options(timeout, idempotent, cancel)
      session = proc { |native| yield Watch.new(native) }
      with_native { |native| native.watch(options, keys, session) }
    end

    # What the client knows: +:nodes+ (host, port, primary, connected, slots), +:slots_covered+, +:seeds+, +:counters+.
    # @return [Hash]
    def info = with_native(&:info)

    # Asks for the cluster's layout now.
    def refresh = with_native(&:refresh)

    # Closes the cluster. Calls under way end with {ClosedError}. May be called more than once, by any thread.
    def close
      return if @closed

      with_native do |native|
        @closed = true
        native.close
      end
    end

    private

    def use(native)
      @native = native
      @calls = 0
      @closed = false
    end

    # The last call that leaves what is closed frees it; the garbage collector does so only where nobody has closed.
    def with_native
      raise ClosedError.new("the cluster was closed", code: :closed) if @closed

      @calls += 1
      begin
        yield @native
      ensure
        @calls -= 1
        @native.release if @closed && @calls.zero?
      end
    end

    def milliseconds(seconds) = (seconds * 1000).ceil.clamp(-1, (2**31) - 1)

    def call_options(timeout, idempotent, cancel)
      return unless timeout || idempotent || cancel

      options = Native::NativeCallOptions.new
      options.set_timeout_ms(milliseconds(timeout)) if timeout
      options.set_idempotent(true) if idempotent
      cancel&.native&.put_into(options)
      options
    end
  end
end
