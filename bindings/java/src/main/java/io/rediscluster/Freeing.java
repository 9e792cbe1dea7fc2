package io.rediscluster;

import java.lang.ref.Cleaner;

/** Frees what is native of objects that were collected. */
final class Freeing {
  // Its thread keeps the class loader of what it is to free, until that was freed: no static field may hold such an object, but
  // for those of users, who close their clusters.
  static final Cleaner CLEANER = Cleaner.create();

  private Freeing() {}
}
