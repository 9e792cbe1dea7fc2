# frozen_string_literal: true

module LibRedisCluster
  # An attempt to have a node run a command, as told to +on_attempt:+; duration in seconds, number from 1, code nil for a
  # reply, else such as +:timeout+.
  Attempt = Struct.new(:host, :port, :command, :duration, :number, :code, :server_code, :outcome)

  # Keywords as options of the library.
  # @private
  module Settings
    READ_FROM = %i[primary prefer_replica replica round_robin lowest_latency same_zone].to_h do |name|
      [name, Native.const_get("RC_READ_#{name.upcase}")]
    end.freeze
    ROUTES = %i[auto one primaries nodes].to_h { |name| [name, Native.const_get("RC_ROUTE_#{name.upcase}")] }.freeze
    COMBINE = %i[auto by_node].to_h { |name| [name, Native.const_get("RC_COMBINE_#{name.upcase}")] }.freeze
    TLS_VERSIONS = { "1.2": Native::RC_TLS_1_2, "1.3": Native::RC_TLS_1_3 }.freeze
    TEXTS = %i[username password name zone tls_key_password tls_server_name].freeze
    PATHS = %i[tls_ca_file tls_ca_dir].freeze
    NUMBERS = %i[max_redirects watch_retries database protocol].freeze
    TIMES = %i[timeout connect_timeout refresh_interval].freeze
    BOOLS = %i[tls tls_verify].freeze
    FUNCTIONS = %i[credentials on_attempt].freeze
    OTHERS = %i[read_from tls_min_version tls_certificate tls_key address_map logger].freeze
    ALL = (TEXTS + PATHS + NUMBERS + TIMES + BOOLS + FUNCTIONS + OTHERS).freeze

    MOST = (2**31) - 1

    module_function

    def native(url, nodes, given)
      unknown = given.keys - ALL
      raise ArgumentError, "unknown keyword: #{unknown.map(&:inspect).join(", ")}" unless unknown.empty?

      to = Native::NativeOptions.new
      to.use_url(text(:url, url)) if url
      add_nodes(to, nodes)
      values(given).each { |name, value| value.is_a?(Integer) ? to.set_number(name, value) : to.set_text(name, value) }
      certificate, key = %i[tls_certificate tls_key].map { |name| path(name, given[name]) }
      to.set_certificate(certificate.to_s, key.to_s) if certificate || key
      map_addresses(to, given[:address_map]) unless given[:address_map].nil?
      functions(to, given)
      to
    end

    def values(given)
      all = TEXTS.to_h { |name| [name.to_s, text(name, given[name])] }
      PATHS.each { |name| all[name.to_s] = path(name, given[name]) }
      NUMBERS.each { |name| all[name.to_s] = integer(name, given[name]) }
      TIMES.each { |name| all["#{name}_ms"] = milliseconds(name, given[name]) }
      all["read_from"] = choice(:read_from, given[:read_from], READ_FROM)
      all["tls_min_version"] = choice(:tls_min_version, given[:tls_min_version], TLS_VERSIONS)
      BOOLS.reverse_each { |name| all[name.to_s] = boolean(name, given[name]) ? 1 : 0 unless given[name].nil? }
      all.compact
    end

    def add_nodes(to, nodes)
      nodes = nodes.is_a?(String) ? [nodes] : Array(nodes)
      if nodes.size == 2 && nodes[0].is_a?(String) && (nodes[1].is_a?(Integer) || /\A\d+\z/.match?(nodes[1].to_s))
        raise TypeError, 'nodes: is one host and port: an Array of them is wanted, [["127.0.0.1", 7000]]'
      end

      nodes.each { |node| node.is_a?(String) ? to.add_address(text(:nodes, node)) : add_pair(to, node) }
    end

    def add_pair(to, node)
      check(:"a node", node, '"host:port" or [host, port]') { node.is_a?(Array) && node.size == 2 }
      host, port = node
      check(:"the host of a node", host, "a String") { host.is_a?(String) }
      check(:"the port of a node", port, "an Integer") { port.is_a?(Integer) }
      to.add_node(text(:nodes, host), integer(:nodes, port))
    end

    # "host:port" of that text or of [host, port].
    def address(name, value)
      return text(name, value) if value.is_a?(String)

      check(name, value, '"host:port" or [host, port]') do
        value.is_a?(Array) && value.size == 2 && value[0].is_a?(String) && value[1].is_a?(Integer)
      end
      text(name, value[0].include?(":") ? "[#{value[0]}]:#{value[1]}" : value.join(":"))
    end

    def map_addresses(to, map)
      check(:address_map, map, "a Hash") { map.is_a?(Hash) }
      map.each do |pair|
        pair.each { |address| check(:"an address of address_map", address, "a String") { address.is_a?(String) } }
        to.map_address(*pair.map { |address| text(:address_map, address) })
      end
    end

    def functions(to, given)
      FUNCTIONS.each do |name|
        check(name, given[name], "what responds to call") { given[name].nil? || given[name].respond_to?(:call) }
      end
      to.set_credentials(given[:credentials]) if given[:credentials]
      to.set_attempt_hook(attempt_hook(given[:on_attempt])) if given[:on_attempt]
      log(to, given[:logger]) unless given[:logger].nil?
    end

    # Levels of Logger: 0 for debug to 3 for errors; ours: 4 to 1.
    def log(to, logger)
      check(:logger, logger, "a Logger") { logger.respond_to?(:level) && logger.respond_to?(:add) }
      most = 4 - logger.level
      to.set_log(most, line_hook(logger)) if most.positive?
    end

    # Made apart from the options, which keep them: a block keeps what is in sight where it is made.
    def attempt_hook(told) = ->(*fields) { told.call(attempt(*fields)) }
    def line_hook(logger) = ->(level, line) { logger.add(4 - level, line, "rediscluster") }

    def attempt(host, port, command, microseconds, number, code, server_code, outcome)
      Attempt.new(host, port, command, microseconds / 1e6, number, code.zero? ? nil : Error.name_of(code), server_code,
                  Error.outcome_of(outcome))
    end

    def choice(name, value, choices)
      return if value.nil?

      choices.fetch(value.to_s.to_sym) do
        raise InvalidArgumentError.new("#{name} is #{value.inspect}: give one of #{choices.keys.join(", ")}",
                                       code: :invalid_argument)
      end
    end

    # What follows checks a value and says of which option it is; the value itself may be secret.
    def check(name, value, wanted)
      raise TypeError, "#{name}#{":" unless name.to_s.include?(" ")} is #{value.class}: #{wanted} is wanted" unless yield
    end

    def text(name, value)
      return if value.nil?

      check(name, value, "a String") { value.is_a?(String) || value.is_a?(Symbol) }
      raise ArgumentError, "#{name}: has a NUL character" if value.to_s.b.include?("\0")

      value.to_s
    end

    def path(name, value) = text(name, value.respond_to?(:to_path) ? value.to_path : value)

    def integer(name, value)
      check(name, value, "an Integer") { value.nil? || value.is_a?(Integer) }
      value&.clamp(-1, MOST)
    end

    def boolean(name, value)
      check(name, value, "true or false") { [nil, true, false].include?(value) }
      value
    end

    def milliseconds(name, seconds)
      return if seconds.nil?

      check(name, seconds, "a number of seconds") { seconds.is_a?(Numeric) && seconds.real? }
      raise ArgumentError, "#{name}: is #{seconds}: a finite number of seconds is wanted" unless seconds.finite?

      (seconds * 1000).ceil.clamp(-1, MOST)
    end
  end
  private_constant :Settings
end
