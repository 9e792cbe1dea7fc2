package io.rediscluster;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Values from one array of bytes: a letter for the kind, then the value; lengths are of 4 bytes. */
final class Unpacker {
  private final byte[] bytes;
  private final ByteBuffer buffer;
  private final boolean text;

  private Unpacker(byte[] bytes, boolean text) {
    this.bytes = bytes;
    this.buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    this.text = text;
  }

  /** A reply; text: its strings become String instead of byte[]. */
  static Object value(byte[] bytes, boolean text) {
    return new Unpacker(bytes, text).value();
  }

  @SuppressWarnings("unchecked")
  static List<Object> list(byte[] bytes, boolean text) {
    return (List<Object>) value(bytes, text);
  }

  private Object value() {
    byte kind = buffer.get();
    return switch (kind) {
      case 'n' -> null;
      case ':' -> buffer.getLong();
      case 't' -> Boolean.TRUE;
      case 'f' -> Boolean.FALSE;
      case ',' -> buffer.getDouble();
      case '(' -> new BigInteger(text());
      case '+' -> text();
      case '$' -> text ? text() : string();
      case '!' -> error();
      case '*' -> list();
      case '~' -> set();
      case '%' -> map();
      default -> throw new IllegalStateException("no such kind of value: " + kind);
    };
  }

  private String text() {
    int length = buffer.getInt();
    int at = buffer.position();
    buffer.position(at + length);
    return new String(bytes, at, length, StandardCharsets.UTF_8);
  }

  private byte[] string() {
    int length = buffer.getInt();
    int at = buffer.position();
    buffer.position(at + length);
    return Arrays.copyOfRange(bytes, at, at + length);
  }

  private List<Object> list() {
    int length = buffer.getInt();
    List<Object> list = new ArrayList<>(length);
    for (int i = 0; i < length; i++) {
      list.add(value());
    }
    return Collections.unmodifiableList(list);
  }

  private Set<Object> set() {
    Set<Object> set = new LinkedHashSet<>();
    for (int left = buffer.getInt(); left > 0; left--) {
      set.add(value());
    }
    return Collections.unmodifiableSet(set);
  }

  private Map<Object, Object> map() {
    Map<Object, Object> map = new LinkedHashMap<>();
    for (int left = buffer.getInt() / 2; left > 0; left--) {
      map.put(value(), value());
    }
    return Collections.unmodifiableMap(map);
  }

  private RedisClusterException error() {
    int code = buffer.getInt();
    int outcome = buffer.getInt();
    String message = (String) value();
    RedisClusterException failure = RedisClusterException.of(code, message, (String) value(), outcome);
    int count = buffer.getInt();
    if (count > 0) {
      List<RedisClusterException.Part> parts = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        parts.add(part());
      }
      failure.setParts(parts);
    }
    return failure;
  }

  private RedisClusterException.Part part() {
    String node = (String) value();
    List<Integer> keys = new ArrayList<>();
    for (int left = buffer.getInt(); left > 0; left--) {
      keys.add(buffer.getInt());
    }
    Object reply = value();
    RedisClusterException error = (RedisClusterException) value();
    return new RedisClusterException.Part(node.isEmpty() ? null : node, List.copyOf(keys), reply, error);
  }
}
