import io.rediscluster.CallOptions;
import io.rediscluster.Cancel;
import io.rediscluster.Cluster;
import io.rediscluster.Options;
import io.rediscluster.Outcome;
import io.rediscluster.RedisClusterException;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Calls of virtual threads. Needs Java 21; says so on an older one. Each method test... is one test. */
final class VirtualTest {
  private static final String[] NODES = System.getenv("RC_TEST_NODES").split(",");
  private static final Duration LONG = Duration.ofSeconds(60); // that only a call which nobody ended takes
  private static final Duration ENOUGH = Duration.ofSeconds(20);

  private final List<Running> all = new ArrayList<>();

  /** A virtual thread, and what it ended with. */
  private final class Running {
    private final AtomicReference<Throwable> thrown = new AtomicReference<>();
    private final Thread thread;

    Running(PackageTest.Code code) {
      thread = start(() -> {
        try {
          code.run();
        } catch (Throwable failure) {
          thrown.set(failure);
        }
      });
      all.add(this);
    }

    void endsWith(Class<? extends Throwable> kind) throws InterruptedException {
      thread.join(ENOUGH.toMillis());
      PackageTest.check(!thread.isAlive());
      if (!kind.isInstance(thrown.get())) {
        throw new AssertionError("expected " + kind.getName(), thrown.get());
      }
    }

    void succeeds() throws InterruptedException {
      thread.join(ENOUGH.toMillis());
      PackageTest.check(!thread.isAlive());
      if (thrown.get() != null) {
        throw new AssertionError(thrown.get());
      }
    }
  }

  private static Thread start(Runnable work) {
    try {
      return (Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, work);
    } catch (ReflectiveOperationException olderJava) {
      throw new AssertionError(olderJava);
    }
  }

  /** Runs it, in a virtual thread or this one. */
  static void runIn(boolean virtual, PackageTest.Code code) throws Throwable {
    if (!virtual) {
      code.run();
      return;
    }
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    start(() -> {
      try {
        code.run();
      } catch (Throwable failure) {
        thrown.set(failure);
      }
    }).join();
    if (thrown.get() != null) {
      throw thrown.get();
    }
  }

  private static Options nodes() {
    return Options.nodes(NODES).timeout(LONG);
  }

