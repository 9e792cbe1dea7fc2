package io.rediscluster;

import java.time.Duration;

/** What is different for one call. May be used for any number of calls. */
public final class CallOptions {
  private Duration timeout;
  private boolean idempotent;
  private Cancel cancel;
  private ReadFrom readFrom;

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
    } catch (RuntimeException failure) {
      to.delete();
      throw failure;
    }
    return to;
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
