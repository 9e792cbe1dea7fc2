/*
 * Keys in several slots in one command, commands that mean the whole cluster, and what each node says.
 *
 *   whole [host:port ...]     nodes of the cluster; 127.0.0.1:7000 by default
 */
#include <inttypes.h>
#include <rediscluster/rediscluster.h>
#include <stdio.h>
#include <stdlib.h>

static void die(const char* what, rc_error* error) {
  fprintf(stderr, "%s: %s: %s\n", what, rc_error_name(rc_error_code(error)), rc_error_message(error));
  for (size_t i = 0; i < rc_error_part_count(error); ++i) { /* of RC_ERR_PARTIAL */
    const rc_error* why = rc_error_part_error(error, i);
    if (why == NULL) continue; /* this part was answered */
    fprintf(stderr, "  %s: %s\n", rc_error_part_node(error, i), rc_error_message(why));
    for (size_t k = 0; k < rc_error_part_key_count(error, i); ++k)
      fprintf(stderr, "    with argument %zu\n", rc_error_part_key(error, i, k));
  }
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

static rc_reply* run(rc_cluster* cluster, const rc_call_options* options, size_t argc, const char** argv) {
  rc_error* error = NULL;
  rc_reply* reply = rc_command_with(cluster, options, argc, argv, NULL, &error);
  if (reply == NULL) die(argv[0], error);
  return reply;
}

int main(int argc, char** argv) {
  rc_cluster* cluster = open_cluster(argc, argv);
  rc_error* error = NULL;

  /* Three keys in three slots: three parts, and one reply in the order of the keys. */
  rc_reply_free(
      run(cluster, NULL, 7, (const char*[]){"MSET", "apple", "red", "pear", "green", "plum", "blue"}));
  rc_reply* colours = run(cluster, NULL, 4, (const char*[]){"MGET", "plum", "apple", "pear"});
  for (size_t i = 0; i < rc_reply_length(colours); ++i)
    printf("%s\n", rc_reply_string(rc_reply_element(colours, i), NULL));
  rc_reply_free(colours);

  /* The sum over all primaries, and what each of them says. */
  rc_reply* keys = run(cluster, NULL, 1, (const char*[]){"DBSIZE"});
  printf("%" PRId64 " keys\n", rc_reply_integer(keys));
  rc_reply_free(keys);
  rc_call_options* options = rc_call_options_new();
  if (options == NULL || rc_call_options_set_combine(options, RC_COMBINE_BY_NODE, &error) != RC_OK)
    die("options", error);
  rc_reply* by_node = run(cluster, options, 1, (const char*[]){"DBSIZE"});
  int64_t sum = 0;
  for (size_t i = 0; i + 1 < rc_reply_length(by_node); i += 2) /* node, reply, node, reply, ... */
    sum += rc_reply_integer(rc_reply_element(by_node, i + 1));
  printf("%zu nodes with %" PRId64 " together\n", rc_reply_length(by_node) / 2, sum);
  rc_reply_free(by_node);
  rc_call_options_free(options);

  rc_reply_free(run(cluster, NULL, 1, (const char*[]){"FLUSHALL"})); /* of all of it */
  rc_cluster_free(cluster);
  return 0;
}
