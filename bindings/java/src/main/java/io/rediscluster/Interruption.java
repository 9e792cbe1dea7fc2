package io.rediscluster;

import java.io.IOException;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.nio.channels.spi.AbstractInterruptibleChannel;
import java.util.function.Supplier;

/**
 * Lets {@link Thread#interrupt} end a call, by the way that it ends those of channels: a channel whose closing fires a cancel.
 * Each thread has one, which serves until it was needed or collected, and more for calls within callbacks.
 */
final class Interruption extends AbstractInterruptibleChannel {
  private static final int SPARE = 0;
  private static final int CURRENT = 1;

  // Weak, or a thread that has once made a call would keep this class and its loader for as long as it lives.
  private static final ThreadLocal<Reference<?>[]> OF_THREAD = ThreadLocal.withInitial(() -> new Reference<?>[2]);

  private final NativeCancel cancel = new NativeCancel();
  private final NativeCallOptions options = new NativeCallOptions();
  private final Reference<Interruption> self = new WeakReference<>(this);
  private final Reference<?>[] ofThread;

  private Interruption(Reference<?>[] ofThread) {
    this.ofThread = ofThread;
    NativeCancel freed = cancel;
    NativeCallOptions freedToo = options;
    freed.put_into(freedToo);
    Freeing.CLEANER.register(this, () -> {
      freedToo.delete();
      freed.delete();
    });
  }

  /** For a call of this thread, which leave ends. */
  static Interruption enter() {
    Reference<?>[] ofThread = OF_THREAD.get();
    Interruption spare = get(ofThread, SPARE);
    Interruption entered = spare != null ? spare : new Interruption(ofThread);
    ofThread[SPARE] = null;
    entered.resume();
    return entered;
  }

  void leave() {
    suspend();
    if (isOpen()) {
      ofThread[SPARE] = self;
    }
    Reference.reachabilityFence(this);
  }

  /** That of the call which this thread is in; null where it has another cancel, or a callback runs. */
  static Interruption current() {
    return get(OF_THREAD.get(), CURRENT);
  }

  private static Interruption get(Reference<?>[] ofThread, int which) {
    return ofThread[which] == null ? null : (Interruption) ofThread[which].get();
  }

  /** For a call without options of its own. */
  NativeCallOptions options() {
    return options;
  }

  NativeCancel cancel() {
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
    ofThread[CURRENT] = self;
    begin();
  }

  private void suspend() {
    ofThread[CURRENT] = null;
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
