import io.rediscluster.CallOptions;
import io.rediscluster.Cancel;
import io.rediscluster.Cluster;
import io.rediscluster.Credentials;
import io.rediscluster.Options;
import io.rediscluster.RedisClusterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Resident memory over many calls of each kind must not grow: run it with a heap of one size that is touched at once. Prints the
 * growth of each.
 *
 * <p>contract_with_cluster java -Xms64m -Xmx64m -XX:+AlwaysPreTouch -XX:+UseSerialGC -cp ... Leaks [CALLS]
 */
final class Leaks {
  private static final int MOST_KB = 6144; // what the virtual machine itself compiles meanwhile is in it

  private static long residentKb() throws IOException {
    System.gc();
    return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]) * 4;
  }

  private static void failing(Runnable call) {
    try {
      call.run();
    } catch (RedisClusterException | IllegalStateException expected) {
      return;
    }
    throw new AssertionError("a call that must fail has not");
  }

  public static void main(String[] arguments) throws IOException {
    int all = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 200_000;
    String[] nodes = System.getenv("RC_TEST_NODES").split(",");
    Cluster c = Cluster.open(Options.nodes(nodes));
    c.command("SET", "k", "text");
    c.command("RPUSH", "l", 1, 2, 3, 4, 5, 6, 7, 8, 9);
    List<String> key = List.of("k");
    CallOptions options = new CallOptions().timeout(Duration.ofSeconds(5)).idempotent(true);
    Map<String, Runnable> cases = new LinkedHashMap<>();
    cases.put("a command", () -> c.command("GET", "k"));
    cases.put("a command with options", () -> c.command(options, "GET", "k"));
    CallOptions ended = new CallOptions().cancel(new Cancel());
    cases.put("a command with a cancel", () -> c.command(ended, "GET", "k"));
    cases.put("a list", () -> c.command("LRANGE", "l", 0, -1));
    cases.put("a pipeline", () -> c.pipeline(List.of(List.of("GET", "k"), List.of("INCR", "k"))));
    cases.put("a watch", () -> c.watch(key, w -> List.of(List.of("SET", "k", w.command("GET", "k")))));
    cases.put("a server's error", () -> failing(() -> c.command("INCR", "k")));
    cases.put("a refused command", () -> failing(() -> c.command("SUNION", "a", "b")));
    cases.put("a refused pipeline",
        () -> failing(() -> c.pipeline(List.of(List.of("SET", "k", 1), List.of("SUBSCRIBE", "x")))));
    cases.put("a watch that throws", () -> failing(() -> c.watch(key, w -> {
      throw new IllegalStateException();
    })));
    cases.put("a watch that aborts", () -> failing(() -> c.watch(key, w -> Cluster.ABORT)));
    cases.put("wrong options", () -> failing(() -> Cluster.open(Options.nodes("h:x"))));
    cases.put("info", c::info);
    cases.put("an explanation", () -> c.explain("GET", "k"));
    Cluster told = Cluster.open(Options.nodes(nodes).onAttempt(attempt -> {}));
    cases.put("a command with a hook", () -> told.command("GET", "k"));
    cases.put("a call that is interrupted", () -> {
      Thread.currentThread().interrupt();
      failing(() -> c.command("GET", "k"));
      Thread.interrupted();
    });
    cases.put("an opening with refused credentials", () -> failing(
        () -> Cluster.open(Options.nodes(nodes[0]).credentials((host, port) -> null))));
    java.util.logging.Logger silent = java.util.logging.Logger.getLogger("leaks");
    silent.setUseParentHandlers(false);
    System.Logger logger = System.getLogger("leaks");
    cases.put("an opening with functions", () -> {
      Options functions = Options.nodes(nodes).credentials((host, port) -> new Credentials(null, ""));
      try (Cluster opened = Cluster.open(functions.onAttempt(attempt -> {}).logger(logger))) {
        opened.command("PING");
      }
    });
    cases.put("an opening", () -> {
      try (Cluster opened = Cluster.open(Options.nodes(nodes))) {
        opened.command("PING");
      }
    });
    long worst = 0;
    for (Map.Entry<String, Runnable> each : cases.entrySet()) {
      int calls = all / (each.getKey().contains("watch") ? 5 : each.getKey().startsWith("an opening") ? 50 : 1);
      for (int i = 0; i < calls / 2; i++) {
        each.getValue().run();
      }
      long before = residentKb();
      for (int i = 0; i < calls; i++) {
        each.getValue().run();
      }
      long growth = residentKb() - before;
      worst = Math.max(worst, growth);
      System.out.println(each.getKey() + ": " + growth + " kB over " + calls + " calls");
    }
    if (worst > MOST_KB) {
      System.out.println("memory grows: " + worst + " kB");
      System.exit(1);
    }
  }
}
