package io.rediscluster;

import java.util.ArrayList;
import java.util.List;

/**
 * What would be done with a command.
 *
 * @param text all of it in English
 * @param keys String, or byte[] in a cluster of {@link Options#binary}
 * @param slot of the keys; -1 without keys, and where they lie in several slots
 * @param node "host:port" where it would go now; null where none is known, or it would be refused
 * @param readOnly whether it only reads
 * @param mayBlock whether it may keep its connection waiting
 */
public record Explanation(String text, List<Object> keys, int slot, String node, boolean readOnly, boolean mayBlock) {
  static Explanation of(byte[] packed, boolean text) {
    List<Object> all = Unpacker.list(packed, text);
    String node = all.get(3) == null ? null : all.get(3) + ":" + all.get(4);
    return new Explanation((String) all.get(0), new ArrayList<>((List<?>) all.get(1)), ((Long) all.get(2)).intValue(), node,
        (Boolean) all.get(5), (Boolean) all.get(6));
  }
}
