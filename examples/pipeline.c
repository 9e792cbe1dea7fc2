/*
 * Sends many commands at once, to whichever nodes have their keys, and reads the replies in order.
 *
 *   pipeline [host:port ...]     nodes of the cluster; 127.0.0.1:7000 by default
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

static void print(size_t i, const rc_reply* reply) {
  const rc_error* error = rc_reply_error(reply);
  if (error != NULL) { /* this command failed; the others are not touched by that */
    printf("%zu: %s (%s)\n", i, rc_error_server_code(error), rc_outcome_name(rc_error_outcome(error)));
  } else if (rc_reply_type(reply) == RC_REPLY_INTEGER) {
    printf("%zu: %" PRId64 "\n", i, rc_reply_integer(reply));
  } else if (rc_reply_type(reply) == RC_REPLY_NIL) {
    printf("%zu: nothing\n", i);
  } else {
    printf("%zu: %s\n", i, rc_reply_string(reply, NULL));
  }
}

int main(int argc, char** argv) {
  rc_cluster* cluster = open_cluster(argc, argv);
  rc_error* error = NULL;
  rc_commands* commands = rc_commands_new();
  if (commands == NULL) die("commands", NULL);

  const char* fruits[] = {"apple", "pear", "plum"};
  for (size_t i = 0; i < 3; ++i) {
    char key[64];
    snprintf(key, sizeof key, "example:fruit:%s", fruits[i]);
    add(commands, 3, (const char*[]){"SET", key, fruits[i]}); /* copied: key may be written again */
    add(commands, 2, (const char*[]){"GET", key});
    add(commands, 2, (const char*[]){"INCR", key}); /* no number: an error of its own */
    add(commands, 2, (const char*[]){"DEL", key});
    add(commands, 2, (const char*[]){"GET", key});
  }

  rc_reply* replies = rc_pipeline(cluster, commands, &error);
  if (replies == NULL) die("pipeline", error);
  for (size_t i = 0; i < rc_reply_length(replies); ++i) print(i, rc_reply_element(replies, i));

  rc_reply_free(replies);
  rc_commands_free(commands);
  rc_cluster_free(cluster);
  return 0;
}
