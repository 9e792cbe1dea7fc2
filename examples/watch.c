/*
 * Reads a value, decides, and writes only if nobody has changed the value meanwhile; else does it all again.
 *
 *   watch [host:port ...]     nodes of the cluster; 127.0.0.1:7000 by default
 */
#include <rediscluster/rediscluster.h>
#include <stdio.h>
#include <stdlib.h>

static const char* const account = "example:account";

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

static void set_balance(rc_cluster* cluster, int balance) {
  rc_error* error = NULL;
  rc_reply* reply = rc_commandf(cluster, &error, "SET %s %d", account, balance);
  if (reply == NULL) die("SET", error);
  rc_reply_free(reply);
}

/* What a withdrawal needs to know, and hands back. */
struct withdrawal {
  rc_cluster* cluster;
  int amount;
  int tries;
};

/* Runs between WATCH and EXEC, again for each time that somebody else was faster. */
static int withdraw(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  struct withdrawal* it = user_data;
  ++it->tries;

  /* A failure here (a lost connection, say) is the library's to handle: give up this try. */
  rc_reply* reply = rc_watch_command(watch, 2, (const char*[]){"GET", account}, NULL, NULL);
  if (reply == NULL) return RC_ERR_CALLBACK;
  const char* text = rc_reply_string(reply, NULL);
  const int balance = text == NULL ? 0 : atoi(text);
  rc_reply_free(reply);
  printf("try %d: balance %d, to withdraw %d\n", it->tries, balance, it->amount);

  if (it->tries == 1) set_balance(it->cluster, 80); /* somebody else interferes */

  if (balance < it->amount) return RC_ERR_CALLBACK; /* anything but RC_WATCH_EXECUTE gives up */
  char left[16];
  snprintf(left, sizeof left, "%d", balance - it->amount);
  if (rc_commands_add(to_execute, 3, (const char*[]){"SET", account, left}, NULL, NULL) != RC_OK)
    return RC_ERR_CALLBACK;
  return RC_WATCH_EXECUTE;
}

static void try_to_withdraw(rc_cluster* cluster, int amount) {
  struct withdrawal it = {cluster, amount, 0};
  rc_error* error = NULL;
  rc_reply* replies = rc_watch_transaction(cluster, 1, &account, NULL, withdraw, &it, &error);
  if (replies != NULL) {
    printf("withdrew %d\n", amount);
  } else if (rc_error_code(error) == RC_ERR_ABORTED) {
    printf("did not withdraw %d\n", amount);
    rc_error_free(error);
  } else {
    die("watch", error);
  }
  rc_reply_free(replies);
}

int main(int argc, char** argv) {
  rc_cluster* cluster = open_cluster(argc, argv);
  set_balance(cluster, 100);
  try_to_withdraw(cluster, 30);
  try_to_withdraw(cluster, 500);

  rc_error* error = NULL;
  rc_reply* reply = rc_commandf(cluster, &error, "GETDEL %s", account);
  if (reply == NULL) die("GETDEL", error);
  printf("balance: %s\n", rc_reply_string(reply, NULL));
  rc_reply_free(reply);
  rc_cluster_free(cluster);
  return 0;
}
