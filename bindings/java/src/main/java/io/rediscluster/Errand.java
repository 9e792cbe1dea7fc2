package io.rediscluster;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A call that a platform thread makes for a virtual one, which waits for it. A function that the call runs and that is the
 * caller's own runs on the caller's thread, and has the platform thread make the calls of its session.
 */
final class Errand {
  private final Side caller = new Side(Thread.currentThread());
  private Side runner;
  private boolean interrupted; // before there was a runner
  private Throwable thrownByCaller;

  private Errand() {}

  /** What one of the two threads does. */
  interface Work<T> {
    T get() throws Throwable;
  }

  /** The errand of a call of this thread; null where this thread makes its calls itself. */
  static Errand begin() {
    return VirtualThreads.isThisOne() ? new Errand() : null;
  }

  /** Makes the call and returns its result. By the caller. */
  <T> T run(Work<T> call) {
    Result<T> result = new Result<>();
    interrupted = Thread.currentThread().isInterrupted();
    ClassLoader loader = caller.thread.getContextClassLoader();
    Thread.UncaughtExceptionHandler handler = caller.thread.getUncaughtExceptionHandler();
    VirtualThreads.hand(() -> {
      Thread thread = Thread.currentThread();
      thread.setContextClassLoader(loader);
      thread.setUncaughtExceptionHandler(handler);
      setRunner(new Side(thread));
      result.take(call);
      runner.retire();
      thread.setContextClassLoader(null);
      thread.setUncaughtExceptionHandler(null);
      caller.end();
    });
    caller.serve(this::interrupt);
    if (result.thrown instanceof RedisClusterException && result.thrown != thrownByCaller) {
      result.addThisStack();
    }
    return result.give();
  }

  /** Runs a function on the caller's thread. By the runner. */
  <T> T atCaller(Work<T> function) {
    Result<T> result = new Result<>();
    Side waiting = runner;
    caller.ask(() -> {
      result.take(function);
      waiting.end();
    });
    waiting.serve(() -> {});
    thrownByCaller = result.thrown;
    return result.give();
  }

  /** Makes a call on the runner's thread. By the caller, in a function of atCaller. */
  <T> T atRunner(Work<T> call) {
    Result<T> result = new Result<>();
    runner.ask(() -> {
      result.take(call);
      caller.end();
    });
    caller.serve(this::interrupt);
    if (result.thrown != null) {
      result.addThisStack();
    }
    return result.give();
  }

  private synchronized void setRunner(Side side) {
    runner = side;
    if (interrupted) {
      side.interrupt();
    }
  }

  private synchronized void interrupt() {
    interrupted = true;
    if (runner != null) {
      runner.interrupt();
    }
  }

  /** One of the two threads. It waits, and meanwhile does what the other asks for, a thing at a time. */
  private static final class Side {
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition told = lock.newCondition();
    private Runnable asked;
    private boolean ended;
    private boolean retired;

    Side(Thread thread) {
      this.thread = thread;
    }

    void ask(Runnable work) {
      lock.lock();
      try {
        asked = work;
        told.signal();
      } finally {
        lock.unlock();
      }
    }

    void end() {
      lock.lock();
      try {
        ended = true;
        told.signal();
      } finally {
        lock.unlock();
      }
    }

    /** By the thread, until the other says that it is the end. */
    void serve(Runnable whenInterrupted) {
      boolean interrupted = false;
      try {
        for (;;) {
          try {
            Runnable work = next();
            if (work == null) {
              return;
            }
            work.run();
          } catch (InterruptedException told) {
            interrupted = true;
            whenInterrupted.run();
          }
        }
      } finally {
        if (interrupted) {
          thread.interrupt();
        }
      }
    }

    private Runnable next() throws InterruptedException {
      lock.lock();
      try {
        while (asked == null && !ended) {
          told.await();
        }
        Runnable work = asked;
        asked = null;
        ended = ended && work != null;
        return work;
      } finally {
        lock.unlock();
      }
    }

    synchronized void interrupt() {
      if (!retired) {
        thread.interrupt();
      }
    }

    /** By the thread: it goes on to other work. */
    synchronized void retire() {
      retired = true;
      Thread.interrupted();
    }
  }

  private static final class Result<T> {
    private T value;
    private Throwable thrown;

    void take(Work<T> from) {
      try {
        value = from.get();
      } catch (Throwable failure) {
        thrown = failure;
      }
    }

    /** Lets what was thrown on the runner tell where the caller was. */
    void addThisStack() {
      StackTraceElement[] there = thrown.getStackTrace();
      StackTraceElement[] here = new Throwable().getStackTrace();
      StackTraceElement[] both = new StackTraceElement[there.length + here.length - 1];
      System.arraycopy(there, 0, both, 0, there.length);
      System.arraycopy(here, 1, both, there.length, here.length - 1);
      thrown.setStackTrace(both);
    }

    T give() {
      if (thrown != null) {
        throw Errand.<RuntimeException>asItIs(thrown);
      }
      return value;
    }
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> E asItIs(Throwable thrown) throws E {
    throw (E) thrown;
  }
}
