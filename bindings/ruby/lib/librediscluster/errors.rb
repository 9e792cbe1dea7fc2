# frozen_string_literal: true

module LibRedisCluster
  # What a node was sent for the keys of one slot or, of a command without keys, all that it was sent. node: "host:port" that
  # was asked last, or nil; keys: which arguments of the command its keys are, the name being 0; reply: what was answered;
  # error: why it failed, with an outcome of its own, or nil.
  Part = Struct.new(:node, :keys, :reply, :error)

  # A call that failed, or a command of a pipeline or transaction that did.
  class Error < StandardError
    # @return [Symbol] the library's code, such as +:timeout+
    attr_reader :code
    # @return [String, nil] the first word of a server's error, such as "WRONGTYPE"
    attr_reader :server_code
    # @return [Symbol] what became of the command: +:not_sent+, +:refused+, +:executed+ or +:unknown+
    attr_reader :outcome

    # @return [Array<Part>] of a {PartialError}; else empty
    attr_reader :parts

    def initialize(message = nil, code: :internal, server_code: nil, outcome: :not_sent, parts: [])
      super(message)
      @code = code
      @server_code = server_code
      @outcome = outcome
      @parts = parts
    end

    # @return [Boolean] whether a server may have executed the command
    def may_have_executed? = %i[executed unknown].include?(outcome)

    OUTCOMES = {
      Native::RC_OUTCOME_NOT_SENT => :not_sent, Native::RC_OUTCOME_REFUSED => :refused,
      Native::RC_OUTCOME_EXECUTED => :executed, Native::RC_OUTCOME_UNKNOWN => :unknown
    }.freeze
    private_constant :OUTCOMES

    # @private
    def self.of(code, message, server_code, outcome, parts)
      kind = CLASSES.fetch(code, [Error])[0]
      parts = (parts || []).map { |node, keys, reply, error| Part.new(node.empty? ? nil : node, keys, reply, error) }
      kind.new(message, code: name_of(code), server_code: server_code, outcome: outcome_of(outcome), parts: parts)
    end

    # @private
    def self.name_of(code) = CLASSES[code]&.last || Native.code_name(code).delete_prefix("RC_ERR_").downcase.to_sym

    # @private
    def self.outcome_of(value) = OUTCOMES.fetch(value, :unknown)
  end

  # An argument is wrong; the message says which.
  class InvalidArgumentError < Error; end
  # An allocation failed.
  class NoMemoryError < Error; end
  # No connection to a node: refused, unreachable, or its name is not known.
  class ConnectError < Error; end
  # The server does not accept the user or the password.
  class AuthError < Error; end
  # The encrypted connection could not be made or trusted.
  class TLSError < Error; end
  # The call's time was up.
  class TimeoutError < Error; end
  # A connection broke during the call.
  class IOError < Error; end
  # The server sent what no Redis server sends.
  class ProtocolError < Error; end
  # The server's answer is an error: see {Error#server_code}.
  class ServerError < Error; end
  # The keys of one command or transaction lie in several slots.
  class CrossSlotError < Error; end
  # A watch without keys.
  class NoKeysError < Error; end
  # A transaction without commands.
  class EmptyError < Error; end
  # The cluster does not serve the slot.
  class ClusterDownError < Error; end
  # More redirects in a row than +max_redirects+.
  class TooManyRedirectsError < Error; end
  # A watched key changed, each time it was tried.
  class WatchConflictError < Error; end
  # The block of {Cluster#watch} returned {ABORT}.
  class AbortedError < Error; end
  # The cluster was closed before or during the call.
  class ClosedError < Error; end
  # Too many bytes wait for the node.
  class BusyError < Error; end
  # Not offered by this version of the library, or by the server.
  class UnsupportedError < Error; end
  # The call was cancelled.
  class CancelledError < Error; end
  # An operation over several nodes succeeded in part: see {Error#parts}.
  class PartialError < Error; end
  # A defect of the library: please report it.
  class InternalError < Error; end

  class Error
    CLASSES = {
      invalid_argument: InvalidArgumentError, no_memory: NoMemoryError, connect: ConnectError, auth: AuthError,
      tls: TLSError, timeout: TimeoutError, io: IOError, protocol: ProtocolError, server: ServerError,
      cross_slot: CrossSlotError, no_keys: NoKeysError, empty: EmptyError, cluster_down: ClusterDownError,
      too_many_redirects: TooManyRedirectsError, watch_conflict: WatchConflictError, aborted: AbortedError,
      closed: ClosedError, busy: BusyError, unsupported: UnsupportedError, cancelled: CancelledError,
      partial: PartialError,
      internal: InternalError
    }.to_h { |name, kind| [Native.const_get("RC_ERR_#{name.upcase}"), [kind, name]] }.freeze
    private_constant :CLASSES
  end
end
