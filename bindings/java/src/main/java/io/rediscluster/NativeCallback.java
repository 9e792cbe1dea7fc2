package io.rediscluster;

/** What a native watch calls. */
interface NativeCallback {
  /** The packed commands to execute, or null to abort. The pointer is one to a NativeWatch, for the time of the call. */
  byte[] call(long watch) throws Throwable;
}
