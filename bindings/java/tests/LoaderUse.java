import io.rediscluster.CallOptions;
import io.rediscluster.Cancel;
import io.rediscluster.Cluster;
import io.rediscluster.Credentials;
import io.rediscluster.Options;
import io.rediscluster.RedisClusterException;
import java.lang.reflect.Method;
import java.util.List;

/** What a program that is loaded by a class loader of its own does with the package: some of everything. */
public final class LoaderUse implements Runnable {
  private static Cluster kept; // as programs have it
  private static final Cancel CANCEL = new Cancel();

  @Override
  public void run() {
    String[] nodes = System.getenv("RC_TEST_NODES").split(",");
    kept = Cluster.open(Options.nodes(nodes).credentials((host, port) -> new Credentials(null, "")).onAttempt(attempt -> {
      if (attempt.command().isEmpty()) {
        throw new AssertionError();
      }
    }).logger(System.getLogger("loaders")));
    use();
    Cluster forgotten = Cluster.open(Options.nodes(nodes));
    forgotten.command("SET", "loader", 1);
    try {
      Method start = Thread.class.getMethod("startVirtualThread", Runnable.class); // of Java 21
      ((Thread) start.invoke(null, (Runnable) LoaderUse::use)).join();
    } catch (NoSuchMethodException olderJava) {
      // has none
    } catch (ReflectiveOperationException | InterruptedException failure) {
      throw new AssertionError(failure);
    }
  }

  /** The class of an error that a call ends with. */
  public static Class<?> errorClass() {
    try {
      kept.command("SUNION", "a", "b");
      throw new AssertionError("a command over two slots must fail");
    } catch (RuntimeException refused) {
      return refused.getClass();
    }
  }

  public static void close() {
    kept.close();
  }

  private static void use() {
    kept.command("SET", "loader", 1);
    kept.command(new CallOptions().cancel(CANCEL), "GET", "loader");
    kept.watch(List.of("loader"), w -> List.of(List.of("SET", "loader", w.command("GET", "loader"))));
    try {
      kept.watch(List.of("loader"), w -> {
        throw new IllegalStateException();
      });
      throw new AssertionError();
    } catch (IllegalStateException expected) {
      Thread.currentThread().interrupt();
    }
    try {
      kept.command("GET", "loader");
      throw new AssertionError();
    } catch (RedisClusterException.Cancelled expected) {
      Thread.interrupted();
    }
    Cluster.keySlot("k");
  }
}
