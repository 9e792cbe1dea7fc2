# frozen_string_literal: true

module RedisCluster
  # An attempt to have a node run a command, as told to +on_attempt:+; duration in seconds, number from 1, code nil for a
  # reply, else such as +:timeout+.
  Attempt = Struct.new(:host, :port, :command, :duration, :number, :code, :server_code, :outcome)

  # Keywords as options of the library.
  # @private
  module Settings
    READ_FROM = %i[primary prefer_replica replica round_robin lowest_latency same_zone].to_h do |name|
      [name, Native.const_get("RC_READ_#{name.upcase}")]
    end.freeze
    TLS_VERSIONS = { "1.2": Native::RC_TLS_1_2, "1.3": Native::RC_TLS_1_3 }.freeze
    TEXTS = %i[username password name zone tls_ca_file tls_ca_dir tls_key_password tls_server_name].freeze
    NUMBERS = %i[max_redirects watch_retries protocol].freeze
    TIMES = %i[timeout connect_timeout].freeze
    BOOLS = %i[tls tls_verify].freeze
    FUNCTIONS = %i[credentials on_attempt].freeze
    OTHERS = %i[read_from tls_min_version tls_certificate tls_key address_map logger].freeze
    ALL = (TEXTS + NUMBERS + TIMES + BOOLS + FUNCTIONS + OTHERS).freeze

    module_function

    def native(url, nodes, given)
      unknown = given.keys - ALL
      raise ArgumentError, "unknown keyword: #{unknown.map(&:inspect).join(", ")}" unless unknown.empty?

      to = Native::NativeOptions.new
      to.use_url(url) if url
      Array(nodes).each { |node| node.is_a?(Array) ? to.add_node(*node) : to.add_address(node) }
      values(given).each { |name, value| value.is_a?(Integer) ? to.set_number(name, value) : to.set_text(name, value) }
      certificate, key = given.values_at(:tls_certificate, :tls_key)
      to.set_certificate(certificate.to_s, key.to_s) if certificate || key
      given[:address_map]&.each { |from, at| to.map_address(from, at) }
      functions(to, given)
      to
    end

    def values(given)
      all = TEXTS.to_h { |name| [name.to_s, given[name]&.to_s] }
      NUMBERS.each { |name| all[name.to_s] = given[name] && Integer(given[name]) }
      TIMES.each { |name| all["#{name}_ms"] = given[name] && milliseconds(given[name]) }
      all["read_from"] = choice(:read_from, given[:read_from], READ_FROM)
      all["tls_min_version"] = choice(:tls_min_version, given[:tls_min_version], TLS_VERSIONS)
      BOOLS.reverse_each { |name| all[name.to_s] = given[name] ? 1 : 0 unless given[name].nil? }
      all.compact
    end

    def functions(to, given)
      FUNCTIONS.each do |name|
        raise TypeError, "#{name} does not respond to call" unless given[name].nil? || given[name].respond_to?(:call)
      end
      to.set_credentials(given[:credentials]) if given[:credentials]
      to.set_attempt_hook(->(*fields) { given[:on_attempt].call(attempt(*fields)) }) if given[:on_attempt]
      log(to, given[:logger]) if given[:logger]
    end

    # Levels of Logger: 0 for debug to 3 for errors; ours: 4 to 1.
    def log(to, logger)
      most = 4 - logger.level
      to.set_log(most, ->(level, line) { logger.add(4 - level, line, "rediscluster") }) if most.positive?
    end

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

    def milliseconds(seconds) = (seconds * 1000).ceil.clamp(-1, (2**31) - 1)
  end
  private_constant :Settings
end
