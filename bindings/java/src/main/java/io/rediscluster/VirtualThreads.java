package io.rediscluster;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Virtual threads, which Java has since 21, and the platform threads that make their calls: one that waits in native code would
 * keep its carrier from all others.
 */
final class VirtualThreads {
  private static final MethodHandle IS_VIRTUAL = isVirtual();
  private static final AtomicLong NUMBER = new AtomicLong();

  // Admission bounds how many there are. They end soon when they have nothing to do, and with them what they keep alive.
  private static final ThreadPoolExecutor PLATFORM =
      new ThreadPoolExecutor(0, Integer.MAX_VALUE, 2, TimeUnit.SECONDS, new SynchronousQueue<>(), VirtualThreads::platformThread);

  private VirtualThreads() {}

  /** Whether this thread is one. */
  static boolean isThisOne() {
    try {
      return IS_VIRTUAL != null && (boolean) IS_VIRTUAL.invokeExact(Thread.currentThread());
    } catch (Throwable never) {
      throw new AssertionError(never);
    }
  }

  /** Lets a platform thread run it. */
  static void hand(Runnable work) {
    PLATFORM.execute(work);
  }

  private static Thread platformThread(Runnable work) {
    Thread thread = new Thread(null, work, "rediscluster-" + NUMBER.incrementAndGet(), 0, false);
    thread.setDaemon(true);
    return thread;
  }

  private static MethodHandle isVirtual() {
    try {
      return MethodHandles.publicLookup().findVirtual(Thread.class, "isVirtual", MethodType.methodType(boolean.class));
    } catch (ReflectiveOperationException olderJava) {
      return null;
    }
  }
}
