import io.rediscluster.Cluster;
import io.rediscluster.Options;

class Hello {
  public static void main(String[] nodes) {
    try (Cluster cluster = Cluster.open(Options.nodes(nodes))) {
      cluster.command("RPUSH", "queue", "hello, cluster");
      System.out.println(cluster.command("LPOP", "queue"));
    }
  }
}
