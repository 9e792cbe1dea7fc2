import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisAdvancedClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/**
 * Lettuce, asynchronous: all callers share one connection (one to each node). A caller is a chain of futures: the next
 * call is made where the reply of the last one arrives, so that no thread waits or is woken.
 */
final class Peer {
  private final StatefulRedisClusterConnection<byte[], byte[]> connection;
  private final RedisAdvancedClusterAsyncCommands<byte[], byte[]> commands;

  private Peer(List<String> nodes) {
    RedisClusterClient client =
        RedisClusterClient.create(nodes.stream().map(node -> RedisURI.create("redis://" + node)).toList());
    connection = client.connect(ByteArrayCodec.INSTANCE);
    commands = connection.async();
  }

  private CompletableFuture<Void> call(Driver.Caller caller) {
    return switch (caller.round.op()) {
      case "get" -> commands.get(caller.key()).thenAccept(caller::check).toCompletableFuture();
      case "set" -> commands.set(caller.key(), caller.value()).thenAccept(caller::checkOk).toCompletableFuture();
      case "mget" ->
        commands.mget(caller.batchOfKeys()).thenAccept(replies -> check(caller, replies)).toCompletableFuture();
      default -> pipeline(caller);
    };
  }

  private static void check(Driver.Caller caller, List<KeyValue<byte[], byte[]>> replies) {
    for (int i = 0; i < caller.round.batch(); ++i) caller.check(replies.get(i).getValue(), i);
  }

  private CompletableFuture<Void> pipeline(Driver.Caller caller) {
    int batch = caller.round.batch();
    CompletableFuture<?>[] replies = new CompletableFuture<?>[batch];
    for (int i = 0; i < batch; ++i) {
      int offset = i;
      replies[i] = commands.get(caller.workload.keys[caller.index + i])
                       .thenAccept(reply -> caller.check(reply, offset))
                       .toCompletableFuture();
    }
    connection.flushCommands();
    return CompletableFuture.allOf(replies);
  }

  private void goOn(Driver.Caller caller, CountDownLatch over) {
    call(caller).whenComplete((nothing, error) -> {
      if (error != null) Driver.die("a call failed", error);
      if (caller.ended()) {
        goOn(caller, over);
      } else {
        over.countDown();
      }
    });
  }

  private void run(List<Driver.Caller> callers) throws InterruptedException {
    CountDownLatch over = new CountDownLatch(callers.size());
    // A pipeline is written out as a whole. This is a switch of the connection: fit for rounds that only pipeline.
    connection.setAutoFlushCommands(!callers.get(0).round.isPipeline());
    for (Driver.Caller caller : callers) {
      caller.begin();
      goOn(caller, over);
    }
    over.await();
  }

  public static void main(String[] arguments) throws Exception {
    Driver.serve(new Peer(Driver.nodes(arguments))::run);
    System.exit(0);
  }
}
