package io.rediscluster;

/** What became of the command that a call failed with. */
public enum Outcome {
  /** No server can have seen it. */
  NOT_SENT,
  /** A server answered that it did not execute it. */
  REFUSED,
  /** A server executed it and answered with an error. */
  EXECUTED,
  /** It was sent, in part or whole, and no reply was seen: it may have been executed. */
  UNKNOWN;

  static Outcome of(int value) {
    return value >= 0 && value < values().length ? values()[value] : UNKNOWN;
  }
}
