# frozen_string_literal: true

module LibRedisCluster
  # What stands for something outside of Ruby: there is one object for it.
  # @private
  module Handle
    def marshal_dump = raise(TypeError, "can't dump #{self.class}")

    private

    def initialize_copy(_) = raise(TypeError, "can't copy #{self.class}")

    def made(native) = native || raise(TypeError, "uninitialized #{self.class}")
  end
  private_constant :Handle

  # Ends calls from another thread: give it to calls as +cancel:+, then fire it. What is fired stays fired.
  class Cancel
    include Handle

    def initialize
      @native = Native::NativeCancel.new
    end

    # Ends the calls that were given it with {CancelledError}.
    def fire = native.fire

    def fired? = native.fired

    # @private
    def native = made(@native)
  end

  # What {Cluster#info} tells.
  class Info < Hash
    # @return [Integer, nil] the index in +:nodes+ of the node that owns the slot
    def slot_owner(slot) = self[:nodes].index { |node| node[:ranges].any? { |range| range.cover?(slot) } }
  end

  # The keys of the whole cluster: {Cluster#each_key}. Several threads may take keys from one.
  class Scan
    include Handle
    include Enumerable

    # @return [String] from which another scan, of any process, goes on: +each_key(cursor: ...)+. It comes before the keys of a
    #   page of which not all have been taken, so that some may come twice but none is missed.
    attr_reader :cursor
    # @return [Array<Integer>] the slots of which it cannot be proven that every key was seen; whole at the end
    attr_reader :doubtful_slots

    # @private
    def initialize(native, options)
      @native = native
      @options = options
      @lock = Mutex.new
      @page = []
      @behind = @cursor = native.cursor
      @doubtful_slots = []
    end

    # Yields the keys that have not been taken yet.
    def each
      return self unless block_given?

      while (key = @lock.synchronize { pop })
        yield key
      end
      self
    end

    private

    def pop
      next_page if @page&.empty?
      key = @page&.pop
      @cursor = @behind if @page.nil? || @page.empty?
      @page ||= []
      key
    end

    def next_page
      page = made(@native).next(@options)
      @behind = @native.cursor
      count = @native.doubtful_count
      @doubtful_slots = Array.new(count) { |i| @native.doubtful_slot(i) } if count != @doubtful_slots.size
      @page = page&.reverse
    end
  end

  # A watch session, for the time of the block of {Cluster#watch}.
  class Watch
    include Handle

    # @private
    def initialize(native)
      @native = native
      @ended = false
    end

    # Sends a command over the connection that watches. It is executed at once: use it to read.
    # @return what {Cluster#command} returns
    def command(*arguments)
      if @ended
        raise InvalidArgumentError.new("the watch session has ended: it lasts as long as the block given to watch",
                                       code: :invalid_argument)
      end

      made(@native).command(arguments)
    end

    # @private
    def end
      @ended = true
    end
  end

  # A Redis Cluster. One object serves any number of threads, and forked children.
  #
  # Arguments of commands are String (any bytes), Symbol, Integer or Float. Replies are String (UTF-8; +binary: true+ makes
  # them ASCII-8BIT), Integer, nil and Array; with protocol 3 also Hash, Set, Float, true and false.
  #
  # Each call takes +timeout:+ (seconds), +idempotent:+ (it may be executed more than once: it is sent again where its
  # outcome is not known), +cancel:+ (a {Cancel}) and +read_from:+. {#command} and {#explain} also take (and {#pipeline}:
  # +split:+)
  #
  # [route] +:one+, +:primaries+ or +:nodes+, where a command without keys goes, instead of +:auto+: as it means it
  # [node] "host:port" or [host, port]: to that node, a replica too; no redirect is followed
  # [route_key] to the primary of that key's slot
  # [split] false: MGET, MSET, DEL, UNLINK, EXISTS and TOUCH with keys in several slots are refused, not sent in parts
  # [combine] +:by_node+: a Hash with what each node answered, or its {Error}, instead of one reply
  #
  # A command over several nodes that succeeded in part raises {PartialError}.
  class Cluster
    include Handle

    # @param nodes [Array<String, Array(String, Integer)>] "host:port" or [host, port]; one is enough, several are better
    # @param url [String] instead of or besides nodes: "redis://user:password@host:7000,host2:7001/?timeout_ms=1000";
    #   "rediss://" turns TLS on
    # @param username [String]
    # @param password [String]
    # @param credentials [#call] asked with (host, port) at each connect, gives [user, password] or a password. What it
    #   raises (a StandardError) makes the calls that need the connection fail with {AuthError}
    # @param name [String] by which {find} finds it
    # @param timeout [Numeric] seconds for a whole call, whatever happens in it
    # @param connect_timeout [Numeric] seconds for one attempt to connect, within the call's time
    # @param max_redirects [Integer] in a row, for one call
    # @param watch_retries [Integer] how often {#watch} starts again after a watched key has changed
    # @param database [Integer] the number of the one that all commands are for; 0 is the only one in most clusters
    # @param refresh_interval [Numeric] seconds after which a handle that has had no reason to asks again how the slots are
    #   spread; 0: never
    # @param read_from [Symbol] where commands that only read may go: +:primary+, +:prefer_replica+, +:replica+,
    #   +:round_robin+, +:lowest_latency+ or +:same_zone+; +zone:+ is the caller's
    # @param zone [String]
    # @param protocol [Integer] 2 or 3
    # @param tls [Boolean] whether connections are encrypted; any other +tls_+ option but +tls_verify:+ turns it on too
    # @param tls_verify [Boolean] false: certificates are not verified
    # @param tls_ca_file [String]
    # @param tls_ca_dir [String]
    # @param tls_certificate [String] with +tls_key:+ (and +tls_key_password:+): what the client shows
    # @param tls_server_name [String] the name of the certificates, instead of the host that is connected to
    # @param tls_min_version [String] "1.2" or "1.3"
    # @param address_map [Hash{String => String}] "host:port" to "host:port": where to connect to for nodes that announce
    #   what does not lead there
    # @param logger [Logger] is told what happens inside, up to the level that it has now
    # @param on_attempt [#call] is told of each {Attempt} to have a node run a command
    # @param binary [Boolean] strings of replies are ASCII-8BIT
    # @param cancel [Cancel] ends the opening
    #
    # Functions run on the threads that make calls, several at once, and make them wait. What +logger:+ and +on_attempt:+
    # raise is told by a warning. They may keep the cluster alive until it is closed.
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
      Settings.check(:name, name, "a String") { !name.nil? }
      native = Native::NativeCluster.find(Settings.text(:name, name), !Settings.boolean(:binary, binary))
      native && allocate.tap { |cluster| cluster.send(:use, native) }
    end

    # See {open}.
    def initialize(nodes: [], url: nil, binary: false, cancel: nil, **settings)
      call = call_options(nil, false, cancel, nil)
      options = Settings.native(url, nodes, settings)
      use(options.open(call, !Settings.boolean(:binary, binary)))
    end

    # Sends a command to the node that serves its keys, and returns the reply.
    # @raise [Error]
    def command(*arguments, timeout: nil, idempotent: false, cancel: nil, read_from: nil, **where)
      options = call_options(timeout, idempotent, cancel, read_from, **where)
      with_native { |native| native.command(options, arguments) }
    end

    # Sends many commands at once.
    # @param commands [Array<Array>]
    # @return [Array] their replies in order; one that failed has its {Error} there
    def pipeline(commands, timeout: nil, idempotent: false, cancel: nil, read_from: nil, split: nil)
      options = call_options(timeout, idempotent, cancel, read_from, split: split)
      with_native { |native| native.pipeline(options, commands) }
    end

    # Executes commands as a unit (MULTI, EXEC), all keys in one slot.
    # @return [Array] their replies
    def transaction(commands, timeout: nil, idempotent: false, cancel: nil, read_from: nil)
      options = call_options(timeout, idempotent, cancel, read_from)
      with_native { |native| native.transaction(options, commands) }
    end

    # Watches keys, yields, and executes the commands that the block returns, unless a key has changed meanwhile: then all
    # of it starts again. What leaves the block otherwise (raise, throw, break) aborts and goes on in the caller; {ABORT}
    # aborts with {AbortedError}.
    #
    # A Timeout (or Thread#raise) that arrives in {Watch#command} ends the whole watch, for which it cancels what the watch
    # waits for: a block that rescues it gets a {CancelledError} from there on.
    # @yieldparam watch [Watch]
    # @yieldreturn [Array<Array>, nil, ABORT]
    # @return [Array] the replies
    def watch(keys, timeout: nil, idempotent: false, cancel: nil, read_from: nil)
      raise ArgumentError, "a block is wanted" unless block_given?

      options = call_options(timeout, idempotent, cancel, read_from)
      session = proc do |native|
        watch = Watch.new(native)
        yield watch
      ensure
        watch&.end
      end
      with_native { |native| native.watch(options, keys, session) }
    end

    # What would be done with a command, without sending it: +:text+ (in English), +:keys+, +:slot+ (or nil), +:node+ (host and
    # port where it would go now, or nil), +:read_only+, +:may_block+.
    # @return [Hash]
    def explain(*arguments, timeout: nil, idempotent: false, cancel: nil, read_from: nil, **where)
      options = call_options(timeout, idempotent, cancel, read_from, **where)
      with_native { |native| native.explain(options, arguments) }
    end

    # All keys: every key that is there from the beginning to the end comes at least once, while slots move and primaries
    # die, or its slot is among {Scan#doubtful_slots}.
    # @param match [String] only keys that match this pattern; where its hash tag is literal, only that slot is asked
    # @param count [Integer] how many keys a page should have, a hint
    # @param type [String, Symbol] only keys of that type: "string", "hash", ...
    # @param cursor [String] goes on where another scan was, whose {Scan#cursor} this is: with the same match and type
    # @param timeout [Numeric] seconds for each page
    # @param cancel [Cancel]
    # @yieldparam key [String]
    # @return [Scan] which yields them, where no block is given
    def each_key(match: nil, count: nil, type: nil, cursor: nil, timeout: nil, cancel: nil, &block)
      options = call_options(timeout, false, cancel, nil)
      native = with_native(&:scan)
      native.set_match([match]) unless match.nil?
      native.set_count(Settings.integer(:count, count)) unless count.nil?
      native.set_type(Settings.text(:type, type)) unless type.nil?
      native.set_cursor(Settings.text(:cursor, cursor)) unless cursor.nil?
      scan = Scan.new(native, options)
      block ? scan.each(&block) : scan
    end

    # What the client knows: +:nodes+ (host, port, id, primary, primary_index: which it replicates, connected, how many slots,
    # and which as ranges), +:slots_covered+, +:seeds+, +:counters+.
    # @return [Info]
    def info = Info.new.replace(with_native(&:info))

    # Asks for the cluster's layout now.
    def refresh = with_native { |native| native.refresh(nil) }

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
      made(@native)
      raise ClosedError.new("the cluster was closed", code: :closed) if @closed

      @calls += 1
      begin
        yield @native
      ensure
        @calls -= 1
        @native.release if @closed && @calls.zero?
      end
    end

    def call_options(timeout, idempotent, cancel, read_from, route: nil, node: nil, route_key: nil, split: nil, combine: nil)
      where = { route: route, node: node, route_key: route_key, split: split, combine: combine }.compact
      return unless timeout || idempotent || cancel || read_from || !where.empty?

      Settings.boolean(:idempotent, idempotent)
      options = Native::NativeCallOptions.new
      options.set_timeout_ms(Settings.milliseconds(:timeout, timeout)) if timeout
      options.set_idempotent(true) if idempotent
      options.set_read_from(Settings.choice(:read_from, read_from, Settings::READ_FROM)) if read_from
      if cancel
        Settings.check(:cancel, cancel, "a Cancel") { cancel.is_a?(Cancel) }
        cancel.native.put_into(options)
      end
      put_route(options, where)
      options
    end

    def put_route(options, where)
      if where.slice(:route, :node, :route_key).size > 1
        raise InvalidArgumentError.new("give one of route, node and route_key", code: :invalid_argument)
      end

      where.each do |name, value|
        case name
        when :route then options.set_route(Settings.choice(name, value, Settings::ROUTES))
        when :node then options.set_route_node(Settings.address(name, value))
        when :route_key then options.set_route_key([value])
        when :split then options.set_split(Settings.boolean(name, value))
        when :combine then options.set_combine(Settings.choice(name, value, Settings::COMBINE))
        end
      end
    end
  end
end
