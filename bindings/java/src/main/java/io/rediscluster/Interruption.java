package io.rediscluster;

import java.io.IOException;
import java.nio.channels.spi.AbstractInterruptibleChannel;
import java.util.function.Supplier;

/**
 * Lets {@link Thread#interrupt} end a call, by the way that it ends those of channels: a channel whose closing fires a cancel.
 * Each thread has one, which serves until it was needed, and more for calls within callbacks.
 */
final class Interruption extends AbstractInterruptibleChannel {
  private static final ThreadLocal<Interruption[]> SPARE_AND_CURRENT = ThreadLocal.withInitial(() -> new Interruption[2]);

  private final Cancel cancel = new Cancel();
  private final NativeCallOptions options = new NativeCallOptions();
  private final Interruption[] ofThread;

  private Interruption(Interruption[] ofThread) {
    this.ofThread = ofThread;
    NativeCallOptions freed = options;
    cancel.putInto(freed);
    Cancel.CLEANER.register(this, freed::delete);
  }

  /** For a call of this thread, which leave ends. */
  static Interruption enter() {
    Interruption[] ofThread = SPARE_AND_CURRENT.get();
    Interruption entered = ofThread[0] != null ? ofThread[0] : new Interruption(ofThread);
    ofThread[0] = null;
    entered.resume();
    return entered;
  }

  void leave() {
    suspend();
    if (isOpen()) {
      ofThread[0] = this;
    }
  }

  /** That of the call which this thread is in; null where it has another cancel, or a callback runs. */
  static Interruption current() {
    return SPARE_AND_CURRENT.get()[1];
  }

  /** For a call without options of its own. */
  NativeCallOptions options() {
    return options;
  }

  Cancel cancel() {
    return cancel;
  }

  /** Until it is closed the thread runs a user's code, which an interrupt meets in its own way. */
  static Pause pause() {
    Interruption current = current();
    if (current == null) {
      return () -> {};
    }
    current.suspend();
    return current::resume;
  }

  interface Pause extends AutoCloseable {
    @Override
    void close();
  }

  /** Calls within a pause, for the call that paused, which may be null. */
  static <T> T resumed(Interruption paused, Supplier<T> call) {
    if (paused == null) {
      return call.get();
    }
    paused.resume();
    try {
      return call.get();
    } finally {
      paused.suspend();
    }
  }

  private void resume() {
    ofThread[1] = this;
    begin();
  }

  private void suspend() {
    ofThread[1] = null;
    try {
      end(true);
    } catch (IOException interrupted) {
      // the call's own exception tells, and the thread's flag
    }
  }

  @Override
  protected void implCloseChannel() {
    cancel.fire();
  }
}
