/*
 * Executes several commands as a unit. Their keys must lie in one slot, which a common hash tag sees to.
 *
 *   transaction [host:port ...]     nodes of the cluster; 127.0.0.1:7000 by default
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

static void add(rc_commands* commands, size_t argc, const char** argv) {
  rc_error* error = NULL;
  if (rc_commands_add(commands, argc, argv, NULL, &error) != RC_OK) die(argv[0], error);
}

int main(int argc, char** argv) {
  rc_cluster* cluster = open_cluster(argc, argv);
  rc_error* error = NULL;
  rc_commands* commands = rc_commands_new();
  if (commands == NULL) die("commands", NULL);

  /* Only what stands in braces decides about the slot. */
  add(commands, 2, (const char*[]){"DEL", "{example:order:7}:items"});
  add(commands, 4, (const char*[]){"RPUSH", "{example:order:7}:items", "tea", "cup"});
  add(commands, 3, (const char*[]){"SET", "{example:order:7}:state", "open"});
  add(commands, 2, (const char*[]){"LLEN", "{example:order:7}:items"});
  rc_reply* replies = rc_transaction(cluster, commands, &error);
  if (replies == NULL) die("transaction", error);
  printf("executed %zu commands\n", rc_reply_length(replies));
  printf("items: %" PRId64 "\n", rc_reply_integer(rc_reply_element(replies, 3)));
  rc_reply_free(replies);

  /* Keys in several slots: refused before anything is sent. */
  rc_commands_clear(commands);
  add(commands, 3, (const char*[]){"SET", "example:order:7", "open"});
  add(commands, 3, (const char*[]){"SET", "example:order:8", "open"});
  replies = rc_transaction(cluster, commands, &error);
  if (replies == NULL) {
    printf("two slots: %s, %s\n", rc_error_name(rc_error_code(error)),
           rc_outcome_name(rc_error_outcome(error)));
    rc_error_free(error);
    error = NULL;
  }
  rc_reply_free(replies);

  rc_commands_clear(commands);
  add(commands, 3, (const char*[]){"DEL", "{example:order:7}:items", "{example:order:7}:state"});
  replies = rc_transaction(cluster, commands, &error);
  if (replies == NULL) die("transaction", error);
  rc_reply_free(replies);
  rc_commands_free(commands);
  rc_cluster_free(cluster);
  return 0;
}
