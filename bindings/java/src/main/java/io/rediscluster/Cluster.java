package io.rediscluster;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * A Redis Cluster. One object serves any number of threads.
 *
 * <pre>{@code
 * try (Cluster c = Cluster.open(Options.nodes("127.0.0.1:7000"))) {
 *   c.command("SET", "k", 1);
 *   c.watch(List.of("k"), w -> List.of(List.of("SET", "k", Long.parseLong((String) w.command("GET", "k")) + 1)));
 * }
 * }</pre>
 *
 * <p>Arguments of commands are String (as UTF-8), byte[] or numbers. Replies are String (or byte[], see
 * {@link Options#binary}), Long, null, and lists of these; with {@link Options#protocol} 3 also Map, Set, Double, Boolean and
 * BigInteger. All failures are {@link RedisClusterException}.
 *
 * <p>{@link Thread#interrupt} ends a call, of a thread that was interrupted before too, with
 * {@link RedisClusterException.Cancelled}, and the thread stays interrupted.
 *
 * <p>Virtual threads may make calls too. A platform thread of the package makes each in their stead, within
 * {@link Options#maxCalls} and {@link Options#maxBlockingCalls}, so that no carrier waits in native code.
 */
public final class Cluster implements AutoCloseable {
  /** What the function given to {@link #watch} returns to give up. */
  public static final List<List<?>> ABORT = List.of(List.of("ABORT"));

  private static final int CLOSED = 1; // in users: it was closed; calls count by twos
  private static final int CALL = 2;

  private final NativeCluster cluster;
  private final boolean binary;
  private final Places places;
  private final Cleaner.Cleanable freeing;
  private final AtomicInteger users = new AtomicInteger();

  private Cluster(NativeCluster cluster, boolean binary, Places places) {
    this.cluster = cluster;
    this.binary = binary;
    this.places = places;
    this.freeing = Freeing.CLEANER.register(this, () -> {
      places.free();
      cluster.delete();
    });
  }

  /** Opens a cluster: asks the nodes of the options until one tells the layout. */
  public static Cluster open(Options options) {
    return new Cluster(options.open(), options.isBinary(), options.places());
  }

  /** Another object for the open cluster of that name, or null. */
  public static Cluster find(String name) {
    return find(name, false);
  }

  /** The same; binary as of {@link Options#binary}. */
  public static Cluster find(String name, boolean binary) {
    NativeCluster found = NativeCluster.cluster_find(Options.text("name", name), !binary);
    return found == null ? null : new Cluster(found, binary, new Options().places());
  }

  /** Sends a command to the node that serves its keys, and returns the reply. */
  public Object command(Object... arguments) {
    return command(null, arguments);
  }

  /** The same with options of its own. */
  public Object command(CallOptions options, Object... arguments) {
    byte[] packed = Packer.command(arguments);
    return Unpacker.value(call(options, () -> List.of(Arrays.asList(arguments)), to -> cluster.command(to, packed)), !binary);
  }

  /**
   * Sends many commands at once and returns their replies in order. One that failed has its {@link RedisClusterException}
   * there.
   */
  public List<Object> pipeline(List<? extends List<?>> commands) {
    return pipeline(null, commands);
  }

  /** The same with options of its own. */
  public List<Object> pipeline(CallOptions options, List<? extends List<?>> commands) {
    byte[] packed = Packer.commands(commands);
    return Unpacker.list(call(options, () -> commands, to -> cluster.pipeline(to, packed)), !binary);
  }

  /** Executes commands as a unit (MULTI, EXEC), all keys in one slot, and returns their replies. */
  public List<Object> transaction(List<? extends List<?>> commands) {
    return transaction(null, commands);
  }

  /** The same with options of its own. */
  public List<Object> transaction(CallOptions options, List<? extends List<?>> commands) {
    byte[] packed = Packer.commands(commands);
    return Unpacker.list(call(options, () -> commands, to -> cluster.transaction(to, packed)), !binary);
  }

  /**
   * Watches keys, calls the function, and executes the commands that it returns, unless a key has changed meanwhile: then all
   * of it starts again. Returns their replies. What the function throws aborts and arrives here; {@link #ABORT} aborts with
   * {@link RedisClusterException.Aborted}.
   */
  public <E extends Exception> List<Object> watch(List<?> keys, WatchFunction<E> function) throws E {
    return watch(null, keys, function);
  }

  /** The same with options of its own. */
  public <E extends Exception> List<Object> watch(CallOptions options, List<?> keys, WatchFunction<E> function) throws E {
    Objects.requireNonNull(function, "function is null");
    byte[] packed = Packer.command(keys);
    Errand errand = Errand.begin();
    NativeCallback callback = pointer -> {
      Watch watch = new Watch(new NativeWatch(pointer, false), binary, Interruption.current(), errand);
      Errand.Work<byte[]> session = () -> {
        List<? extends List<?>> commands = function.apply(watch);
        return commands == ABORT ? null : Packer.commands(commands == null ? List.of() : commands);
      };
      try (Interruption.Pause pause = Interruption.pause()) {
        return errand == null ? session.get() : errand.atCaller(session);
      } finally {
        watch.end();
      }
    };
    CallOptions.Call<byte[]> call = to -> cluster.watch(to, packed, callback);
    Supplier<List<? extends List<?>>> first = () -> keys.isEmpty() ? List.of() : List.of(List.of("GET", keys.get(0)));
    return Unpacker.list(call(errand, options, first, true, call), !binary);
  }

  /** What would be done with a command, without sending it. */
  public Explanation explain(Object... arguments) {
    return explain(null, arguments);
  }

  /** The same with options of its own. */
  public Explanation explain(CallOptions options, Object... arguments) {
    byte[] packed = Packer.command(arguments);
    return Explanation.of(call(options, List::of, to -> cluster.explain(to, packed)), !binary);
  }

  /** All keys of the cluster. */
  public Scan scan() {
    enter();
    try {
      return new Scan(this, cluster.scan());
    } finally {
      leave();
    }
  }

  byte[] callForScan(CallOptions options, CallOptions.Call<byte[]> call) {
    return call(options, List::of, call);
  }

  List<Object> listOf(byte[] packed) {
    return Unpacker.list(packed, !binary);
  }

  /** What the client knows of the cluster. */
  public Info info() {
    enter();
    try {
      return Info.of(cluster.info());
    } finally {
      leave();
    }
  }

  /** Asks for the cluster's layout now. */
  public void refresh() {
    call(null, List::of, to -> {
      cluster.refresh(to);
      return null;
    });
  }

  /** Closes the cluster. Calls under way end with {@link RedisClusterException.Closed}. May be called more than once. */
  @Override
  public void close() {
    int before = users.getAndUpdate(state -> (state | CLOSED) + CALL);
    try {
      if ((before & CLOSED) == 0) {
        cluster.close();
      }
    } finally {
      leave();
    }
  }

  /** The hash slot of a key, 0 to 16383. */
  public static int keySlot(Object key) {
    return Native.slot_of_key(Packer.command(new Object[] {key}));
  }

  private byte[] call(CallOptions options, Supplier<List<? extends List<?>>> commands, CallOptions.Call<byte[]> call) {
    return call(Errand.begin(), options, commands, false, call);
  }

  /** The commands say where the call goes, and lasts that it takes as long as others want, for a call that has an errand. */
  private byte[] call(Errand errand, CallOptions options, Supplier<List<? extends List<?>>> commands, boolean lasts,
      CallOptions.Call<byte[]> call) {
    if (errand == null) {
      return call(options, call);
    }
    try (Places.Place place = places.take(options, commands.get(), lasts, this::explainFor)) {
      return errand.run(() -> call(place.options(), call));
    }
  }

  private byte[] call(CallOptions options, CallOptions.Call<byte[]> call) {
    return CallOptions.run(options, to -> {
      enter();
      try {
        return call.with(to);
      } finally {
        leave();
      }
    });
  }

  private Explanation explainFor(NativeCallOptions options, byte[] command) {
    enter();
    try {
      return Explanation.of(cluster.explain(options, command), true);
    } finally {
      leave();
    }
  }

  private void enter() {
    int state;
    do {
      state = users.get();
      if ((state & CLOSED) != 0) {
        throw RedisClusterException.closed();
      }
    } while (!users.compareAndSet(state, state + CALL));
  }

  /** The last that leaves what is closed frees it; the cleaner does so only where nobody has closed. */
  private void leave() {
    if (users.addAndGet(-CALL) == CLOSED) {
      freeing.clean();
    }
    Reference.reachabilityFence(this);
  }
}
