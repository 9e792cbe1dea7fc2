package io.rediscluster;

import java.util.List;

/** A call that failed, or a command of a pipeline or transaction that did. Each code of the library has a class below. */
public class RedisClusterException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String code;
  private final String serverCode;
  private final Outcome outcome;
  private transient List<Part> parts = List.of();

  RedisClusterException(String code, String message, String serverCode, Outcome outcome) {
    super(message);
    this.code = code;
    this.serverCode = serverCode;
    this.outcome = outcome;
  }

  /** The library's code, such as "TIMEOUT". */
  public String code() {
    return code;
  }

  /** The first word of a server's error, such as "WRONGTYPE", or null. */
  public String serverCode() {
    return serverCode;
  }

  /** What became of the command. */
  public Outcome outcome() {
    return outcome;
  }

  /** Whether a server may have executed the command. */
  public boolean mayHaveExecuted() {
    return outcome == Outcome.EXECUTED || outcome == Outcome.UNKNOWN;
  }

  /** Of a {@link Partial}, what became of each part; else empty, as after serialization. */
  public List<Part> parts() {
    return parts == null ? List.of() : parts;
  }

  void setParts(List<Part> parts) {
    this.parts = List.copyOf(parts);
  }

  /**
   * What a node was sent for the keys of one slot or, of a command without keys, all that it was sent.
   *
   * @param node "host:port" that was asked last, or null if none could be
   * @param keys which arguments of the command its keys are, the name being 0
   * @param reply what was answered
   * @param error why it failed, with an outcome of its own, or null
   */
  public record Part(String node, List<Integer> keys, Object reply, RedisClusterException error) {}

  static RedisClusterException closed() {
    return new Closed("CLOSED", "the cluster was closed", null, Outcome.NOT_SENT);
  }

  static RedisClusterException busy(String message) {
    return new Busy("BUSY", message, null, Outcome.NOT_SENT);
  }

  static RedisClusterException cancelled() {
    return new Cancelled("CANCELLED", "cancelled before anything was sent", null, Outcome.NOT_SENT);
  }

  static RedisClusterException invalid(String message) {
    return new InvalidArgument("INVALID_ARGUMENT", message, null, Outcome.NOT_SENT);
  }

  /** For the native part: as Unpacker reads it. */
  static RedisClusterException of(byte[] packed, boolean text) {
    return (RedisClusterException) Unpacker.value(packed, text);
  }

  static RedisClusterException of(int code, String message, String serverCode, int outcomeValue) {
    Outcome outcome = Outcome.of(outcomeValue);
    String name = name(code);
    return switch (name) {
      case "INVALID_ARGUMENT" -> new InvalidArgument(name, message, serverCode, outcome);
      case "NO_MEMORY" -> new NoMemory(name, message, serverCode, outcome);
      case "CONNECT" -> new Connect(name, message, serverCode, outcome);
      case "AUTH" -> new Auth(name, message, serverCode, outcome);
      case "TLS" -> new Tls(name, message, serverCode, outcome);
      case "TIMEOUT" -> new Timeout(name, message, serverCode, outcome);
      case "IO" -> new Io(name, message, serverCode, outcome);
      case "PROTOCOL" -> new Protocol(name, message, serverCode, outcome);
      case "SERVER" -> new Server(name, message, serverCode, outcome);
      case "CROSS_SLOT" -> new CrossSlot(name, message, serverCode, outcome);
      case "NO_KEYS" -> new NoKeys(name, message, serverCode, outcome);
      case "EMPTY" -> new Empty(name, message, serverCode, outcome);
      case "CLUSTER_DOWN" -> new ClusterDown(name, message, serverCode, outcome);
      case "TOO_MANY_REDIRECTS" -> new TooManyRedirects(name, message, serverCode, outcome);
      case "WATCH_CONFLICT" -> new WatchConflict(name, message, serverCode, outcome);
      case "ABORTED" -> new Aborted(name, message, serverCode, outcome);
      case "CLOSED" -> new Closed(name, message, serverCode, outcome);
      case "BUSY" -> new Busy(name, message, serverCode, outcome);
      case "UNSUPPORTED" -> new Unsupported(name, message, serverCode, outcome);
      case "CANCELLED" -> new Cancelled(name, message, serverCode, outcome);
      case "PARTIAL" -> new Partial(name, message, serverCode, outcome);
      case "INTERNAL" -> new Internal(name, message, serverCode, outcome);
      default -> new RedisClusterException(name, message, serverCode, outcome);
    };
  }

  static String name(int code) {
    return Native.code_name(code).substring("RC_ERR_".length());
  }

  /** An argument is wrong; the message says which. */
  public static final class InvalidArgument extends RedisClusterException {
    private static final long serialVersionUID = 1;

    InvalidArgument(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** An allocation failed. */
  public static final class NoMemory extends RedisClusterException {
    private static final long serialVersionUID = 1;

    NoMemory(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** No connection to a node: refused, unreachable, or its name is not known. */
  public static final class Connect extends RedisClusterException {
    private static final long serialVersionUID = 1;

    Connect(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** The server does not accept the user or the password. */
  public static final class Auth extends RedisClusterException {
    private static final long serialVersionUID = 1;

    Auth(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** The encrypted connection could not be made or trusted. */
  public static final class Tls extends RedisClusterException {
    private static final long serialVersionUID = 1;

    Tls(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** The call's time was up. */
  public static final class Timeout extends RedisClusterException {
    private static final long serialVersionUID = 1;

    Timeout(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** A connection broke during the call. */
  public static final class Io extends RedisClusterException {
    private static final long serialVersionUID = 1;

    Io(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** The server sent what no Redis server sends. */
  public static final class Protocol extends RedisClusterException {
    private static final long serialVersionUID = 1;

    Protocol(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** The server's answer is an error: see {@link #serverCode}. */
  public static final class Server extends RedisClusterException {
    private static final long serialVersionUID = 1;

    Server(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** The keys of one command or transaction lie in several slots. */
  public static final class CrossSlot extends RedisClusterException {
    private static final long serialVersionUID = 1;

    CrossSlot(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** A watch without keys. */
  public static final class NoKeys extends RedisClusterException {
    private static final long serialVersionUID = 1;

    NoKeys(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** A transaction without commands. */
  public static final class Empty extends RedisClusterException {
    private static final long serialVersionUID = 1;

    Empty(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** The cluster does not serve the slot. */
  public static final class ClusterDown extends RedisClusterException {
    private static final long serialVersionUID = 1;

    ClusterDown(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** More redirects in a row than {@link Options#maxRedirects}. */
  public static final class TooManyRedirects extends RedisClusterException {
    private static final long serialVersionUID = 1;

    TooManyRedirects(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** A watched key changed, each time it was tried. */
  public static final class WatchConflict extends RedisClusterException {
    private static final long serialVersionUID = 1;

    WatchConflict(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** The function given to watch returned {@link Cluster#ABORT}. */
  public static final class Aborted extends RedisClusterException {
    private static final long serialVersionUID = 1;

    Aborted(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** The cluster was closed before or during the call. */
  public static final class Closed extends RedisClusterException {
    private static final long serialVersionUID = 1;

    Closed(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** Too many bytes wait for the node. */
  public static final class Busy extends RedisClusterException {
    private static final long serialVersionUID = 1;

    Busy(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** Not offered by this version of the library, or by the server. */
  public static final class Unsupported extends RedisClusterException {
    private static final long serialVersionUID = 1;

    Unsupported(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** The call was cancelled, or its thread interrupted: then {@link Thread#isInterrupted} is true. */
  public static final class Cancelled extends RedisClusterException {
    private static final long serialVersionUID = 1;

    Cancelled(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** An operation over several nodes succeeded in part: see {@link #parts}. */
  public static final class Partial extends RedisClusterException {
    private static final long serialVersionUID = 1;

    Partial(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }

  /** A defect of the library: please report it. */
  public static final class Internal extends RedisClusterException {
    private static final long serialVersionUID = 1;

    Internal(String code, String message, String serverCode, Outcome outcome) {
      super(code, message, serverCode, outcome);
    }
  }
}
