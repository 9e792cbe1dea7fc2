#include "load.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "demo.h"
#include "output.h"
#include "test_wait.h"

enum { kMaxThreads = 8, kOutcomes = 4, kWaitMs = 20000 };

struct load {
  rc_cluster* cluster;
  const char* prefix;
  rc_call_options* retry_safe;  // NULL: INCR
  atomic_bool stop;
  atomic_llong succeeded;
  atomic_llong failed[kOutcomes];
  atomic_llong longest_ms;
  atomic_llong marked_ms;         // 0: not yet
  atomic_llong first_success_ms;  // of a call begun after that; 0: none
  pthread_mutex_t mutex;
  rc_error* first_error;  // guarded by the mutex
  int threads;
  pthread_t thread[kMaxThreads];
  atomic_int next_start;
};

static rc_reply* call(load* l, int number, rc_error** error) {
  char key[48];
  snprintf(key, sizeof key, "%s%d", l->prefix, number / 2 % kLoadKeys);
  if (l->retry_safe == NULL) return rc_command(l->cluster, WORDS("INCR", key), error);
  if (number % 2 == 0) return rc_command_with(l->cluster, l->retry_safe, WORDS("SET", key, "v"), error);
  return rc_command_with(l->cluster, l->retry_safe, WORDS("GET", key), error);
}

static void note_success(load* l, long long begin, long long end) {
  atomic_fetch_add(&l->succeeded, 1);
  const long long marked = atomic_load(&l->marked_ms);
  long long none = 0;
  if (marked != 0 && begin > marked) atomic_compare_exchange_strong(&l->first_success_ms, &none, end);
  long long longest = atomic_load(&l->longest_ms);
  while (end - begin > longest && !atomic_compare_exchange_weak(&l->longest_ms, &longest, end - begin)) {
  }
}

static void note_failure(load* l, rc_error* error) {
  const int outcome = rc_error_outcome(error);
  if (outcome >= 0 && outcome < kOutcomes) atomic_fetch_add(&l->failed[outcome], 1);
  pthread_mutex_lock(&l->mutex);
  if (l->first_error == NULL) {
    l->first_error = error;
    error = NULL;
  }
  pthread_mutex_unlock(&l->mutex);
  rc_error_free(error);
}

static void* work(void* user_data) {
  load* l = user_data;
  for (int i = 37 * atomic_fetch_add(&l->next_start, 1); !atomic_load(&l->stop); ++i) {
    const long long begin = test_now_ms();
    rc_error* error = NULL;
    rc_reply* reply = call(l, i, &error);
    if (reply != NULL) {
      note_success(l, begin, test_now_ms());
    } else {
      note_failure(l, error);
    }
    rc_reply_free(reply);
  }
  return NULL;
}

static load* start(rc_cluster* cluster, const char* prefix, int threads, rc_call_options* retry_safe) {
  load* l = calloc(1, sizeof *l);
  if (l == NULL) abort();
  l->cluster = cluster;
  l->prefix = prefix;
  l->retry_safe = retry_safe;
  pthread_mutex_init(&l->mutex, NULL);
  for (; l->threads < threads && l->threads < kMaxThreads; ++l->threads) {
    if (pthread_create(&l->thread[l->threads], NULL, work, l) != 0) abort();
  }
  return l;
}

load* load_start_incr(rc_cluster* cluster, const char* prefix, int threads) {
  return start(cluster, prefix, threads, NULL);
}

load* load_start_retry_safe(rc_cluster* cluster, const char* prefix, int threads) {
  rc_call_options* options = rc_call_options_new();
  rc_call_options_set_idempotent(options, 1, NULL);
  return start(cluster, prefix, threads, options);
}

int load_wait(load* l, long long calls) {
  const long long goal = atomic_load(&l->succeeded) + calls;
  return TEST_WAIT(atomic_load(&l->succeeded) >= goal, kWaitMs);
}

void load_mark(load* l) {
  atomic_store(&l->first_success_ms, 0);
  atomic_store(&l->marked_ms, test_now_ms());
}

long long load_ms_to_success(load* l) {
  const long long first = atomic_load(&l->first_success_ms);
  return first == 0 ? -1 : first - atomic_load(&l->marked_ms);
}

void load_stop(load* l) {
  atomic_store(&l->stop, true);
  for (int i = 0; i < l->threads; ++i) pthread_join(l->thread[i], NULL);
}

long long load_succeeded(const load* l) { return atomic_load(&l->succeeded); }

long long load_failed(const load* l, int outcome) { return atomic_load(&l->failed[outcome]); }

long long load_failed_in_all(const load* l) {
  long long failed = 0;
  for (int outcome = 0; outcome < kOutcomes; ++outcome) failed += load_failed(l, outcome);
  return failed;
}

long long load_calls(const load* l) { return load_succeeded(l) + load_failed_in_all(l); }

int load_check_none_failed(const load* l) {
  if (load_failed_in_all(l) == 0) return check(1, "none failed");
  return check(0, "%lld failed, the first: %s", load_failed_in_all(l), load_first_error(l));
}

const char* load_first_error(const load* l) { return rc_error_message(l->first_error); }

double load_longest_call(const load* l) { return (double)atomic_load(&l->longest_ms) / 1000.0; }

void load_free(load* l) {
  pthread_mutex_destroy(&l->mutex);
  rc_call_options_free(l->retry_safe);
  rc_error_free(l->first_error);
  free(l);
}

long long load_sum(rc_cluster* cluster, const char* prefix) {
  rc_commands* commands = rc_commands_new();
  for (int i = 0; i < kLoadKeys; ++i) {
    char key[48];
    snprintf(key, sizeof key, "%s%d", prefix, i);
    rc_commands_add(commands, WORDS("GET", key), NULL);
  }
  rc_reply* values = rc_pipeline(cluster, commands, NULL);
  long long sum = values == NULL ? -1 : 0;
  for (size_t i = 0; i < rc_reply_length(values) && sum >= 0; ++i) {
    const rc_reply* value = rc_reply_element(values, i);
    const char* digits = rc_reply_string(value, NULL);
    if (rc_reply_type(value) == RC_REPLY_ERROR) {
      sum = -1;
    } else if (digits != NULL) {
      sum += atoll(digits);
    }
  }
  rc_reply_free(values);
  rc_commands_free(commands);
  return sum;
}
