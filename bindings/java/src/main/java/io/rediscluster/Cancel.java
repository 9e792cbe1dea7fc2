package io.rediscluster;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;

/** Ends calls from another thread: give it to calls, then fire it. What is fired stays fired. */
public final class Cancel {
  static final Cleaner CLEANER = Cleaner.create();

  private final NativeCancel cancel = new NativeCancel();

  /** A cancel that has not been fired. */
  public Cancel() {
    NativeCancel freed = cancel;
    CLEANER.register(this, freed::delete);
  }

  /** Ends the calls that were given it with {@link RedisClusterException.Cancelled}. */
  public void fire() {
    try {
      cancel.fire();
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Whether it was fired. */
  public boolean isFired() {
    try {
      return cancel.fired();
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  void putInto(NativeCallOptions options) {
    try {
      cancel.put_into(options);
    } finally {
      Reference.reachabilityFence(this);
    }
  }
}
