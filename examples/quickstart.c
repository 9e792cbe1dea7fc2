/*
 * Opens a cluster, writes and reads a few keys, and shows what an error tells.
 *
 *   quickstart [host:port ...]     nodes of the cluster; 127.0.0.1:7000 by default
 */
#include <inttypes.h>
#include <rediscluster/rediscluster.h>
#include <stdio.h>
#include <stdlib.h>

static void die(const char* what, rc_error* error) {
  fprintf(stderr, "%s: %s: %s\n", what, rc_error_name(rc_error_code(error)), rc_error_message(error));
  rc_error_free(error);
  exit(1);
}

static rc_cluster* open_cluster(int argc, char** argv) {
  rc_error* error = NULL;
  rc_options* options = rc_options_new();
  if (options == NULL) die("options", NULL);
  if (argc < 2 && rc_options_add_address(options, "127.0.0.1:7000", &error) != RC_OK) die("address", error);
  for (int i = 1; i < argc; ++i) {
    if (rc_options_add_address(options, argv[i], &error) != RC_OK) die("address", error);
  }
  rc_cluster* cluster = rc_cluster_open(options, &error);
  rc_options_free(options);
  if (cluster == NULL) die("open", error);
  return cluster;
}

int main(int argc, char** argv) {
  rc_cluster* cluster = open_cluster(argc, argv);
  rc_error* error = NULL;

  /* Arguments as an array. Lengths are needed only for bytes that may hold a NUL. */
  const char* set[] = {"SET", "example:greeting", "hello, cluster"};
  rc_reply* reply = rc_command(cluster, 3, set, NULL, &error);
  if (reply == NULL) die("SET", error);
  printf("SET: %s\n", rc_reply_string(reply, NULL));
  rc_reply_free(reply);

  const char* get[] = {"GET", "example:greeting"};
  reply = rc_command(cluster, 2, get, NULL, &error);
  if (reply == NULL) die("GET", error);
  printf("GET: %s\n", rc_reply_string(reply, NULL));
  rc_reply_free(reply);

  /* Arguments as a format. What %s and %b insert stays one argument, spaces and all. */
  reply = rc_commandf(cluster, &error, "INCRBY example:visits:%d %lld", 2026, 5LL);
  if (reply == NULL) die("INCRBY", error);
  printf("INCRBY: %" PRId64 "\n", rc_reply_integer(reply));
  rc_reply_free(reply);

  reply = rc_commandf(cluster, &error, "GET example:nothing");
  if (reply == NULL) die("GET", error);
  printf("a missing key: %s\n", rc_reply_type_name(rc_reply_type(reply)));
  rc_reply_free(reply);

  /* An error of the server: the call returns NULL, the error says what happened. */
  reply = rc_commandf(cluster, &error, "LPUSH example:greeting x");
  if (reply == NULL) {
    printf("LPUSH: %s, %s, %s\n", rc_error_name(rc_error_code(error)), rc_error_server_code(error),
           rc_outcome_name(rc_error_outcome(error)));
    rc_error_free(error);
    error = NULL;
  }
  rc_reply_free(reply);

  const char* keys[] = {"example:greeting", "example:visits:2026"};
  for (size_t i = 0; i < 2; ++i) {
    reply = rc_commandf(cluster, &error, "DEL %s", keys[i]);
    if (reply == NULL) die("DEL", error);
    rc_reply_free(reply);
  }
  rc_cluster_free(cluster);
  return 0;
}
