package io.rediscluster;

/** Where commands without keys go. */
public enum Route {
  /** As the command means it. */
  AUTO(NativeConstants.RC_ROUTE_AUTO),
  /** One primary, any. */
  ONE(NativeConstants.RC_ROUTE_ONE),
  /** Every primary that owns slots. */
  PRIMARIES(NativeConstants.RC_ROUTE_PRIMARIES),
  /** Every node, replicas too. */
  NODES(NativeConstants.RC_ROUTE_NODES);

  final int value;

  Route(int value) {
    this.value = value;
  }
}
