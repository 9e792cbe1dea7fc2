// Optimistic locking: eight threads move money between accounts, and none is made or lost.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "demo.h"
#include "output.h"

enum { kTellers = 8, kTransfers = 150, kAccounts = 10, kBalance = 100, kLargest = 40 };

typedef struct teller {
  rc_cluster* cluster;
  atomic_int* working;  // how many tellers still are
  unsigned seed;
  char from[32], to[32];
  int amount;
  int runs, moved, declined;
  rc_error* error;  // what stopped it, or NULL
  pthread_t thread;
} teller;

static void account_key(char* key, size_t size, int number) { snprintf(key, size, "{bank}:%d", number); }

// Runs between WATCH and EXEC; again from the start when another teller was faster.
static int transfer(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  teller* t = user_data;
  ++t->runs;
  rc_reply* balance = rc_watch_command(watch, WORDS("GET", t->from), NULL);
  if (balance == NULL) return RC_ERR_ABORTED;
  const char* digits = rc_reply_string(balance, NULL);
  const int owned = digits != NULL ? atoi(digits) : 0;
  rc_reply_free(balance);
  if (owned < t->amount) return RC_WATCH_EXECUTE;  // nothing queued, nothing executed

  char amount[16];
  snprintf(amount, sizeof amount, "%d", t->amount);
  if (rc_commands_add(to_execute, WORDS("DECRBY", t->from, amount), NULL) != RC_OK) return RC_ERR_ABORTED;
  if (rc_commands_add(to_execute, WORDS("INCRBY", t->to, amount), NULL) != RC_OK) return RC_ERR_ABORTED;
  return RC_WATCH_EXECUTE;
}

static void* work(void* user_data) {
  teller* t = user_data;
  for (int i = 0; i < kTransfers && t->error == NULL; ++i) {
    const int from = rand_r(&t->seed) % kAccounts;
    account_key(t->from, sizeof t->from, from);
    account_key(t->to, sizeof t->to, (from + 1 + rand_r(&t->seed) % (kAccounts - 1)) % kAccounts);
    t->amount = 1 + rand_r(&t->seed) % kLargest;

    const char* watched[] = {t->from, t->to};
    rc_reply* replies = rc_watch_transaction(t->cluster, 2, watched, NULL, transfer, t, &t->error);
    if (replies != NULL) ++*(rc_reply_length(replies) == 2 ? &t->moved : &t->declined);
    rc_reply_free(replies);
  }
  atomic_fetch_sub(t->working, 1);
  return NULL;
}

// The money of all accounts at one moment, or -1.
static int total(rc_cluster* cluster) {
  char keys[kAccounts][32];
  const char* argv[1 + kAccounts] = {"MGET"};
  for (int i = 0; i < kAccounts; ++i) {
    account_key(keys[i], sizeof keys[i], i);
    argv[1 + i] = keys[i];
  }
  rc_reply* balances = rc_command(cluster, 1 + kAccounts, argv, NULL, NULL);
  int sum = balances == NULL ? -1 : 0;
  for (size_t i = 0; i < rc_reply_length(balances); ++i) {
    const char* balance = rc_reply_string(rc_reply_element(balances, i), NULL);
    sum += balance != NULL ? atoi(balance) : 0;
  }
  rc_reply_free(balances);
  return sum;
}

static void open_accounts(rc_cluster* cluster) {
  for (int i = 0; i < kAccounts; ++i) {
    rc_error* error = NULL;
    rc_reply* reply = rc_commandf(cluster, &error, "SET {bank}:%d %d", i, kBalance);
    succeeded(reply, error, "SET");
    rc_reply_free(reply);
  }
}

void move_money(demo* d) {
  heading("Optimistic locking: eight threads move money");
  open_accounts(d->cluster);

  atomic_int working = kTellers;
  teller tellers[kTellers];
  for (int i = 0; i < kTellers; ++i) {
    tellers[i] = (teller){.cluster = d->cluster, .working = &working, .seed = (unsigned)i + 1};
    if (pthread_create(&tellers[i].thread, NULL, work, &tellers[i]) != 0) abort();
  }
  int looks = 0, right = 0;
  while (atomic_load(&working) > 0) {
    ++looks;
    if (total(d->cluster) == kAccounts * kBalance) ++right;
  }

  int moved = 0, declined = 0, runs = 0;
  for (int i = 0; i < kTellers; ++i) {
    pthread_join(tellers[i].thread, NULL);
    moved += tellers[i].moved;
    declined += tellers[i].declined;
    runs += tellers[i].runs;
    if (tellers[i].error != NULL) succeeded(NULL, tellers[i].error, "watch transaction");
  }
  say("transfers", "%d done, %d declined for want of money, %d run again after a conflict", moved, declined,
      runs - moved - declined);
  check(moved + declined == kTellers * kTransfers, "every transfer came to an end");
  check(right == looks, "the total was right each of the %d times it was looked at meanwhile", looks);
  check(total(d->cluster) == kAccounts * kBalance, "the total is still %d", kAccounts * kBalance);
}
