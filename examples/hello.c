#include <rediscluster/rediscluster.h>
#include <stdio.h>

int main(int argc, char** argv) {
  rc_error* error = NULL;
  rc_options* options = rc_options_new();
  rc_options_add_address(options, argc > 1 ? argv[1] : "127.0.0.1:7000", &error);
  rc_cluster* cluster = error == NULL ? rc_cluster_open(options, &error) : NULL;

  rc_reply* pushed = cluster == NULL ? NULL : rc_commandf(cluster, &error, "RPUSH queue %s", "hello, cluster");
  rc_reply* popped = pushed == NULL ? NULL : rc_commandf(cluster, &error, "LPOP queue");
  if (popped != NULL) printf("%s\n", rc_reply_string(popped, NULL));
  if (error != NULL) fprintf(stderr, "%s\n", rc_error_message(error));

  rc_reply_free(popped);
  rc_reply_free(pushed);
  rc_cluster_free(cluster);
  rc_options_free(options);
  rc_error_free(error);
  return 0;
}
