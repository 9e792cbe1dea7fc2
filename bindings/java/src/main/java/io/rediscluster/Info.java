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
  /**
   * A node, as it is connected to.
   *
   * @param slots how many it owns
   * @param id "" where the server does not tell
   * @param primaryIndex of the primary that it replicates, in nodes; -1 for primaries
   * @param ranges the slots that it owns
   */
  public record Node(String host, int port, boolean primary, boolean connected, int slots, String id, int primaryIndex,
      List<SlotRange> ranges) {}

  /** Slots from the first to the last. */
  public record SlotRange(int first, int last) {}

  /** The index in nodes of the one that owns a slot, or -1. */
  public int slotOwner(int slot) {
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i).ranges().stream().anyMatch(range -> range.first() <= slot && slot <= range.last())) {
        return i;
      }
    }
    return -1;
  }

  static Info of(byte[] packed) {
    List<Object> all = Unpacker.list(packed, true);
    List<Node> nodes = new ArrayList<>();
    for (Object each : (List<?>) all.get(0)) {
      List<?> node = (List<?>) each;
      List<SlotRange> ranges = new ArrayList<>();
      List<?> ends = (List<?>) node.get(7);
      for (int i = 0; i < ends.size(); i += 2) {
        ranges.add(new SlotRange(integer(ends.get(i)), integer(ends.get(i + 1))));
      }
      nodes.add(new Node((String) node.get(0), integer(node.get(1)), (Boolean) node.get(2), (Boolean) node.get(3),
          integer(node.get(4)), (String) node.get(5), integer(node.get(6)), List.copyOf(ranges)));
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
