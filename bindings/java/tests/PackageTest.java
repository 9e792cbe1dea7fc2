import io.rediscluster.Attempt;
import io.rediscluster.CallOptions;
import io.rediscluster.Cancel;
import io.rediscluster.Cluster;
import io.rediscluster.Credentials;
import io.rediscluster.CredentialsFunction;
import io.rediscluster.Explanation;
import io.rediscluster.Info;
import io.rediscluster.Options;
import io.rediscluster.Outcome;
import io.rediscluster.ReadFrom;
import io.rediscluster.RedisClusterException;
import io.rediscluster.Scan;
import io.rediscluster.Route;
import io.rediscluster.Watch;
import java.io.File;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigInteger;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.ResourceBundle;
import java.util.Set;
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

  void testNodesHaveIdsRangesAndPrimaries() {
    Info info = c.info();
    for (Info.Node node : info.nodes()) {
      equal(node.id().length(), 40);
      equal(node.ranges().stream().mapToInt(r -> r.last() - r.first() + 1).sum(), node.slots());
      equal(node.primaryIndex() < 0, node.primary());
      check(node.primary() || info.nodes().get(node.primaryIndex()).primary());
    }
    Info.Node owner = info.nodes().get(info.slotOwner(Cluster.keySlot("k")));
    equal(c.command(new CallOptions().node(owner.host() + ":" + owner.port()), "SET", "k", 1), "OK");
    equal(info.slotOwner(16384), -1);
  }

  void testRoutesAreChecked() {
    CallOptions both = new CallOptions().route(Route.ONE).node("h:1");
    String said = thrown(RedisClusterException.InvalidArgument.class, () -> c.command(both, "DBSIZE")).getMessage();
    equal(said, "give one of route, node and routeKey");
  }

  void testAScanGivesEveryKeyAndItsCursorGoesOn() {
    Set<Object> keys = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      c.command("SET", "scan:" + i, 1);
      keys.add("scan:" + i);
    }
    Scan scan = c.scan().match("scan:*").count(20);
    Set<Object> found = new HashSet<>();
    for (int i = 0; i < 130; i++) {
      found.add(scan.next());
    }
    Set<Object> rest = c.scan().match("scan:*").cursor(scan.cursor()).stream().collect(Collectors.toSet());
    check(rest.size() < 500);
    rest.addAll(found);
    equal(rest, keys);
    for (Object key : scan) {
      found.add(key);
    }
    equal(found, keys);
    equal(scan.doubtfulSlots(), List.of());
    check(!c.scan().match("scan:*").cursor(scan.cursor()).hasNext());
    check(!c.scan().match("scan:*").type("list").hasNext());
    thrown(RedisClusterException.InvalidArgument.class, () -> c.scan().cursor("rubbish"));
    thrown(RedisClusterException.InvalidArgument.class, () -> c.scan().count(0));
    Cancel cancel = new Cancel();
    cancel.fire();
    thrown(RedisClusterException.Cancelled.class, () -> c.scan().options(new CallOptions().cancel(cancel)).hasNext());
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

  private static long endless(long depth) {
    return endless(depth + 1) + 1;
  }

  void testOnlyAFunctionThatReturnsItsCommandsCommits() {
    List<List<?>> mine = List.of(List.of("SET", "k", 1));
    List<Throwable> all = List.of(new IllegalStateException(), new IOException(), new Error(), new OutOfMemoryError(),
        new StackOverflowError(), new ThreadDeath(), new InterruptedException(),
        thrown(RedisClusterException.class, () -> c.command("SUNION", "a", "b")));
    for (Throwable thrown : all) {
      check(thrown(Throwable.class, () -> c.watch(List.of("k"), w -> {
        try {
          w.command("GET", "k");
          return mine;
        } finally {
          PackageTest.<RuntimeException>sneak(thrown);
        }
      })) == thrown);
      equal(c.command("GET", "k"), null);
    }
    thrown(StackOverflowError.class, () -> c.watch(List.of("k"), w -> endless(0) == 0 ? null : mine));
    thrown(OutOfMemoryError.class, () -> c.watch(List.of("k"), w -> new byte[Integer.MAX_VALUE].length == 0 ? null : mine));
    thrown(IllegalArgumentException.class,
        () -> c.watch(List.of("k"), w -> List.of(List.of("SET", "k", 1), List.of("SET", "k", new Object()))));
    thrown(RedisClusterException.Unsupported.class,
        () -> c.watch(List.of("k"), w -> List.of(List.of("SET", "k", 1), List.of("MULTI"))));
    thrown(ClassCastException.class, () -> c.watch(List.of("k"), w -> (List<List<?>>) (Object) "no list"));
    equal(c.command("GET", "k"), null);
  }

  private static <E extends Throwable> void sneak(Throwable thrown) throws E {
    throw (E) thrown;
  }

  void testCredentialsThatDieRefuseTheConnection() {
    for (Throwable thrown : List.of(new StackOverflowError("mine"), new OutOfMemoryError("mine"), new ThreadDeath() {
      @Override
      public String toString() {
        throw new IllegalStateException("nothing to show");
      }
    })) {
      thrown(RedisClusterException.Auth.class, () -> Cluster.open(nodes().credentials((host, port) -> {
        PackageTest.<RuntimeException>sneak(thrown);
        return null;
      })));
    }
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

  private static final class Loaded {
    private ClassLoader loader;
    private Class<?> use;

    Loaded() throws Exception {
      String[] entries = System.getProperty("java.class.path").split(File.pathSeparator);
      URL[] urls = new URL[entries.length];
      for (int i = 0; i < entries.length; i++) {
        urls[i] = Path.of(entries[i]).toUri().toURL();
      }
      loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
      use = loader.loadClass("LoaderUse");
      ((Runnable) use.getConstructor().newInstance()).run();
    }

    Class<?> errorClass() throws Exception {
      return (Class<?>) use.getMethod("errorClass").invoke(null);
    }

    WeakReference<ClassLoader> drop() throws Exception {
      use.getMethod("close").invoke(null);
      WeakReference<ClassLoader> gone = new WeakReference<>(loader);
      loader = null;
      use = null;
      return gone;
    }
  }

  void testClassLoadersAreFreed() throws Exception {
    Loaded one = new Loaded();
    Loaded two = new Loaded();
    for (Loaded loaded : List.of(one, two)) {
      check(loaded.errorClass().getClassLoader() == loaded.loader);
    }
    check(one.loader != two.loader);
    for (Loaded loaded : List.of(one, two)) {
      WeakReference<ClassLoader> gone = loaded.drop();
      for (long end = System.nanoTime() + 60_000_000_000L; gone.get() != null && System.nanoTime() < end;) {
        System.gc();
        Thread.sleep(20);
      }
      equal(gone.get(), null);
    }
    equal(c.command("ECHO", "on"), "on");
  }

  // ---- options ----

  private static Options nodes() {
    return Options.nodes(NODES).timeout(Duration.ofSeconds(5));
  }

  void testCredentialsAreAskedAtEachConnect() throws Exception {
    String node = Contract.askControl("script \"ALWAYS EXPECT AUTH ann one -> REPLY +OK\\nALWAYS EXPECT AUTH two -> REPLY +OK"
        + "\\nALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a\\n\"");
    List<String> asked = Collections.synchronizedList(new ArrayList<>());
    try (Cluster scripted = Cluster.open(Options.nodes(node).credentials((host, port) -> {
      asked.add(host + ":" + port);
      return asked.size() == 1 ? new Credentials("ann", "one") : new Credentials(null, "two");
    }))) {
      equal(Set.copyOf(asked), Set.of(node));
      equal(scripted.info().slotsCovered(), 16384);
    }
  }

  void testWhatCredentialsThrowIsInTheError() {
    Map<String, CredentialsFunction> bad = Map.of("IOException: the vault is sealed", (host, port) -> {
      throw new IOException("the vault is sealed");
    }, "NullPointerException", (host, port) -> null, "StackOverflowError", (host, port) -> {
      throw new StackOverflowError();
    });
    bad.forEach((text, function) -> check(
        thrown(RedisClusterException.Auth.class, () -> Cluster.open(nodes().credentials(function))).getMessage().contains(text)));
  }

  void testFunctionsLiveAsLongAsTheCluster() {
    Cluster opened = Cluster.open(nodes().credentials((host, port) -> new Credentials(null, "")).name("java.functions"));
    Cluster found = Cluster.find("java.functions");
    opened = null;
    System.gc();
    for (int i = 0; i < 20; i++) {
      equal(found.command("SET", "k" + i, i), "OK");
    }
    found.close();
  }

  /** Takes lines from INFO up. */
  private static final class Lines implements System.Logger {
    final List<String> lines = Collections.synchronizedList(new ArrayList<>());

    @Override
    public String getName() {
      return "lines";
    }

    @Override
    public boolean isLoggable(Level level) {
      return level.compareTo(Level.INFO) >= 0;
    }

    @Override
    public void log(Level level, ResourceBundle bundle, String line, Throwable thrown) {
      lines.add(level + " " + line);
    }

    @Override
    public void log(Level level, ResourceBundle bundle, String format, Object... parameters) {
      lines.add(level + " " + format);
    }
  }

  void testALogger() {
    Lines said = new Lines();
    Cluster.open(nodes().logger(said)).close();
    check(said.lines.stream().anyMatch(line -> line.startsWith("INFO") && line.contains("opened: 6 nodes")));
    check(said.lines.stream().noneMatch(line -> line.startsWith("DEBUG")));
  }

  void testAttempts() {
    List<Attempt> all = Collections.synchronizedList(new ArrayList<>());
    try (Cluster told = Cluster.open(nodes().onAttempt(all::add))) {
      told.command("SET", "k", "text");
      thrown(RedisClusterException.Server.class, () -> told.command("INCR", "k"));
    }
    Attempt set = all.get(all.size() - 2);
    Attempt incr = all.get(all.size() - 1);
    equal(Arrays.asList(set.command(), set.number(), set.code(), set.serverCode()), Arrays.asList("SET", 1, null, null));
    equal(List.of(incr.command(), incr.code(), incr.serverCode(), incr.outcome()),
        List.of("INCR", "SERVER", "ERR", Outcome.EXECUTED));
    check(List.of(NODES).contains(incr.host() + ":" + incr.port()) && !incr.duration().isNegative());
  }

  void testWhatAHookThrowsGoesToTheHandlerOfUncaughtExceptions() {
    List<Throwable> uncaught = Collections.synchronizedList(new ArrayList<>());
    Thread.currentThread().setUncaughtExceptionHandler((thread, thrown) -> uncaught.add(thrown));
    try (Cluster told = Cluster.open(nodes().onAttempt(attempt -> {
      throw new IllegalStateException("mine");
    }))) {
      equal(told.command("SET", "k", 1), "OK");
    } finally {
      Thread.currentThread().setUncaughtExceptionHandler(null);
    }
    check(uncaught.get(0) instanceof IllegalStateException);
  }

  void testExplain() {
    Explanation told = c.explain("BLPOP", "{k}1", "{k}2", 0);
    equal(List.of(told.keys(), told.slot(), told.readOnly(), told.mayBlock()),
        List.of(List.of("{k}1", "{k}2"), Cluster.keySlot("k"), false, true));
    check(told.text().contains(told.node()));
    check(c.explain(new CallOptions().readFrom(ReadFrom.REPLICA), "GET", "k").readOnly());
    equal(c.explain("PING").slot(), -1);
    equal(c.explain("SUBSCRIBE", "news").node(), null);
  }

  void testAnAddressMap() {
    try (Cluster mapped = Cluster.open(Options.nodes("10.0.0.1:7000").addressMap(Map.of("10.0.0.1:7000", NODES[0])))) {
      equal(mapped.command("ECHO", "on"), "on");
    }
  }

  void testANumberedDatabase() {
    try (Cluster first = Cluster.open(nodes().database(0))) {
      equal(first.command("ECHO", "on"), "on");
    }
    String none = thrown(RedisClusterException.Unsupported.class, () -> Cluster.open(nodes().database(1))).getMessage();
    check(none.contains("database"));
    String bad = thrown(RedisClusterException.InvalidArgument.class, () -> Cluster.open(nodes().database(-1))).getMessage();
    check(bad.contains("database"));
  }

  void testOptionsThatAreWrong() {
    for (Options bad : List.of(nodes().tlsMinVersion("1.1"), nodes().protocol(4), nodes().tlsCaFile(Path.of("")),
        nodes().tlsCertificate(Path.of("c.pem"), Path.of("")), nodes().tlsServerName(""), nodes().addressMap(Map.of("h", "h:1")),
        nodes().addressMap(Map.of("h:1", "h:x")), Options.url("redis://h/?read_from=nearest"))) {
      thrown(RedisClusterException.InvalidArgument.class, () -> Cluster.open(bad));
    }
  }

  void testTextsWithANulAreRefused() {
    String bad = "a\0b";
    Path path = Path.of("p");
    Map<String, Options> all = Map.ofEntries(Map.entry("url", Options.url(bad)), Map.entry("node", Options.nodes(bad)),
        Map.entry("host", new Options().node(bad, 7000)), Map.entry("username", nodes().username(bad)),
        Map.entry("password", nodes().password(bad)), Map.entry("name", nodes().name(bad)),
        Map.entry("zone", nodes().zone(bad)),
        Map.entry("tlsKeyPassword", nodes().tlsCertificate(path, path).tlsKeyPassword(bad)),
        Map.entry("tlsServerName", nodes().tlsServerName(bad)),
        Map.entry("addressMap", nodes().addressMap(Map.of("h:1", "h:1\0"))));
    all.forEach((name, options) -> equal(thrown(RedisClusterException.InvalidArgument.class,
        () -> Cluster.open(options)).getMessage(), name + " has a NUL character"));
    thrown(RedisClusterException.InvalidArgument.class, () -> Cluster.find(bad));
    check(thrown(RedisClusterException.Auth.class,
        () -> Cluster.open(nodes().credentials((h, p) -> new Credentials(null, bad))))
        .getMessage().contains("the password has a NUL character"));
  }

  void testNullsAreRefusedByName() {
    Map<String, Options> all = Map.ofEntries(Map.entry("url", Options.url(null)), Map.entry("node", new Options().node(null)),
        Map.entry("host", new Options().node(null, 7000)), Map.entry("username", nodes().username(null)),
        Map.entry("password", nodes().password(null)), Map.entry("name", nodes().name(null)),
        Map.entry("zone", nodes().zone(null)),
        Map.entry("timeout", nodes().timeout(null)), Map.entry("connectTimeout", nodes().connectTimeout(null)),
        Map.entry("readFrom", nodes().readFrom(null)), Map.entry("tlsCaFile", nodes().tlsCaFile(null)),
        Map.entry("tlsCaDir", nodes().tlsCaDir(null)), Map.entry("certificate", nodes().tlsCertificate(null, Path.of("k"))),
        Map.entry("key", nodes().tlsCertificate(Path.of("c"), null)), Map.entry("tlsKeyPassword", nodes().tlsKeyPassword(null)),
        Map.entry("tlsServerName", nodes().tlsServerName(null)),
        Map.entry("addressMap", nodes().addressMap(Collections.singletonMap("h:1", null))));
    all.forEach((name, options) -> equal(thrown(NullPointerException.class, () -> Cluster.open(options)).getMessage(),
        name + " is null"));
    thrown(NullPointerException.class, () -> nodes().addressMap(null));
    thrown(NullPointerException.class, () -> Cluster.open(null));
    thrown(NullPointerException.class, () -> Cluster.find(null));
    thrown(NullPointerException.class, () -> c.command((Object[]) null));
    thrown(NullPointerException.class, () -> c.pipeline(null));
    thrown(NullPointerException.class, () -> c.transaction(Arrays.asList((List<?>) null)));
    thrown(NullPointerException.class, () -> c.watch(null, w -> null));
    equal(thrown(NullPointerException.class, () -> c.watch(List.of("k"), null)).getMessage(), "function is null");
    thrown(IllegalArgumentException.class, () -> Cluster.keySlot(null));
    equal(c.command("ECHO", "on"), "on");
  }

  void testTextsAreUtf8() throws Exception {
    String password = "grün\uD83D\uDD11";
    String node = Contract.askControl("script \"ALWAYS EXPECT AUTH "
        + new String(password.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1) + " -> REPLY +OK"
        + "\\nALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a\\n\"");
    Cluster.open(Options.nodes(node).password(password)).close();
  }

  void testWhatIsClosedSaysSo() {
    Cluster closed = Cluster.open(nodes());
    closed.close();
    closed.close();
    thrown(RedisClusterException.Closed.class, () -> closed.command("PING"));
    thrown(RedisClusterException.Closed.class, () -> closed.pipeline(List.of(List.of("PING"))));
    thrown(RedisClusterException.Closed.class, () -> closed.watch(List.of("k"), w -> null));
    thrown(RedisClusterException.Closed.class, () -> closed.explain("GET", "k"));
    thrown(RedisClusterException.Closed.class, closed::info);
    thrown(RedisClusterException.Closed.class, closed::refresh);
  }

  void testTls() {
    thrown(RedisClusterException.Tls.class, () -> Cluster.open(nodes().tlsCaFile(Path.of("/nowhere/ca.pem"))));
  }

  void testRepliesOfProtocol3() {
    Cluster three;
    try {
      three = Cluster.open(nodes().protocol(3));
    } catch (RedisClusterException.Unsupported why) {
      System.out.println("skipped replies of protocol 3: " + why.getMessage());
      return;
    }
    Map.of("{double=1.5}", 1.5, "true", true, "false", false, "{big_number='12345678901234567890'}",
        new BigInteger("12345678901234567890"), "{map={a=1, b={map={c='d'}}}}", Map.of("a", 1L, "b", Map.of("c", "d")),
        "{set={a=true, b=true}}", Set.of("a", "b"), "{verbatim_string={format='txt', string='x'}}", "x").forEach(
            (script, value) -> equal(three.command("EVAL", "redis.setresp(3); return " + script, 0), value));
    equal(three.command("GET", "missing"), null);
    three.close();
  }

  // ---- interrupts ----

  /** Interrupts this thread soon, and returns what the call throws. */
  private static RedisClusterException.Cancelled interrupted(Code call) throws Exception {
    Thread caller = Thread.currentThread();
    Thread other = new Thread(() -> {
      try {
        Thread.sleep(100);
      } catch (InterruptedException never) {
        return;
      }
      caller.interrupt();
    });
    other.start();
    try {
      return thrown(RedisClusterException.Cancelled.class, call);
    } finally {
      check(Thread.interrupted());
      other.join();
    }
  }

  void testAnInterruptEndsACall() throws Exception {
    equal(interrupted(() -> c.command("BLPOP", "q", 0)).outcome(), Outcome.UNKNOWN);
    interrupted(() -> c.command(new CallOptions().idempotent(true), "BLPOP", "q", 0));
    interrupted(() -> c.pipeline(List.of(List.of("BLPOP", "q", 0))).forEach(reply -> {
      throw (RedisClusterException) reply;
    }));
    interrupted(() -> c.watch(List.of("q"), w -> (List<List<?>>) w.command("BLPOP", "q", 0)));
    interrupted(() -> c.watch(List.of("q"), w -> (List<List<?>>) c.command("BLPOP", "q2", 0)));
    interrupted(() -> Cluster.open(Options.nodes(Contract.askControl("silent"))));
    equal(c.command("ECHO", "on"), "on");
  }

  void testAThreadThatIsInterruptedCallsNothing() {
    Thread.currentThread().interrupt();
    equal(thrown(RedisClusterException.Cancelled.class, () -> c.command("SET", "k", 1)).outcome(), Outcome.NOT_SENT);
    check(Thread.interrupted());
    equal(c.command("GET", "k"), null);
  }

  void testAnInterruptInAFunctionIsTheFunctions() throws Exception {
    Thread caller = Thread.currentThread();
    thrown(InterruptedException.class, () -> c.watch(List.of("k"), w -> {
      caller.interrupt();
      Thread.sleep(1000);
      return null;
    }));
    equal(c.watch(List.of("k"), w -> {
      c.command("SET", "other", 1);
      caller.interrupt();
      check(Thread.interrupted());
      return List.of(List.of("SET", "k", 2));
    }), List.of("OK"));
  }

  // ---- a small harness: the jar's tests need nothing else ----

  interface Code {
    void run() throws Throwable;
  }

  static <E extends Throwable> E thrown(Class<E> kind, Code code) {
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

  static void equal(Object actual, Object expected) {
    if (!Objects.equals(actual, expected)) {
      throw new AssertionError("expected " + expected + " but got " + actual);
    }
  }

  static void check(boolean condition) {
    if (!condition) {
      throw new AssertionError();
    }
  }

  /** names: of the tests to run; none for all. */
  public static void main(String[] names) throws Exception {
    int failed = 0;
    int passed = 0;
    for (Method test : PackageTest.class.getDeclaredMethods()) {
      if (!test.getName().startsWith("test") || Modifier.isStatic(test.getModifiers())
          || names.length > 0 && !List.of(names).contains(test.getName())) {
        continue;
      }
      Contract.askControl("reset");
      PackageTest object = new PackageTest();
      try {
        VirtualTest.runIn(Boolean.getBoolean("virtual"), () -> {
          try {
            test.invoke(object);
          } catch (InvocationTargetException failure) {
            throw failure.getCause();
          }
        });
        passed++;
      } catch (Throwable failure) {
        failed++;
        System.out.println("FAILED " + test.getName());
        failure.printStackTrace(System.out);
      } finally {
        object.c.close();
      }
    }
    System.out.println("package: " + passed + " passed, " + failed + " failed");
    System.exit(failed == 0 && passed > 0 ? 0 : 1);
  }
}