  void testBlockingCommandsKeepNobodyFromHisCalls() throws Exception {
    try (Cluster c = Cluster.open(nodes().maxCalls(10))) {
      Cancel end = new Cancel();
      CallOptions ended = new CallOptions().cancel(end);
      CountDownLatch watching = new CountDownLatch(20);
      CountDownLatch watched = new CountDownLatch(1);
      List<Running> blocked = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        String queue = "q" + i;
        blocked.add(switch (i % 3) {
          case 0 -> new Running(() -> c.command(ended, "BLPOP", queue, 0));
          case 1 -> new Running(() -> c.pipeline(ended, List.of(List.of("BLPOP", queue, 0))).forEach(reply -> {
            throw (RedisClusterException) reply;
          }));
          default -> new Running(() -> c.watch(ended, List.of(queue), w -> {
            watching.countDown();
            watched.await();
            return List.of(List.of("GET", queue));
          }));
        });
      }
      Contract.askControl("wait-blocked 40");
      PackageTest.check(watching.await(ENOUGH.toSeconds(), TimeUnit.SECONDS));
      for (int i = 0; i < 50; i++) {
        String said = "said " + i;
        new Running(() -> PackageTest.equal(c.command("ECHO", said), said)).succeeds();
        new Running(() -> Thread.sleep(1)).succeeds();
      }
      end.fire();
      watched.countDown();
      for (Running one : blocked) {
        one.endsWith(RedisClusterException.Cancelled.class);
      }
    }
  }

  private static int threads() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("Threads:")) {
        return Integer.parseInt(line.substring(8).strip());
      }
    }
    throw new AssertionError();
  }

  private static void tellAllNodes(String line) throws IOException {
    for (String node : NODES) {
      int colon = node.lastIndexOf(':');
      try (Socket socket = new Socket(node.substring(0, colon), Integer.parseInt(node.substring(colon + 1)))) {
        socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
        PackageTest.equal(new String(socket.getInputStream().readNBytes(5), StandardCharsets.US_ASCII), "+OK\r\n");
      }
    }
  }

  private static String keyOf(Cluster c, String node, boolean has) {
    for (int i = 0;; i++) {
      if (node.equals(c.explain("GET", "{" + i + "}").node()) == has) {
        return "{" + i + "}";
      }
    }
  }

  void testANodeThatStandsStillSlowsNoOther() throws Exception {
    int maxCalls = 32;
    try (Cluster c = Cluster.open(nodes().maxCalls(maxCalls).maxBlockingCalls(maxCalls))) {
      String node = Contract.askControl("address 0");
      String stuck = keyOf(c, node, true);
      String healthy = keyOf(c, node, false);
      tellAllNodes("CONFIG SET cluster-node-timeout 600000"); // the others wait
      Contract.askControl("stop 0");
      try {
        Map<String, PackageTest.Code> stuckCalls = calls(c, List.of(stuck));
        stuckCalls.put("over both nodes", calls(c, List.of(stuck, healthy)).get("pipeline"));
        for (Map.Entry<String, PackageTest.Code> each : stuckCalls.entrySet()) {
          int before = threads();
          List<Running> waiting = new ArrayList<>();
          for (int i = 0; i < 10 * maxCalls; i++) {
            waiting.add(new Running(each.getValue()));
          }
          for (int i = 0; i < 10; i++) {
            for (PackageTest.Code call : calls(c, List.of(healthy)).values()) {
              new Running(call).succeeds();
            }
          }
          PackageTest.check(threads() < before + 3 * maxCalls);
          waiting.forEach(one -> one.thread.interrupt());
          for (Running one : waiting) {
            one.endsWith(RedisClusterException.Cancelled.class);
          }
        }
      } finally {
        Contract.askControl("continue 0");
        tellAllNodes("CONFIG SET cluster-node-timeout 1000");
      }
    }
  }

  private static Map<String, PackageTest.Code> calls(Cluster c, List<String> keys) {
    List<List<String>> gets = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      gets.add(List.of("GET", keys.get(i % keys.size())));
    }
    String key = keys.get(0);
    return new TreeMap<>(Map.of("command", () -> c.command("GET", key), "pipeline", () -> {
      for (Object reply : c.pipeline(gets)) {
        if (reply instanceof RedisClusterException failed) {
          throw failed;
        }
      }
    }, "transaction", () -> c.transaction(List.of(List.of("GET", key))),
        "watch", () -> c.watch(List.of(key), w -> List.of(List.of("GET", key))),
        "blocking", () -> c.command("BLPOP", key + "q", "0.01")));
  }

  void testMoreCallsThanMayBeMadeWaitForTheirTurn() throws Exception {
    for (String limit : List.of("maxCalls", "maxBlockingCalls")) {
      try (Cluster c = Cluster.open(nodes().maxCalls(1).maxBlockingCalls(1))) {
        boolean blocking = limit.equals("maxBlockingCalls");
        Cancel end = new Cancel();
        Object[] other = blocking ? new Object[] {"BLPOP", "other", "0.001"} : new Object[] {"GET", "other"};
        tellAllNodes("CONFIG SET cluster-node-timeout 600000");
        String still = Contract.askControl("address 0");
        String key = keyOf(c, still, true);
        Contract.askControl("stop 0");
        try {
          CallOptions ended = new CallOptions().cancel(end);
          Running holding = new Running(() -> c.command(ended, blocking ? new Object[] {"BLPOP", key, 0} : new Object[] {"GET", key}));
          String healthy = keyOf(c, still, false);
          other[1] = healthy;
          CallOptions brief = new CallOptions().timeout(Duration.ofMillis(30));
          AtomicReference<RedisClusterException.Busy> busy = new AtomicReference<>();
          for (long from = System.nanoTime(); busy.get() == null && System.nanoTime() - from < ENOUGH.toNanos();) {
            Running tried = new Running(() -> c.command(brief, other));
            tried.thread.join();
            if (tried.thrown.get() instanceof RedisClusterException.Busy told) {
              busy.set(told);
            }
          }
          PackageTest.check(busy.get().getMessage().contains("raise Options." + limit + ", which is 1"));
          PackageTest.equal(busy.get().outcome(), Outcome.NOT_SENT);
          Running waiting = new Running(() -> c.command(other));
          Running interrupted = new Running(() -> c.command(other));
          interrupted.thread.interrupt();
          interrupted.endsWith(RedisClusterException.Cancelled.class);
          Cancel own = new Cancel();
          Running cancelled = new Running(() -> c.command(new CallOptions().cancel(own), other));
          own.fire();
          cancelled.endsWith(RedisClusterException.Cancelled.class);
          end.fire();
          holding.endsWith(RedisClusterException.Cancelled.class);
          waiting.succeeds();
        } finally {
          Contract.askControl("continue 0");
          tellAllNodes("CONFIG SET cluster-node-timeout 1000");
        }
      }
    }
  }

  void testTheFunctionOfAWatchRunsOnItsCallersThread() throws Exception {
    try (Cluster c = Cluster.open(nodes())) {
      new Running(() -> {
        Thread caller = Thread.currentThread();
        ThreadLocal<String> mine = new ThreadLocal<>();
        mine.set("mine");
        PackageTest.equal(c.watch(List.of("k"), w -> {
          PackageTest.check(Thread.currentThread() == caller);
          PackageTest.equal(mine.get(), "mine");
          PackageTest.equal(w.command("GET", "k"), null);
          PackageTest.equal(c.command("ECHO", "within"), "within");
          PackageTest.equal(c.watch(List.of("k2"), inner -> List.of(List.of("SET", "k2", 1))), List.of("OK"));
          return List.of(List.of("SET", "k", 1));
        }), List.of("OK"));
        IOException thrown = new IOException("mine");
        PackageTest.check(PackageTest.thrown(IOException.class, () -> c.watch(List.of("k"), w -> {
          throw thrown;
        })) == thrown);
      }).succeeds();
    }
  }

  void testAnErrorTellsWhereTheCallerWas() throws Exception {
    try (Cluster c = Cluster.open(nodes())) {
      new Running(() -> {
        RedisClusterException failed = PackageTest.thrown(RedisClusterException.class, () -> c.command("SUNION", "a", "b"));
        PackageTest.check(List.of(failed.getStackTrace()).toString().contains("VirtualTest"));
      }).succeeds();
    }
  }

  void testManyThreadsGetTheirOwnReplies() throws Exception {
    try (Cluster c = Cluster.open(nodes())) {
      for (int i = 0; i < 3000; i++) {
        String mine = "mine " + i;
        new Running(() -> {
          for (int again = 0; again < 5; again++) {
            PackageTest.equal(c.command("ECHO", mine), mine);
          }
        });
      }
      for (Running one : all) {
        one.succeeds();
      }
    }
  }

  void testClosingEndsCallsUnderWay() throws Exception {
    Cluster c = Cluster.open(nodes());
    Running blocked = new Running(() -> c.command("BLPOP", "q", 0));
    Contract.askControl("wait-blocked 1");
    c.close();
    blocked.endsWith(RedisClusterException.Closed.class);
    new Running(() -> c.command("PING")).endsWith(RedisClusterException.Closed.class);
  }

  public static void main(String[] names) throws Exception {
    if (Runtime.version().feature() < 21) {
      System.out.println("virtual: skipped, this Java has no virtual threads");
      return;
    }
    int failed = 0;
    int passed = 0;
    for (Method test : VirtualTest.class.getDeclaredMethods()) {
      if (!test.getName().startsWith("test") || names.length > 0 && !List.of(names).contains(test.getName())) {
        continue;
      }
      Contract.askControl("reset");
      try {
        test.invoke(new VirtualTest());
        passed++;
      } catch (ReflectiveOperationException failure) {
        failed++;
        System.out.println("FAILED " + test.getName());
        failure.getCause().printStackTrace(System.out);
      }
    }
    System.out.println("virtual: " + passed + " passed, " + failed + " failed");
    System.exit(failed == 0 && passed > 0 ? 0 : 1);
  }
}
