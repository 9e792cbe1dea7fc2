package io.rediscluster;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the client knew of its cluster at one moment.
 *
 * @param nodes primaries first
 * @param slotsCovered how many of the 16384 slots have an owner
 * @param seeds the nodes of the options, as "host:port"
 * @param counters what was counted since the cluster was opened: "refreshes", "moved", "ask", "waits", "retries", "timeouts",
 *     "connects", "unknown"
 */
public record Info(List<Node> nodes, int slotsCovered, List<String> seeds, Map<String, Long> counters) {
  /** A node, as it is connected to. */
  public record Node(String host, int port, boolean primary, boolean connected, int slots) {}

  static Info of(byte[] packed) {
    List<Object> all = Unpacker.list(packed, true);
    List<Node> nodes = new ArrayList<>();
    for (Object each : (List<?>) all.get(0)) {
      List<?> node = (List<?>) each;
      nodes.add(new Node((String) node.get(0), integer(node.get(1)), (Boolean) node.get(2), (Boolean) node.get(3),
          integer(node.get(4))));
    }
    List<String> seeds = ((List<?>) all.get(2)).stream().map(String.class::cast).toList();
    Map<String, Long> counters = new LinkedHashMap<>();
    List<?> pairs = (List<?>) all.get(3);
    for (int i = 0; i < pairs.size(); i += 2) {
      counters.put((String) pairs.get(i), (Long) pairs.get(i + 1));
    }
    return new Info(List.copyOf(nodes), integer(all.get(1)), seeds, counters);
  }

  private static int integer(Object value) {
    return ((Long) value).intValue();
  }
}
