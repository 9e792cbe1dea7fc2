package io.rediscluster;

/** What the native part calls; throws nothing. Texts are UTF-8. */
interface NativeFunctions {
  /** Packed: the user and the password, or why there are none. */
  byte[] credentials(byte[] host, int port);

  void log(int level, byte[] line);

  void attempt(byte[] host, int port, byte[] command, long microseconds, int number, int code, byte[] serverCode,
      int outcome);
}
