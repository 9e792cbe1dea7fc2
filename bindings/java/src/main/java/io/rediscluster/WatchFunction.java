package io.rediscluster;

import java.util.List;

/** Reads what it needs over the connection that watches, and says what is to be executed. */
@FunctionalInterface
public interface WatchFunction<E extends Exception> {
  /** The commands to execute, none for null, or {@link Cluster#ABORT}. What it throws aborts and arrives at the caller. */
  List<? extends List<?>> apply(Watch watch) throws E;
}
