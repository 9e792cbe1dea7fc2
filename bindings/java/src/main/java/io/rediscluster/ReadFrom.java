package io.rediscluster;

/** Where commands that only read may go. A replica lags behind its primary. */
public enum ReadFrom {
  /** The primary of the slot. */
  PRIMARY(NativeConstants.RC_READ_PRIMARY),
  /** One of its replicas in turn, the primary if none can be reached. */
  PREFER_REPLICA(NativeConstants.RC_READ_PREFER_REPLICA),
  /** Replicas only. */
  REPLICA(NativeConstants.RC_READ_REPLICA),
  /** The primary and its replicas in turn. */
  ROUND_ROBIN(NativeConstants.RC_READ_ROUND_ROBIN),
  /** Of these the one that answers soonest. */
  LOWEST_LATENCY(NativeConstants.RC_READ_LOWEST_LATENCY),
  /** Of these one in the zone of {@link Options#zone}; if none is, as PREFER_REPLICA. */
  SAME_ZONE(NativeConstants.RC_READ_SAME_ZONE);

  final int value;

  ReadFrom(int value) {
    this.value = value;
  }
}
