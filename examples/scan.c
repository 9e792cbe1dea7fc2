/*
 * Walks over all keys of the cluster that match a pattern, whichever nodes have them.
 *
 *   scan [host:port ...]     nodes of the cluster; 127.0.0.1:7000 by default
 */
#include <rediscluster/rediscluster.h>
#include <stdio.h>
#include <stdlib.h>

enum { kKeys = 1000 };

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

static void set_keys(rc_cluster* cluster) {
  for (int i = 0; i < kKeys; ++i) {
    rc_error* error = NULL;
    rc_reply* reply = rc_commandf(cluster, &error, "SET example:scan:%d value", i);
    if (reply == NULL) die("SET", error);
    rc_reply_free(reply);
  }
}

static void delete_key(rc_cluster* cluster, const rc_reply* key) {
  rc_error* error = NULL;
  size_t length = 0;
  const char* name = rc_reply_string(key, &length);
  rc_reply* reply = rc_commandf(cluster, &error, "DEL %b", name, length);
  if (reply == NULL) die("DEL", error);
  rc_reply_free(reply);
}

/* Deletes what it finds, page by page. A key that comes twice is only deleted once. */
static long long delete_all(rc_cluster* cluster, const char* pattern, size_t length) {
  rc_error* error = NULL;
  rc_scan* scan = rc_scan_new(cluster, &error);
  if (scan == NULL) die("scan", error);
  if (rc_scan_set_match(scan, pattern, length, &error) != RC_OK) die("pattern", error);
  long long seen = 0;
  rc_reply* page;
  while ((page = rc_scan_next(scan, &error)) != NULL) {
    for (size_t i = 0; i < rc_reply_length(page); ++i) delete_key(cluster, rc_reply_element(page, i));
    seen += (long long)rc_reply_length(page);
    rc_reply_free(page);
  }
  if (error != NULL) die("page", error); /* another rc_scan_next would go on from there */
  if (rc_scan_doubtful_count(scan) > 0) printf("%zu slots are not sure\n", rc_scan_doubtful_count(scan));
  rc_scan_free(scan);
  return seen;
}

int main(int argc, char** argv) {
  rc_cluster* cluster = open_cluster(argc, argv);
  set_keys(cluster);
  printf("%lld keys\n", delete_all(cluster, "example:scan:*", sizeof "example:scan:*" - 1));
  printf("%lld are left\n", delete_all(cluster, "example:scan:*", sizeof "example:scan:*" - 1));
  rc_cluster_free(cluster);
  return 0;
}
