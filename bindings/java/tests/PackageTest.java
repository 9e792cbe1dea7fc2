import io.rediscluster.CallOptions;
import io.rediscluster.Cancel;
import io.rediscluster.Cluster;
import io.rediscluster.Info;
import io.rediscluster.Options;
import io.rediscluster.Outcome;
import io.rediscluster.RedisClusterException;
import io.rediscluster.Watch;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** What the contract cannot say: Java's own values, exceptions, closing and collecting. Each method test... is one test. */
final class PackageTest {
  private static final String[] NODES = System.getenv("RC_TEST_NODES").split(",");

  private final Cluster c = Cluster.open(Options.nodes(NODES).timeout(Duration.ofSeconds(15)));

  void testArgumentsOfEveryType() {
    for (Object given : List.of("grün", 7, -7L, 1.5, "", new StringBuilder("built"))) {
      c.command("SET", "k", given);
      equal(c.command("GET", "k"), given.toString());
    }
    byte[] bytes = {0, -1, '\r', '\n'};
    c.command("SET", bytes, bytes);
    try (Cluster binary = Cluster.open(Options.nodes(NODES).binary(true))) {
      check(Arrays.equals((byte[]) binary.command("GET", bytes), bytes));
      equal(binary.command("PING"), "PONG");
    }
  }

  void testOtherTypesAreRefusedByName() {
    for (Object bad : Arrays.asList(null, List.of("x"), new Object(), true)) {
      String said = thrown(IllegalArgumentException.class, () -> c.command("SET", "k", bad)).getMessage();
      check(said.contains("argument 2"));
    }
  }

  void testRepliesAreNative() {
    equal(c.command("SET", "k", 1), "OK");
    equal(c.command("INCR", "k"), 2L);
    equal(c.command("GET", "missing"), null);
    equal(c.command("EVAL", "return {1, {'a', {}}}", 1, "k"), List.of(1L, List.of("a", List.of())));
  }

  void testALargeValue() {
    String large = "x".repeat(3_000_000);
    c.command("SET", "k", large);
    equal(c.pipeline(List.of(List.of("GET", "k"), List.of("STRLEN", "k"))), List.of(large, 3_000_000L));
  }

  void testInfo() {
    Info info = c.info();
    equal(info.slotsCovered(), 16384);
    equal(info.seeds(), List.of(NODES));
    equal(info.nodes().stream().mapToInt(Info.Node::slots).sum(), 16384);
    check(info.counters().get("connects") >= 1);
    equal(Cluster.keySlot("foo"), 12182);
  }

  void testErrors() {
    c.command("SET", "k", "text");
    RedisClusterException error = thrown(RedisClusterException.Server.class, () -> c.command("LPUSH", "k", 1));
    equal(List.of(error.code(), error.serverCode(), error.outcome(), error.mayHaveExecuted()),
        List.of("SERVER", "WRONGTYPE", Outcome.EXECUTED, true));
    thrown(RedisClusterException.Connect.class, () -> Cluster.open(Options.nodes("127.0.0.1:1")));
    thrown(RedisClusterException.Timeout.class,
        () -> c.command(new CallOptions().timeout(Duration.ofMillis(50)), "BLPOP", "q", 0));
    Object failed = c.pipeline(List.of(List.of("INCR", "k"))).get(0);
    check(failed instanceof RedisClusterException.Server);
    check(!thrown(RedisClusterException.class, () -> Cluster.open(Options.nodes("127.0.0.1:1").password("hunter2")))
        .getMessage().contains("hunter2"));
  }

  void testEveryCodeHasAClass() throws Exception {
    Class<?> codes = Class.forName("io.rediscluster.NativeConstants");
    for (var field : codes.getDeclaredFields()) {
      if (field.getName().startsWith("RC_ERR_")) {
        Method of = RedisClusterException.class.getDeclaredMethod("of", int.class, String.class, String.class, int.class);
        of.setAccessible(true);
        field.setAccessible(true);
        String name = field.getName().substring(7);
        RedisClusterException made = (RedisClusterException) of.invoke(null, field.getInt(null), "m", null, 3);
        equal(made.code(), name);
        check(name.equals("CALLBACK") || made.getClass() != RedisClusterException.class);
      }
    }
  }

