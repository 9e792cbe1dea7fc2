import io.rediscluster.Cluster;
import io.rediscluster.Options;
import java.util.ArrayList;
import java.util.List;

/** The package behind the driver protocol of benchmarks/: threads share one Cluster. */
final class Ours {
  private final Cluster cluster;

  private Ours(List<String> nodes) {
    cluster = Cluster.open(Options.nodes(nodes.toArray(String[]::new)).binary(true));
  }

  private void call(Driver.Caller caller) {
    switch (caller.round.op()) {
      case "get" -> caller.check((byte[]) cluster.command("GET", caller.key()));
      case "set" -> caller.checkOk((String) cluster.command("SET", caller.key(), caller.value()));
      case "mget" -> {
        List<Object> command = new ArrayList<>(List.of("MGET"));
        command.addAll(List.of(caller.batchOfKeys()));
        check(caller, (List<?>) cluster.command(command.toArray()));
      }
      default -> {
        List<List<Object>> commands = new ArrayList<>(caller.round.batch());
        for (byte[] key : caller.batchOfKeys()) commands.add(List.of("GET", key));
        check(caller, cluster.pipeline(commands));
      }
    }
  }

  private static void check(Driver.Caller caller, List<?> replies) {
    for (int i = 0; i < caller.round.batch(); ++i) caller.check((byte[]) replies.get(i), i);
  }

  public static void main(String[] arguments) throws Exception {
    Driver.serve(Driver.threads(new Ours(Driver.nodes(arguments))::call));
    System.exit(0);
  }
}
