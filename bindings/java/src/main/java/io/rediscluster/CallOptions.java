package io.rediscluster;

import java.time.Duration;

/** What is different for one call. May be used for any number of calls. */
public final class CallOptions {
  private Duration timeout;
  private boolean idempotent;
  private Cancel cancel;

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

  /** What ends the call from another thread. */
  public CallOptions cancel(Cancel cancel) {
    this.cancel = cancel;
    return this;
  }

  /** Null for null; else to be freed. */
  static NativeCallOptions toNative(CallOptions options) {
    if (options == null) {
      return null;
    }
    NativeCallOptions to = new NativeCallOptions();
    try {
      if (options.timeout != null) {
        to.set_timeout_ms(Options.milliseconds(options.timeout));
      }
      if (options.idempotent) {
        to.set_idempotent(true);
      }
      if (options.cancel != null) {
        options.cancel.putInto(to);
      }
    } catch (RuntimeException failure) {
      to.delete();
      throw failure;
    }
    return to;
  }

  static void free(NativeCallOptions options) {
    if (options != null) {
      options.delete();
    }
  }
}
