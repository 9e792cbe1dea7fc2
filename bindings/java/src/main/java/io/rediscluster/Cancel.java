package io.rediscluster;

import java.util.HashSet;
import java.util.Set;

/** Ends calls from another thread: give it to calls, then fire it. What is fired stays fired. */
public final class Cancel {
  private final Set<NativeCancel> ofCalls = new HashSet<>(); // that are under way: so it has nothing to be freed itself
  private boolean fired;

  /** A cancel that has not been fired. */
  public Cancel() {}

  /** Ends the calls that were given it with {@link RedisClusterException.Cancelled}. */
  public synchronized void fire() {
    fired = true;
    ofCalls.forEach(NativeCancel::fire);
  }

  /** Whether it was fired. */
  public synchronized boolean isFired() {
    return fired;
  }

  /** Puts it into the options of a call, which leave ends. */
  NativeCancel enter(NativeCallOptions options) {
    NativeCancel made = new NativeCancel();
    try {
      made.put_into(options);
      add(made);
      return made;
    } catch (Throwable failure) {
      made.delete();
      throw failure;
    }
  }

  /** After the options were freed. */
  void leave(NativeCancel made) {
    remove(made);
    made.delete();
  }

  private synchronized void add(NativeCancel made) {
    ofCalls.add(made);
    if (fired) {
      made.fire();
    }
  }

  private synchronized void remove(NativeCancel made) {
    ofCalls.remove(made);
  }
}
