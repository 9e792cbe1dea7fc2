package io.rediscluster;

import java.time.Duration;

/** What is different for one call. May be used for any number of calls. */
public final class CallOptions {
  private Duration timeout;
  private boolean idempotent;
  private Cancel cancel;
  private ReadFrom readFrom;
  private Route route;
  private String node;
  private byte[] routeKey;
  private boolean unsplit;
  private boolean byNode;

  /** Options that change nothing yet. */
  public CallOptions() {}

  /** How long the call may take as a whole. */
  public CallOptions timeout(Duration timeout) {
    this.timeout = timeout;
    return this;
  }

  /** Whether its commands may be executed more than once: then they are sent again where their outcome is not known. */
  public CallOptions idempotent(boolean idempotent) {
    this.idempotent = idempotent;
    return this;
  }

  /** What ends the call from another thread. Such a call is not ended by {@link Thread#interrupt}. */
  public CallOptions cancel(Cancel cancel) {
    this.cancel = cancel;
    return this;
  }

  /** Where the call may read, instead of {@link Options#readFrom}. */
  public CallOptions readFrom(ReadFrom from) {
    this.readFrom = from;
    return this;
  }

  /** Where commands without keys go. This and what follows are for command and explain; split for pipeline too. */
  public CallOptions route(Route route) {
    this.route = route;
    return this;
  }

  /** That node, "host:port", a replica too; no redirect is followed. */
  public CallOptions node(String node) {
    this.node = Options.text("node", node);
    return this;
  }

  /** The primary of that key's slot. */
  public CallOptions routeKey(Object key) {
    this.routeKey = Packer.command(new Object[] {key});
    return this;
  }

  /**
   * Whether MGET, MSET, DEL, UNLINK, EXISTS and TOUCH with keys in several slots are sent in parts, as they are where nothing
   * is said, or refused.
   */
  public CallOptions split(boolean yes) {
    this.unsplit = !yes;
    return this;
  }

  /** Whether the reply is a Map with what each node answered, or its {@link RedisClusterException}, by "host:port". */
  public CallOptions byNode(boolean yes) {
    this.byNode = yes;
    return this;
  }

  /** How long the call may take; the other where nothing is said. */
  static Duration timeout(CallOptions options, Duration otherwise) {
    return options == null || options.timeout == null ? otherwise : options.timeout;
  }

  /** Where the call may read; the other where nothing is said. */
  static ReadFrom readFrom(CallOptions options, ReadFrom otherwise) {
    return options == null || options.readFrom == null ? otherwise : options.readFrom;
  }

  /** The cancel of the call's own, or null. */
  static Cancel cancel(CallOptions options) {
    return options == null ? null : options.cancel;
  }

  /** The same options, which may be null, with this timeout. */
  static CallOptions withTimeout(CallOptions options, Duration timeout) {
    CallOptions with = new CallOptions();
    if (options != null) {
      with.idempotent = options.idempotent;
      with.cancel = options.cancel;
      with.readFrom = options.readFrom;
      with.route = options.route;
      with.node = options.node;
      with.routeKey = options.routeKey;
      with.unsplit = options.unsplit;
      with.byNode = options.byNode;
    }
    with.timeout = timeout;
    return with;
  }

  /** To be freed. */
  private NativeCallOptions toNative() {
    NativeCallOptions to = new NativeCallOptions();
    try {
      if (timeout != null) {
        to.set_timeout_ms(Options.milliseconds("timeout", timeout));
      }
      if (idempotent) {
        to.set_idempotent(true);
      }
      if (readFrom != null) {
        to.set_read_from(readFrom.value);
      }
      putRoute(to);
    } catch (RuntimeException failure) {
      to.delete();
      throw failure;
    }
    return to;
  }

  private void putRoute(NativeCallOptions to) {
    if ((route == null ? 0 : 1) + (node == null ? 0 : 1) + (routeKey == null ? 0 : 1) > 1) {
      throw RedisClusterException.invalid("give one of route, node and routeKey");
    }
    if (route != null) {
      to.set_route(route.value);
    }
    if (node != null) {
      to.set_route_node(node);
    }
    if (routeKey != null) {
      to.set_route_key(routeKey);
    }
    if (unsplit) {
      to.set_split(false);
    }
    if (byNode) {
      to.set_combine(NativeConstants.RC_COMBINE_BY_NODE);
    }
  }

  interface Call<T> {
    T with(NativeCallOptions options);
  }

  /** Calls with the options, which may be null, and what ends the call: their cancel, or else an interrupt. */
  static <T> T run(CallOptions options, Call<T> call) {
    if (options != null && options.cancel != null) {
      return options.runWithCancel(call);
    }
    Interruption interruption = Interruption.enter();
    try {
      return options == null ? call.with(interruption.options()) : options.run(interruption.cancel(), call);
    } finally {
      interruption.leave();
    }
  }

  private <T> T run(NativeCancel cancel, Call<T> call) {
    NativeCallOptions to = toNative();
    try {
      cancel.put_into(to);
      return call.with(to);
    } finally {
      to.delete();
    }
  }

  private <T> T runWithCancel(Call<T> call) {
    Cancel given = cancel;
    NativeCallOptions to = toNative();
    NativeCancel entered = null;
    try {
      entered = given.enter(to);
      return call.with(to);
    } finally {
      to.delete();
      if (entered != null) {
        given.leave(entered);
      }
    }
  }
}
