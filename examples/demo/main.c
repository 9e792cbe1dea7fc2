// A tour of the library on a real cluster, which this program starts on this machine and ends again.
// It returns 0 when everything held that it claims.
#include <stdio.h>

#include "demo.h"
#include "output.h"

static int finish(demo* d) {
  rc_cluster_free(d->cluster);
  test_cluster_stop(d->servers);
  if (failed_checks() > 0) {
    printf("\n%d checks FAILED, after %.1f s.\n", failed_checks(), elapsed());
    return 1;
  }
  printf("\nEverything held. %.1f s; nothing is left running.\n", elapsed());
  return 0;
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  elapsed();
  printf("rediscluster %s on a Redis Cluster of 3 primaries with a replica each\n", rc_version());

  demo d = {.servers = test_cluster_start(NULL)};
  if (d.servers == NULL) {
    fputs("demo: the cluster did not start, see above\n", stderr);
    return 1;
  }
  if (open_cluster(&d)) {
    one_command(&d);
    pipeline(&d);
    transactions(&d);
    move_money(&d);
    move_slot(&d);
    kill_primary(&d);
  }
  return finish(&d);
}
