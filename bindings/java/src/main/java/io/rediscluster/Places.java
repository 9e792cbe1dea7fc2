package io.rediscluster;

import java.time.Duration;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** The places of a cluster's calls of virtual threads: see {@link Admission}. */
final class Places {
  static final int MAX_CALLS = 1000;
  static final int MAX_BLOCKING_CALLS = 2000;

  // How many commands of a list are looked at: one of each part, somewhere in it, as lists have rhythms.
  private static final int LOOKED_AT = 64;
  private static final long CANCEL_IS_SEEN_NS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Admission quick;
  private final Admission lasting; // of calls that take as long as others want: commands that block, and watches
  private final Duration timeout; // of a call that says nothing else
  private final ReadFrom reads; // the same, as far as is known; may be null
  private NativeCancel fired; // with it the library tells what it knows, and asks no node
  private NativeCallOptions withoutAsking; // null until there is a need
  private boolean freed;

  Places(int maxCalls, int maxBlockingCalls, Duration timeout, ReadFrom reads) {
    this.reads = reads;
    quick = new Admission(maxCalls);
    lasting = new Admission(maxBlockingCalls);
    this.timeout = timeout;
  }

  /** A call that has its place until it is closed. */
  record Place(Admission.Seat seat, CallOptions options) implements AutoCloseable {
    @Override
    public void close() {
      seat.leave();
    }
  }

  /** What a call would do; null where that is not known. */
  interface Explainer {
    Explanation explain(NativeCallOptions options, byte[] command);
  }

  /** A place for a call of these commands, as soon as there is one. lasts: it does so whatever the commands are. */
  Place take(CallOptions options, List<? extends List<?>> commands, boolean lasts, Explainer explainer) {
    Admission.Seat unsorted = lasts ? null : quick.enterUnsorted();
    if (unsorted != null) {
      return new Place(unsorted, options);
    }
    SortedSet<String> nodes = new TreeSet<>();
    ReadFrom from = CallOptions.readFrom(options, reads);
    boolean blocks = findNodes(commands, explainer, !lasts && from != null && from != ReadFrom.PRIMARY, nodes);
    if (nodes.isEmpty()) {
      nodes.add("");
    }
    Admission in = lasts || blocks ? lasting : quick;
    Admission.Seat seat = in.enter(nodes);
    try {
      return new Place(seat, await(seat, options, in));
    } catch (Throwable failure) {
      seat.leave();
      throw failure;
    }
  }

  /** After the last call. */
  synchronized void free() {
    freed = true;
    if (withoutAsking != null) {
      withoutAsking.delete();
      fired.delete();
    }
    withoutAsking = null;
  }

  /** readsElsewhere: not from the primary alone. Then a shard's replicas count by themselves. */
  private boolean findNodes(List<? extends List<?>> commands, Explainer explainer, boolean readsElsewhere,
      SortedSet<String> nodes) {
    NativeCallOptions asked = withoutAsking();
    int step = (commands.size() + LOOKED_AT - 1) / LOOKED_AT;
    boolean blocks = false;
    for (int part = 0; part < commands.size() && asked != null; part += step) {
      int chosen = Math.min(part + ThreadLocalRandom.current().nextInt(step), commands.size() - 1);
      Explanation told;
      try {
        told = explainer.explain(asked, Packer.command(commands.get(chosen)));
      } catch (RedisClusterException notKnown) {
        continue;
      }
      blocks |= told.mayBlock();
      if (told.slot() >= 0 && told.node() != null) {
        nodes.add(readsElsewhere && told.readOnly() ? "replicas of " + told.node() : told.node());
      }
    }
    return blocks;
  }

  private synchronized NativeCallOptions withoutAsking() {
    if (withoutAsking == null && !freed) {
      NativeCallOptions made = new NativeCallOptions();
      made.set_read_from(ReadFrom.PRIMARY.value);
      fired = new NativeCancel();
      fired.fire();
      fired.put_into(made);
      withoutAsking = made;
    }
    return withoutAsking;
  }

  /** Waits, and returns the options of what is left to the call. */
  private CallOptions await(Admission.Seat seat, CallOptions options, Admission in) {
    if (seat.ready().getCount() == 0) {
      return options;
    }
    Duration limit = CallOptions.timeout(options, timeout);
    Cancel cancel = CallOptions.cancel(options);
    long from = System.nanoTime();
    long whole = limit.compareTo(Duration.ofDays(100)) > 0 ? Duration.ofDays(100).toNanos() : limit.toNanos();
    boolean interrupted = false;
    try {
      for (;;) {
        long left = whole - (System.nanoTime() - from);
        if (left <= 0) {
          throw RedisClusterException.busy(seat.reason() + ", and none ended in " + limit.toMillis() + " ms: raise Options."
              + (in == quick ? "maxCalls" : "maxBlockingCalls") + ", which is " + in.most);
        }
        if (cancel != null && cancel.isFired()) {
          throw RedisClusterException.cancelled();
        }
        try {
          if (seat.ready().await(cancel == null ? left : Math.min(left, CANCEL_IS_SEEN_NS), TimeUnit.NANOSECONDS)) {
            return CallOptions.withTimeout(options, Duration.ofNanos(Math.max(whole - (System.nanoTime() - from), 1)));
          }
        } catch (InterruptedException told) {
          interrupted = true;
          if (cancel == null) {
            throw RedisClusterException.cancelled();
          }
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
