package io.rediscluster;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Commands as one array of bytes: how many arguments, then the length and the bytes of each. */
final class Packer {
  private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] bytes = new byte[128];
  private int size;

  static byte[] command(Object[] arguments) {
    Packer packer = new Packer();
    packer.number(arguments.length);
    for (int i = 0; i < arguments.length; i++) {
      packer.argument(i, arguments[i]);
    }
    return packer.packed();
  }

  static byte[] command(List<?> arguments) {
    return command(arguments.toArray());
  }

  static byte[] commands(List<? extends List<?>> commands) {
    Packer packer = new Packer();
    packer.number(commands.size());
    for (List<?> command : commands) {
      packer.number(command.size());
      int i = 0;
      for (Object argument : command) {
        packer.argument(i++, argument);
      }
    }
    return packer.packed();
  }

  /** As UTF-8, with its end. That of JNI would be another. */
  static byte[] text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return Arrays.copyOf(bytes, bytes.length + 1);
  }

  private byte[] packed() {
    return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
  }

  private void argument(int i, Object argument) {
    byte[] value;
    if (argument instanceof byte[] given) {
      value = given;
    } else if (argument instanceof CharSequence || argument instanceof Number) {
      value = argument.toString().getBytes(StandardCharsets.UTF_8);
    } else {
      throw new IllegalArgumentException("argument " + i + " is "
          + (argument == null ? "null" : "a " + argument.getClass().getName())
          + ": give byte[], a String or a number");
    }
    number(value.length);
    room(value.length);
    System.arraycopy(value, 0, bytes, size, value.length);
    size += value.length;
  }

  private void number(int value) {
    room(Integer.BYTES);
    INT.set(bytes, size, value);
    size += Integer.BYTES;
  }

  private void room(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), (int) Math.min(2L * bytes.length, 1 << 30)));
    }
  }
}