  void testAnExceptionOfAWatchArrivesAsItWasThrown() {
    IOException mine = new IOException("mine");
    check(thrown(IOException.class, () -> c.watch(List.of("k"), w -> {
      throw mine;
    })) == mine);
    thrown(StackOverflowError.class, () -> c.watch(List.of("k"), w -> {
      throw new StackOverflowError();
    }));
    equal(c.command("ECHO", "on"), "on");
  }

  void testWatches() {
    c.command("SET", "k", 1);
    equal(c.watch(List.of("k"), w -> List.of(List.of("SET", "k", Long.parseLong((String) w.command("GET", "k")) + 1))),
        List.of("OK"));
    equal(c.command("GET", "k"), "2");
    equal(c.watch(List.of("k"), w -> null), List.of());
    thrown(RedisClusterException.Aborted.class, () -> c.watch(List.of("k"), w -> Cluster.ABORT));
    thrown(IllegalArgumentException.class, () -> c.watch(List.of("k"), w -> List.of(List.of("SET", "k", true))));
    Watch[] kept = new Watch[1];
    c.watch(List.of("k"), w -> {
      kept[0] = w;
      return null;
    });
    thrown(IllegalStateException.class, () -> kept[0].command("GET", "k"));
  }

  void testCloseEndsCallsOfOtherThreads() throws Exception {
    List<CompletableFuture<Object>> calls = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      calls.add(CompletableFuture.supplyAsync(() -> c.command("BLPOP", "q", 0), task -> new Thread(task).start()));
    }
    Contract.askControl("wait-blocked 4");
    c.close();
    c.close();
    for (CompletableFuture<Object> call : calls) {
      check(thrown(ExecutionException.class, call::get).getCause() instanceof RedisClusterException.Closed);
    }
  }

  void testACancelEndsACallOfAnotherThread() {
    Cancel cancel = new Cancel();
    CompletableFuture.delayedExecutor(100, java.util.concurrent.TimeUnit.MILLISECONDS).execute(cancel::fire);
    RedisClusterException error = thrown(RedisClusterException.Cancelled.class,
        () -> c.command(new CallOptions().cancel(cancel), "BLPOP", "q", 0));
    equal(error.outcome(), Outcome.UNKNOWN);
    check(cancel.isFired());
    equal(c.command("ECHO", "on"), "on");
  }

  void testAClusterThatNobodyNeedsIsFreed() throws Exception {
    WeakReference<Cluster> gone = new WeakReference<>(Cluster.open(Options.nodes(NODES).name("java.collected")));
    check(Cluster.find("java.collected") != null);
    for (int i = 0; i < 200 && (gone.get() != null || Cluster.find("java.collected") != null); i++) {
      System.gc();
      Thread.sleep(20);
    }
    equal(Cluster.find("java.collected"), null);
  }

  // ---- a small harness: the jar's tests need nothing else ----

  private interface Code {
    void run() throws Throwable;
  }

  private static <E extends Throwable> E thrown(Class<E> kind, Code code) {
    try {
      code.run();
    } catch (Throwable caught) {
      if (kind.isInstance(caught)) {
        return kind.cast(caught);
      }
      throw new AssertionError("expected " + kind.getName(), caught);
    }
    throw new AssertionError("expected " + kind.getName() + ", but nothing was thrown");
  }

  private static void equal(Object actual, Object expected) {
    if (!Objects.equals(actual, expected)) {
      throw new AssertionError("expected " + expected + " but got " + actual);
    }
  }

  private static void check(boolean condition) {
    if (!condition) {
      throw new AssertionError();
    }
  }

  public static void main(String[] none) throws Exception {
    int failed = 0;
    int passed = 0;
    for (Method test : PackageTest.class.getDeclaredMethods()) {
      if (!test.getName().startsWith("test") || Modifier.isStatic(test.getModifiers())) {
        continue;
      }
      Contract.askControl("reset");
      PackageTest object = new PackageTest();
      try {
        test.invoke(object);
        passed++;
      } catch (ReflectiveOperationException failure) {
        failed++;
        System.out.println("FAILED " + test.getName());
        failure.getCause().printStackTrace(System.out);
      } finally {
        object.c.close();
      }
    }
    System.out.println("package: " + passed + " passed, " + failed + " failed");
    System.exit(failed == 0 && passed > 0 ? 0 : 1);
  }
}
