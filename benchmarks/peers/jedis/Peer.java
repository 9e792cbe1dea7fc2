import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import redis.clients.jedis.ClusterPipeline;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.Response;

/**
 * Jedis: threads share one RedisClusterClient, whose pools have a connection for each of them. Pipelines use kept workers
 * (one a node); without these the client makes threads anew for every pipeline and is ten times slower.
 */
final class Peer {
  private final RedisClusterClient client;
  private final ExecutorService workers = Executors.newCachedThreadPool();

  private Peer(List<String> nodes) {
    ConnectionPoolConfig pool = new ConnectionPoolConfig();
    pool.setMaxTotal(256);
    pool.setMaxIdle(256);
    client = RedisClusterClient.builder()
                 .nodes(nodes.stream().map(HostAndPort::from).collect(Collectors.toSet()))
                 .poolConfig(pool)
                 .build();
  }

  private void call(Driver.Caller caller) {
    switch (caller.round.op()) {
      case "get" -> caller.check(client.get(caller.key()));
      case "set" -> caller.checkOk(client.set(caller.key(), caller.value()));
      case "mget" -> {
        List<byte[]> replies = client.mget(caller.batchOfKeys());
        for (int i = 0; i < caller.round.batch(); ++i) caller.check(replies.get(i), i);
      }
      default -> {
        List<Response<byte[]>> replies = new ArrayList<>(caller.round.batch());
        try (ClusterPipeline pipeline = client.pipelined(workers)) {
          for (byte[] key : caller.batchOfKeys()) replies.add(pipeline.get(key));
          pipeline.sync();
        }
        for (int i = 0; i < caller.round.batch(); ++i) caller.check(replies.get(i).get(), i);
      }
    }
  }

  public static void main(String[] arguments) throws Exception {
    Driver.serve(Driver.threads(new Peer(Driver.nodes(arguments))::call));
    System.exit(0);
  }
}
